"""The answer to an audit: what is said of every balance, as a frame, in words and as a page."""

import html
import os
from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..parameters import PATH, takes
from ..reports.errors import require_notebooks
from ..store.run import RUN, Run, open_run
from .auditing import audited
from .deciding import Class, Finding
from .gathering import balances_of
from .kinds import MEANINGS
from .saying import best_in_words, in_short, sentences, table_by_kind, table_of_switches
from .switching import Turned, best_settings
from .trials import Played, played_of

if TYPE_CHECKING:
    import pandas as pd

#: What the frame says of balances that are not what the rules give.
_SAID: Final = (
    "amount", "worth", "class", "kind", "rule", "at", "case_source_id", "event", "switch",
    "candidates", "why", "decided_by",
)  # fmt: skip


@takes(run=RUN | PATH)
def audit(run: "Run | str | os.PathLike[str]") -> "Audit":
    """Hold the recorded balances of an imported run against what the rules give.

    Parameters
    ----------
    run : Run or path
        One that was imported.

    Returns
    -------
    Audit

    Raises
    ------
    RunError
        There is no such run, it was simulated, or no balance is recorded in it.
    """
    opened = run if isinstance(run, Run) else open_run(run)
    return Audit(opened)


class Audit:
    """What an audit says of every recorded balance; made by :func:`audit`.

    It prints as the answer, shows itself in a notebook, and hands over frames.

    Attributes
    ----------
    run : Run
    """

    @takes(run=RUN)
    def __init__(self, run: Run) -> None:
        self.run = run
        self._played: Played = played_of(run)
        self._audited = audited(run, self._played)

    @property
    def findings(self) -> list[Finding]:
        """What is said of each balance that is not what the rules give."""
        return self._audited.findings

    @property
    def switching(self) -> list[Turned]:
        """What each switch of the rulebook does to the book, turned alone."""
        return self._audited.turned

    def best_switches(self) -> tuple[dict[str, Any], int]:
        """Return the switches that together make most balances agree, and how many do then."""
        return self._best

    @cached_property
    def _best(self) -> tuple[dict[str, Any], int]:
        return best_settings(self._audited.recorded, self._played)

    @property
    def counts(self) -> dict[str, int]:
        """How many balances there are of each class."""
        counts = Counter(str(finding.verdict) for finding in self.findings)
        agreeing = self._audited.balances - len(self.findings)
        return {str(Class.AGREES): agreeing} | {
            str(verdict): counts[str(verdict)] for verdict in Class if verdict != Class.AGREES
        }

    @property
    def parts(self) -> bool:
        """Whether any balance parts from the rules."""
        return any(finding.verdict == Class.PARTS for finding in self.findings)

    def frame(self) -> "pd.DataFrame":
        """Return every balance with what is said of it.

        Returns
        -------
        DataFrame
            A row for each balance, by entitlement and channel (empty for the whole): its record's
            `source_id`, `total`, `recorded`, `replayed` and `amount` (recorded less replayed, in
            terms), `worth` (in the currency of the prices; NaN where no price is known),
            `class`, `kind`, `rule`, `at` (the first event after which it parts), `case_source_id`,
            `event`, `switch`, `candidates` (separated by semicolons), `why` and `decided_by`.
        """
        import pandas as pd

        rows = balances_of(self.run)
        said = pd.DataFrame(
            [_row(finding) for finding in self.findings],
            columns=["entitlement_id", "channel", *_SAID],
        )
        frame = rows.merge(said, on=["entitlement_id", "channel"], how="left")
        frame["class"] = frame["class"].fillna(str(Class.AGREES))
        frame["amount"] = frame["amount"].fillna(0)
        for name in ("total", "recorded", "replayed", "amount", "worth"):
            frame[name] = frame[name] / 100
        texts = [
            "kind",
            "rule",
            "case_source_id",
            "event",
            "switch",
            "candidates",
            "why",
            "decided_by",
        ]
        frame[texts] = frame[texts].fillna("")
        return frame

    def switches(self) -> "pd.DataFrame":
        """Return what each switch of the rulebook does, turned alone.

        Returns
        -------
        DataFrame
            Columns `question`, `switch`, `moved` (balances that come out otherwise), `explained`
            (of those that differ, how many agree then), `parted` (of those that agree, how many
            do not any more) and `why` (none moves, where none does).
        """
        import pandas as pd

        return pd.DataFrame(
            [
                (
                    turned.question,
                    turned.switch,
                    turned.moved,
                    len(turned.explained),
                    len(turned.parted),
                    turned.why_none_moved,
                )
                for turned in self.switching
            ],
            columns=["question", "switch", "moved", "explained", "parted", "why"],
        )

    def switches_in_words(self) -> str:
        """Say which setting of all switches explains most of the book, and what each one moves."""
        return f"{table_of_switches(self)}\n\n{best_in_words(self)}"

    def report(self, place: str | os.PathLike[str]) -> None:
        """Write the answer as one page that needs nothing but itself.

        Raises
        ------
        PlacingError
            It cannot be written there.
        ReportError
            The extra ``notebooks`` is not installed.
        """
        require_notebooks()
        from .page import write_page

        write_page(self, Path(place))

    def __repr__(self) -> str:
        return in_short(self)

    def _repr_html_(self) -> str:
        texts = "".join(f"<p>{html.escape(text)}</p>" for text in sentences(self))
        return texts + table_by_kind(self).html()


def _row(finding: Finding) -> tuple[Any, ...]:
    kind = finding.kind
    return (
        int(finding.contract.row["entitlement_id"]),
        finding.channel,
        finding.amount,
        finding.worth,
        str(finding.verdict),
        None if kind is None else str(kind),
        None if kind is None else MEANINGS[kind].rule,
        finding.at,
        finding.case_source_id,
        finding.event,
        finding.switch,
        "; ".join(map(str, finding.candidates)),
        finding.why,
        finding.decided_by,
    )
