"""From what somebody names to runs: stored ones, scenarios, or changes of the first."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..store.errors import RunError
from ..store.run import RUNS_FOLDER, Run, open_run
from ..telling import listed, printable

if TYPE_CHECKING:
    from ..scenario.scenario import Scenario

#: What the file of a scenario ends in.
_SCENARIOS: Final = (".yaml", ".yml")

#: Letters of a name that is made of changes.
_LONGEST: Final = 40


class Sides:
    """The runs of a comparison, and which of them are closed with it.

    Parameters
    ----------
    named : sequence
        At least two: runs, scenarios, changes of the first one, or names and paths of stored runs
        or scenarios.
    names : sequence of str, optional
        What the runs are called, by default as they are, or after what was changed.
    sealed : bool
        Whether stored runs are opened sealed.
    simulate : callable
        What makes a run of a scenario, as :func:`entitlement_sim.simulate` does.

    Attributes
    ----------
    runs : list of Run
    names : list of str
        All different.

    Raises
    ------
    RunError
        There is no such run or scenario, or a run is named twice.
    DocumentError
        A scenario or a change of one is wrong.
    ValueError
        There are fewer than two, or not as many names.
    """

    def __init__(
        self,
        named: Sequence[Any],
        names: Sequence[str] | None = None,
        *,
        sealed: bool = False,
        simulate: Callable[..., Run],
    ) -> None:
        if len(named) < 2:
            raise ValueError("a comparison takes two runs or more")
        if names is not None and len(names) != len(named):
            raise ValueError(f"there are {len(named)} runs, but {len(names)} names")
        self._closing = ExitStack()
        self._simulate = simulate
        self.runs: list[Run] = []
        own_names = []
        try:
            for side in self._opened_first(named, sealed=sealed):
                run, name = self._opened(side, sealed=sealed)
                self._check_anew(run)
                self.runs.append(run)
                own_names.append(name)
        except BaseException:
            self.close()
            raise
        self.names = _told_apart(own_names if names is None else [str(name) for name in names])

    def close(self) -> None:
        """Close the runs that were opened here."""
        self._closing.close()

    def reprice(self, money: Mapping[str, Any] | Sequence[str]) -> None:
        """Reckon all runs with the same money until this is closed, then each with its own.

        Raises
        ------
        DocumentError
            A key or a value of the money is wrong.
        """
        for run in self.runs:
            run.reprice(money)
            self._closing.callback(run.reprice)

    def _opened_first(self, named: Sequence[Any], *, sealed: bool) -> list[Any]:
        """Open the stored runs with which `named` begins, all at a time, as they do not wait."""
        paths = list(takewhile(_is_stored, named))
        if len(paths) < 2:
            return list(named)
        with ThreadPoolExecutor(len(paths)) as pool:
            opening = [pool.submit(open_run, path, sealed=sealed) for path in paths]
        for opened in opening:
            if opened.exception() is None:
                self._closing.enter_context(opened.result())
        return [*(opened.result() for opened in opening), *named[len(paths) :]]

    def _opened(self, side: Any, *, sealed: bool) -> tuple[Run, str]:
        if isinstance(side, Run):
            return side, side.name
        if isinstance(side, Mapping):
            if not self.runs:
                raise ValueError("changes stand after what they change: name the base first")
            return self._simulated(self.runs[0].scenario.with_(side)), _name_of(side)
        if isinstance(side, str | os.PathLike):
            path = Path(side)
            scenario = scenario_named(path)
            if scenario is None:
                run = self._closing.enter_context(open_run(path, sealed=sealed))
                return run, run.name
            side = scenario
        return self._simulated(side), side.model.scenario

    def _simulated(self, scenario: "Scenario") -> Run:
        same = {}
        if self.runs:  # so that it meets the same customers
            facts = self.runs[0].manifest
            same = {"seed": facts.seed, "replication": facts.replication}
        return self._closing.enter_context(self._simulate(scenario, **same))

    def _check_anew(self, run: Run) -> None:
        for other in self.runs:
            same_place = run.path is not None and other.path is not None
            if run is other or (same_place and run.file.samefile(other.file)):
                raise RunError(f"the run {printable(run.name)} is named twice: name another one")


def _is_stored(side: Any) -> bool:
    return isinstance(side, str | os.PathLike) and not _means_scenario(Path(side))


def _means_scenario(path: Path) -> bool:
    """Whether a name or a file is that of a scenario, which takes longer to load than to know."""
    if path.is_file() and path.suffix.lower() in _SCENARIOS:
        return True
    if path.exists() or (RUNS_FOLDER / path).exists():
        return False
    from ..scenario.shipped import shipped_scenarios

    return str(path) in shipped_scenarios()


def scenario_named(path: Path) -> "Scenario | None":
    """Return the scenario of a name or a file, or None where a run is meant."""
    if not _means_scenario(path):
        return None
    from ..scenario.scenario import Scenario  # which takes longer to load than to open a run
    from ..scenario.shipped import shipped_scenarios

    return Scenario.load(path if path.is_file() else shipped_scenarios()[str(path)])


def _name_of(changes: Mapping[str, Any]) -> str:
    """Name a side after what was changed."""
    texts = [
        f"{path.removeprefix('templates.')}={value}" for path, value in sorted(changes.items())
    ]
    name = listed(texts, most=1)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _told_apart(names: Sequence[str]) -> list[str]:
    """Number names that stand there more than once."""
    return [
        f"{name} ({place + 1})" if names.count(name) > 1 else name
        for place, name in enumerate(names)
    ]
