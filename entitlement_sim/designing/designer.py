"""The designer of an offering: settings of its controls, and what they come to."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..comparison.reaction import no_reaction
from ..parameters import NUMBER, TEXT, TEXTS, WHOLE, takes
from ..publishing.placing import new_file
from ..scenario.meant import SCENARIO, AnyScenario, scenario_meant
from ..scenario.pricing import unanswered_prices
from ..scenario.scenario import Scenario, trial_of
from ..store.estimate import check_sums, estimate
from ..sweeping.answer import metrics_asked
from ..sweeping.designs import Design
from ..telling import Right, Table, counted, listed, unknown
from .controls import Control, controls_of, told
from .figures import (
    Answer,
    Drawn,
    Figure,
    figures_of,
    limits_by_customers,
    measured,
    sums_of_customers,
)
from .totals import KeptTotals

if TYPE_CHECKING:
    import pandas as pd

    from ..inference.clustered import Sums
    from .widgets import DesignerWidgets

#: Replications after which an answer is given again while it is refined.
_LOOKS: Final = (4, 10, 20, 50, 100)


class OfferingDesigner:
    """An offering, the controls of its fields, and what another setting of them comes to.

    The base stays as it is and is kept: its customers, their cases, and their past. Another setting
    lives the days of the run alone, on the same draws, so that at rest every difference is 0.

    Parameters
    ----------
    scenario : Scenario, path or str
        What is sold today: a scenario, its file, or the name of a shipped one.
    template : str, optional
        Which of its offerings; by default the first one that somebody holds and pays for.
    replications : int, default 20
        How many an answer is refined to.
    seed : int, optional
        By default the scenario's own.
    metrics : sequence of str, optional
        Keys of the metrics that are asked for, by default all that sums say.
    confidence : float, default 0.95
        Of each interval by itself.
    threads : int, optional
        By default one for each processor.
    allow_large : bool, default False
        Whether a scenario is meant that takes more than an hour of processor time.

    Attributes
    ----------
    base : Scenario
    template : str
    controls : list of Control
    settings : dict
        What has been moved, by path.
    replications, seed : int
    generation : int
        Counts moves: an answer to an earlier one is stale.

    Raises
    ------
    DocumentError
        There is no such scenario, or something in it is wrong.
    ValueError
        There is no such offering or metric, or a parameter lies outside.
    RunError
        That would take too long.

    Examples
    --------
    >>> from entitlement_sim import Scenario
    >>> base = Scenario.load("reference", ["segments.everyone.customers=20"])
    >>> designer = OfferingDesigner(base, replications=2, metrics=["cases", "refused"])
    >>> [(figure.metric, figure.difference) for figure in designer.answer().figures]
    [('refused', 0.0), ('cases', 0.0)]
    >>> designer.move("total_terms", 12)
    1
    >>> [figure.difference < 0 for figure in designer.answer().figures]
    [True, False]
    """

    @takes(
        scenario=SCENARIO,
        template=TEXT,
        replications=WHOLE,
        seed=WHOLE,
        metrics=TEXTS,
        confidence=NUMBER,
        threads=WHOLE,
    )
    def __init__(
        self,
        scenario: AnyScenario,
        template: str | None = None,
        *,
        replications: int = 20,
        seed: int | None = None,
        metrics: Sequence[str] | None = None,
        confidence: float = 0.95,
        threads: int | None = None,
        allow_large: bool = False,
    ) -> None:
        if replications < 1 or (threads is not None and threads < 1):
            raise ValueError("replications and threads must be at least 1")
        if not 0 < confidence < 1:
            raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
        base = scenario_meant(scenario)
        self.base = base
        self.template = _held_first(base) if template is None else template
        self.controls = controls_of(base, self.template)
        self.settings: dict[str, Any] = {}
        self.replications = replications
        self.generation = 0
        self.seed = base.model.seed if seed is None else seed
        self._threads = threads
        self._metrics = metrics_asked([Design("", "", "", {}, base)], metrics)
        self._confidence = confidence
        self._lock = threading.RLock()
        self._kept: KeptTotals | None = None
        self._today: dict[int, pd.DataFrame] = {}
        self._of_customers: dict[str, Sums] | None = None
        check_sums(
            estimate(base.model, self.seed, base=base.base),
            base.model,
            replications=replications,
            offerings=1,
            by_customer=True,
            threads=threads or 1,
            allow_large=allow_large,
        )

    # ------------------------------------------------------------------ state

    def move(self, control: str, value: Any) -> int:
        """Move a control; what it held in the base is no setting any more.

        Parameters
        ----------
        control : str
            Its path or its label.
        value : Any

        Returns
        -------
        int
            The generation of what is asked from now on.

        Raises
        ------
        ValueError
            There is no such control, or it cannot hold the value.
        """
        moved = self.control(control)
        self.settings = self._taken({**self.settings, moved.path: value})
        self.generation += 1
        return self.generation

    def reset(self) -> int:
        """Put all controls to where they stand in the base, and return the generation."""
        self.settings = {}
        self.generation += 1
        return self.generation

    @property
    def simulated(self) -> int:
        """How many replications of offerings have been simulated so far, the base's included."""
        return 0 if self._kept is None else self._kept.simulated

    def control(self, name: str) -> Control:
        """Return a control by its path or its label.

        Raises
        ------
        ValueError
            There is none; the message has the nearest one.
        """
        for one in self.controls:
            if name in (one.path, one.label):
                return one
        raise ValueError(unknown("control", name, [one.label for one in self.controls]))

    def scenario(self, settings: Mapping[str, Any] | None = None) -> Scenario:
        """Return the scenario with the settings of the controls, or with other ones.

        A channel cannot hold more terms than the whole: it goes down with it.

        Raises
        ------
        DocumentError
            What is set does not go together.
        """
        settings = self.settings if settings is None else settings
        if not settings:
            return self.base
        return self.base.with_({**settings, **self._follows(settings)})

    def to_yaml(self, file: Path | str | None = None) -> str:
        """Return the scenario with the settings as YAML, and write it to a file if one is named.

        Raises
        ------
        DocumentError
            What is set does not go together.
        PlacingError
            The file cannot be written.
        """
        text = self.scenario().text
        if file is not None:
            with new_file(Path(file)) as hidden:
                hidden.write_text(text, encoding="utf-8")
        return text

    def table(self) -> Table:
        """Return the controls as a table: what each holds today and as set, and its slider."""
        rows = []
        for one in self.controls:
            to = " to ".join(map(told, (one.low, one.high)))
            choices = {"number": to, "switch": "yes or no"}
            between = choices.get(one.kind) or listed([told(each) for each in one.choices])
            now = self.settings.get(one.path, one.value)
            rows.append([one.label, told(one.value), told(now), between])
        headings = ["control", Right("today"), Right("set"), "can be"]
        return Table(headings, rows, f"The controls of {self.template}")

    def widgets(self, file: str = "offering.yaml") -> "DesignerWidgets":
        """Return sliders that move the controls, beside the figures, for a notebook.

        Parameters
        ----------
        file : str
            Where the button writes the offering, unless another name is typed in.
        """
        from .widgets import DesignerWidgets

        return DesignerWidgets(self, file)

    def __repr__(self) -> str:
        return (
            f"<OfferingDesigner {self.template}: {counted(len(self.controls), 'control')}, "
            f"{counted(len(self.settings), 'setting')}>"
        )

    def _repr_html_(self) -> str:
        return self.table().html()

    # ------------------------------------------------------------------ answers

    def keep(self, replications: int | None = None) -> None:
        """Keep the lives that answers rest on, as far as that is not done yet.

        Else the first answers do it.
        """
        numbers = range(replications or self.replications)
        with self._lock:
            self._measured_today(len(numbers))
            self._totals().prepare(self.template, numbers)
            for one in self.controls:
                if one.label in ("price", "price.amount"):
                    dearer = self._offering({one.path: one.taken(2 * one.value + 1)})
                    self._totals().of(dearer, numbers)

    def answer(self, settings: Mapping[str, Any] | None = None) -> Answer:
        """Return what settings come to over all replications, by default those of the controls.

        Parameters
        ----------
        settings : mapping, optional
            Other settings, by path or label; the controls stay where they are.

        Raises
        ------
        DocumentError
            What is set does not go together.
        ValueError
            There is no such control, or it cannot hold the value.
        RunError
            It comes to nothing that could be said.
        """
        asked = self.settings if settings is None else self._taken(settings)
        return self._over_replications(asked, self._offering(asked), self.replications)

    def answers(self) -> Iterator[Answer]:
        """Yield what the settings come to, nearer and nearer, until they are moved again.

        First of one replication, with limits over its customers; then over more and more of them.

        Raises
        ------
        DocumentError, RunError
            As :meth:`answer`.
        """
        asked, settings = self.generation, dict(self.settings)
        offering = self._offering(settings)
        looks = sorted({*(look for look in _LOOKS if look < self.replications), self.replications})
        with self._lock:
            if not settings or self._totals().tells(offering, range(self.replications)):
                looks = looks[-1:]  # nothing need be simulated
            else:
                looks = [0, *looks]
        for replications in looks:
            if self.generation != asked:
                return
            answer = (
                self._over_replications(settings, offering, replications)
                if replications
                else self._of_first_pair(settings, offering)
            )
            if answer is not None and self.generation == asked:
                yield answer

    # ------------------------------------------------------------------ underneath

    def _offering(self, settings: Mapping[str, Any]) -> Scenario:
        """Return the scenario with settings, to be simulated."""
        if not settings:
            return self.base
        return trial_of(self.base, {**settings, **self._follows(settings)})

    def _taken(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return settings by path in the order of the controls, without those as in the base."""
        asked = {self.control(name).path: value for name, value in settings.items()}
        taken = {one.path: one.taken(asked[one.path]) for one in self.controls if one.path in asked}
        values = {one.path: one.value for one in self.controls}
        return {path: value for path, value in taken.items() if value != values[path]}

    def _totals(self) -> KeptTotals:
        if self._kept is None:
            self._kept = KeptTotals(self.base, self.seed, self._threads)
        return self._kept

    def _over_replications(
        self, settings: Mapping[str, Any], offering: Scenario, replications: int
    ) -> Answer:
        with self._lock:
            numbers = range(replications)
            today = self._measured_today(replications)
            designed = today
            if settings:
                totals = self._totals().of(offering, numbers)
                designed = measured(totals, offering, self._known(offering))
            figures = figures_of(today, designed, self._known(offering), self._confidence)
        return self._answer(settings, offering, figures, replications, "replications")

    def _of_first_pair(self, settings: Mapping[str, Any], offering: Scenario) -> Answer | None:
        """Return the answer of the first replication; None where none can be told by customer."""
        if not settings:
            return None
        with self._lock:
            kept = self._totals()
            metrics = self._known(offering)
            if self._of_customers is None:
                values = kept.by_customer(self.base)
                if values is None:
                    return None
                self._of_customers = sums_of_customers(values, self.base, self._metrics)
            values = kept.by_customer(offering)
            if values is None:
                return None
            designed = measured(kept.of(offering, [0]), offering, metrics)
            figures = figures_of(self._measured_today(1), designed, metrics, self._confidence)
            of_customers = sums_of_customers(values, offering, metrics)
            figures = limits_by_customers(
                figures, self._of_customers, of_customers, self._confidence
            )
        return self._answer(settings, offering, figures, 1, "customers")

    def _measured_today(self, replications: int) -> "pd.DataFrame":
        if replications not in self._today:
            totals = self._totals().of(self.base, range(replications))
            self._today[replications] = measured(totals, self.base, self._metrics)
        return self._today[replications]

    def _known(self, offering: Scenario) -> list[str]:
        designs = [Design("", "", "", {}, one) for one in (self.base, offering)]
        known = metrics_asked(designs, None)
        return [metric for metric in self._metrics if metric in known]

    def _answer(
        self,
        settings: Mapping[str, Any],
        offering: Scenario,
        figures: Sequence[Figure],
        replications: int,
        drawn: Drawn,
    ) -> Answer:
        return Answer(
            dict(settings),
            tuple(figures),
            replications,
            drawn,
            self._confidence,
            self.base.model.currency,
            tuple(self._notes(settings, offering)),
        )

    def _notes(self, settings: Mapping[str, Any], offering: Scenario) -> Iterator[str]:
        followed = self._follows(settings)
        if followed:
            names = [path.rpartition(".")[2] for path in followed]
            yield f"No channel holds more than the whole: {listed(names)} went down with it."
        silent = unanswered_prices(self.base.model, offering.model)
        if silent:
            yield no_reaction(silent)

    def _follows(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return what follows from settings: channels that would hold more than the whole."""
        own = {one.label: settings.get(one.path, one.value) for one in self.controls}
        if "total_terms" not in own:
            return {}
        return {
            one.path: own["total_terms"]
            for one in self.controls
            if one.label.startswith("channels.") and own[one.label] > own["total_terms"]
        }


def _held_first(base: Scenario) -> str:
    """Return the first offering that somebody holds and pays for, or else the first one."""
    model = base.model
    held = {
        holding.template
        for segment in model.segments.values()
        if segment.customers
        for holding in segment.holds
    }
    paid = [name for name in model.templates if name in held and model.templates[name].is_paid]
    return next(
        iter([*paid, *(name for name in model.templates if name in held), *model.templates])
    )
