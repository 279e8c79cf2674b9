"""Alternatives to a scenario: what is changed in it, other scenarios, and files of either."""

import copy
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..documents import Document, DocumentError, Position, Problem, parse_document, read_document
from ..rules.words import Applies, labels
from ..store.errors import RunError
from ..telling import printable, unknown

if TYPE_CHECKING:
    import datetime as dt

    from ..scenario.meant import AnyScenario
    from ..scenario.scenario import Overrides, Scenario

#: Key that tells a whole scenario from what is changed in one.
_OF_SCENARIOS: Final = "scenario"


def alternatives_to(
    base: "Scenario", named: "Mapping[str, AnyScenario | Overrides]"
) -> "dict[str, Scenario]":
    """Return other offerings by name.

    Parameters
    ----------
    base : Scenario
    named : mapping
        By name a scenario, the file or name of one, a file of changes, or changes as
        :meth:`Scenario.with_` takes them.

    Raises
    ------
    DocumentError
        There is no such file or scenario, or something in it or in a change is wrong.
    RunError
        An alternative is the same as the base or as another one, or a setting of one is so already.
    """
    others = {name: alternative_to(base, other) for name, other in named.items()}
    _check_different(base, others)
    for name, other in named.items():
        if _is_change(other):
            _check_settings(base, name, other)
    return others


def alternative_to(base: "Scenario", other: "AnyScenario | Overrides") -> "Scenario":
    """Return another offering than a scenario's.

    What is frozen while offerings vary is worked out from the base of that scenario, however the
    alternative is written: as changes, in a file of its own, or in a file of changes.

    Raises
    ------
    DocumentError
        As :func:`alternatives_to`.
    """
    from ..scenario import meant
    from ..scenario.scenario import Scenario

    if isinstance(other, Scenario) or _is_change(other):
        return meant.alternative_to(base, other)
    from ..scenario.shipped import find_scenario

    document = read_document(find_scenario(Path(str(other))), strict=False)
    if isinstance(document.data, dict) and document.data and _OF_SCENARIOS not in document.data:
        return _changed(base, document)
    return Scenario.parse(document.text, document.file, base_text=base.base_text or base.text)


def standing(base: "Scenario") -> "Scenario":
    """Return a scenario as one that nothing was overridden in.

    What holds until a revision is all that it says, with its overrides.
    """
    from ..scenario.scenario import Scenario

    return base if base.base_text is None else Scenario.parse(base.text, base.file)


def revisions_of(
    base: "Scenario",
    others: "Mapping[str, Scenario]",
    applies: str,
    from_: "dt.date | None" = None,
) -> "dict[str, Scenario]":
    """Return offerings as revisions of a scenario, which meet its contracts as they stand.

    Parameters
    ----------
    base : Scenario
        As :func:`standing` returns it.
    others : mapping of str to Scenario
    applies : {"new", "at_renewal", "all"}
        Whom they reach, see :class:`~entitlement_sim.scenario.models.Revision`.
    from_ : date, optional
        From which day on, by default the first one.

    Raises
    ------
    DocumentError
        The day is none of the run's, or an offering cannot be a revision.
    RunError
        An offering sells nothing else than the base.
    ValueError
        `applies` is no such word.
    """
    from ..scenario.scenario import Scenario

    if applies not in labels(Applies):
        raise ValueError(unknown("way to apply a change", applies, labels(Applies)))
    revision: dict[str, Any] = {"revision.applies": applies}
    if from_ is not None:
        revision |= {"revision.from": from_}
    revised = {}
    for name, other in others.items():
        if all(getattr(other.model, part) == getattr(base.model, part) for part in _SOLD):
            raise RunError(
                f"the alternative {printable(name)} sells what the base sells, so that it meets "
                f"no contract otherwise: change templates, slas or segments, or leave out "
                f"'applies' ({applies})"
            )
        if other.base != base.model:
            other = Scenario.parse(other.text, other.file, base_text=base.text)
        revised[name] = other.with_(revision)
    return revised


#: Parts of a scenario that say what is sold.
_SOLD: Final = ("templates", "slas", "segments")


def _is_change(other: "AnyScenario | Overrides") -> bool:
    from ..scenario.scenario import Scenario

    is_name = isinstance(other, str) and "=" not in other
    return not (is_name or isinstance(other, Scenario | os.PathLike))


def _changed(base: "Scenario", document: Document) -> "Scenario":
    """Return a scenario with the changes of a file, each a path and its value, as ``--set`` has it.

    Raises
    ------
    DocumentError
        Everything that is wrong, at its line of the file.
    """
    from ..scenario.overrides import as_texts

    if document.problems:
        raise DocumentError(document.problems)
    places: dict[str, Position] = {}
    texts: list[str] = []
    for path, value in document.data.items():
        [text] = as_texts({str(path): value})
        texts.append(text)
        places[f"--set {' '.join(text.split())}"] = document.keys[(path,)]
    try:
        return base.with_(texts)
    except DocumentError as error:
        raise DocumentError(
            [
                Problem(document.file, places[problem.file], problem.path, problem.message)
                if problem.file in places
                else problem
                for problem in error.problems
            ]
        ) from None


def _check_different(base: "Scenario", others: "Mapping[str, Scenario]") -> None:
    known = {"the base": base}
    for name, other in others.items():
        for same, before in known.items():
            if before.model == other.model:
                raise RunError(
                    f"the alternative {printable(name)} is the same as {printable(same)}: what it "
                    "sets is so already"
                )
        known[name] = other


def _check_settings(base: "Scenario", name: str, changes: Any) -> None:
    """Refuse a setting that leaves what is written as it is."""
    from ..scenario.overrides import apply_override, read_override

    data = parse_document(base.text).data
    for text in _texts(changes):
        before = copy.deepcopy(data)
        apply_override(data, read_override(text))
        if data == before:
            raise RunError(
                f"in the alternative {printable(name)}, {printable(text)} is so already: leave it "
                "out, or set another value"
            )


def _texts(changes: "Overrides") -> Iterator[str]:
    from ..scenario.scenario import texts_of

    yield from texts_of(changes)
