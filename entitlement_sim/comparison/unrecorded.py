"""What no live system records, so that it is compared with no run that was imported: refusals."""

from collections.abc import Mapping, Sequence
from typing import Final

from ..store.run import Run
from ..telling import listed
from .measures import Metric

#: Keys of metrics of who was refused or turned away.
OF_REFUSALS: Final = ("turned_away", "refused")


class Unrecorded:
    """Runs of which nobody knows which cases were refused, and what hangs on that.

    Attributes
    ----------
    names : list of str
        Of the runs that were imported.
    """

    def __init__(self, runs: Mapping[str, Run]) -> None:
        imported = {name: run for name, run in runs.items() if run.manifest.source == "imported"}
        self.names = list(imported)
        self._without_margin = [name for name, run in imported.items() if _costs_if_away(run)]

    def known(self, metrics: Sequence[Metric]) -> list[Metric]:
        """Return those of the metrics that are known of all runs."""
        unknown = {*OF_REFUSALS} if self.names else set()
        if self._without_margin:
            unknown.add("margin")
        return [metric for metric in metrics if metric.key not in unknown]

    def in_words(self) -> str:
        """Say what is not compared, and why; nothing where all is known."""
        if not self.names:
            return ""
        text = (
            "No export says which cases were refused or turned away, so neither is compared "
            f"({listed(self.names, most=3)} came from one)"
        )
        if self._without_margin:
            text += ", nor is any margin, in which cases turned away are assumed to cost something"
        return f"{text}."


def _costs_if_away(run: Run) -> bool:
    """Whether cases turned away are assumed to cost anything."""
    query = "SELECT turned_away_costs > 0 FROM money_parameters"
    [(costs,)] = run._execute(query).fetchall()
    return bool(costs)
