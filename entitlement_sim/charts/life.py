"""The life of one entitlement: its states, its balance, and what became of every case."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ..parameters import WHOLE, takes
from ..store.explain import Explanation, Movement, explain
from ..store.run import RUN, Run
from ..telling import counted, day, listed, number, signed_short
from .canvas import canvas, caption
from .narrow import drawn_narrow_too
from .style import BLUE, FAINT, GREY, INK, ORANGE, PURPLE, QUIET, RED, is_narrow

#: Parts of the picture's height: rows of cases, balance, band of states.
_BALANCE_FROM, _BALANCE_TO = 0.27, 0.84
_BAND: Final = (0.91, 0.985)
_ROWS: Final = {"covered": 0.17, "refused": 0.105, "given back": 0.04}

_MARKS: Final = {
    "covered": ("o", BLUE, BLUE),
    "refused": ("x", RED, RED),
    "given back": ("^", PURPLE, "white"),
}
#: Movements that the steps themselves or the marks below them show.
_UNNAMED: Final = (
    "allot", "consume", "restore", "refused", "expire", "rollover_in", "rollover_out",
)  # fmt: skip

_STATES: Final = {
    "draft": ("white", "xxxx"),
    "waiting": ("white", "////"),
    "active": ("#bcd4f6", ""),
    "expired": (GREY, ""),
    "cancelled": (ORANGE, "\\\\"),
}


@drawn_narrow_too
@takes(run=RUN, entitlement_id=WHOLE)
def entitlement_life(run: Run, entitlement_id: int, *, ax: Axes | None = None) -> Axes:
    """Draw what happened to one entitlement: the picture that explains its balance.

    At the top the band of its states, below it the balance after every movement, and at the foot
    one mark for every case that it covered, refused or got terms back from; a thin line leads from
    a case's arrival to the step that it made. It is one life from its beginning to the end of the
    run, so there is nothing to pick from it.

    Parameters
    ----------
    run : Run
    entitlement_id : int
    ax : Axes, optional
        Where to draw; by default a new figure.

    Raises
    ------
    RunError
        The run has no such entitlement.
    """
    life = explain(run, entitlement_id)
    [(as_of,)] = run.connection.sql("SELECT as_of FROM metric_parameters").fetchall()
    covered = run.sql(
        "SELECT case_id, created_at FROM cases WHERE entitlement_id = $id ORDER BY created_at",
        {"id": entitlement_id},
    )
    arrivals = {
        int(case_id): created_at.to_pydatetime()
        for case_id, created_at in zip(covered["case_id"], covered["created_at"], strict=True)
    }
    times = {
        "covered": list(arrivals.values()),
        "refused": [
            refusal.happened_at for refusal in life.refusals if refusal.case_id is not None
        ],
        "given back": [
            movement.happened_at for movement in life.movements if movement.reason == "restore"
        ],
    }
    first, last = _period(life, as_of)
    with canvas(ax, width=9.0, height=5.2, narrow_height=4.4) as ax:
        height = _draw_balance(ax, life, last)
        _join_steps(ax, life, arrivals, height.at(_ROWS["covered"]))
        _draw_states(ax, life, height, last)
        for name, when in times.items():
            marker, edge, face = _MARKS[name]
            ax.plot(
                when, [height.at(_ROWS[name])] * len(when), ls="none", marker=marker, mec=edge,
                mfc=face, ms=6, label=name,
            )  # fmt: skip
        _label_rows(ax, life, height, {name: len(when) for name, when in times.items()})
        _mark_term(ax, life, height, last)
        ax.set_xlim(first, last)
        caption(
            ax,
            _finding(life, as_of, len(times["covered"]), len(times["refused"])),
            f"{life.template}, {_total(life)}, customer "
            f"{life.customer_id} ({life.segment}), decreasing on {life.decrease_on}, "
            f"{'restricting' if life.restrict else 'not restricting'}",
            f"Its term is {day(life.start_date)} to "
            f"{'no end' if life.is_open_ended else day(life.end_date)}; at the end it is "
            f"{life.state} with a balance of {_terms(life.balance, life)}",
            f"Cases: {listed([f'{number(len(when))} {name}' for name, when in times.items()])}",
            f"States: {_states_in_words(life)}",
        )
    return ax


def _states_in_words(life: Explanation) -> str:
    return ", ".join(f"{change.to_state} on {day(change.on)}" for change in life.states)


def _midnight(when: date) -> Any:
    """Begin of a day; of any type, because matplotlib's own know no dates."""
    return datetime(when.year, when.month, when.day)


def _period(life: Explanation, as_of: date) -> tuple[Any, Any]:
    """First and last moment of the picture: a little around what happened within the run."""
    happened = [_midnight(change.on) for change in life.states]
    happened += [movement.happened_at for movement in life.movements]
    first = min(happened)
    ended = life.state in ("expired", "cancelled")
    last = max(happened) if ended else _midnight(as_of)
    around = max((last - first) * 0.03, timedelta(days=2))
    return first - around, last + around


def _draw_balance(ax: Axes, life: Explanation, last: datetime) -> "Height":
    """Draw the balance as steps, and say where in the picture other parts stand."""
    times: list[Any] = [movement.happened_at for movement in life.movements]
    balances = [float(movement.balance) for movement in life.movements]
    low, high = min([0.0, *balances]), max([1.0, *balances])
    span = (high - low) / (_BALANCE_TO - _BALANCE_FROM)
    foot = low - _BALANCE_FROM * span
    ax.set_ylim(foot, foot + span)
    if times:
        ax.step(
            [*times, last], [*balances, balances[-1]], where="post", color=BLUE, lw=2.2,
            label="balance", zorder=3,
        )  # fmt: skip
    ax.axhline(0, color=INK, lw=0.9)
    for movement in life.movements:
        if movement.amount and movement.reason not in _UNNAMED:
            _name_movement(ax, movement)
    ticks = [
        tick for tick in MaxNLocator(nbins=5, integer=True).tick_values(low, high)
        if low <= tick <= high
    ]  # fmt: skip
    ax.set_yticks(ticks, [number(tick) for tick in ticks])
    return Height(foot, span)


def _join_steps(ax: Axes, life: Explanation, arrivals: dict[int, Any], row: float) -> None:
    """Lead from the arrival of each case to the step that it made, perhaps when it was resolved."""
    strength = min(0.8, 40 / max(len(arrivals), 1))
    for movement in life.movements:
        if movement.reason == "consume" and movement.case_id in arrivals:
            ax.plot(
                [arrivals[movement.case_id], movement.happened_at],
                [row, float(movement.balance)], color=GREY, lw=0.6, alpha=strength, zorder=1,
                label="case to step",
            )  # fmt: skip


class Height:
    """Turns a part of the picture's height into the value of the axis there."""

    def __init__(self, foot: float, span: float) -> None:
        self.foot = foot
        self.span = span

    def at(self, part: float) -> float:
        """Value of the axis at a part of the height."""
        return self.foot + part * self.span


def _name_movement(ax: Axes, movement: Movement) -> None:
    """Name a movement that no case made: an amendment, a top-up, a roll-over."""
    ax.annotate(
        f"{movement.what} {signed_short(movement.amount)}",
        (movement.happened_at, float(movement.balance)),
        xytext=(4, 6), textcoords="offset points", fontsize=8.5, color=QUIET,
    )  # fmt: skip


def _draw_states(ax: Axes, life: Explanation, height: "Height", last: datetime) -> None:
    """Draw the band of states, each named in it where its stretch is long enough."""
    starts = [_midnight(change.on) for change in life.states]
    low, high = height.at(_BAND[0]), height.at(_BAND[1])
    whole = (last - starts[0]) / timedelta(days=1)
    least = 0.16 if is_narrow() else 0.07
    for change, begins, ends in zip(life.states, starts, [*starts[1:], last], strict=True):
        if ends <= begins:
            continue
        colour, hatch = _STATES[change.to_state]
        ax.fill_between(
            np.array([begins, ends]), low, high, facecolor=colour, hatch=hatch, edgecolor=INK,
            lw=0.7, label=change.to_state, zorder=2,
        )  # fmt: skip
        if (ends - begins) / timedelta(days=1) >= least * whole:
            ax.text(
                begins + (ends - begins) / 2, (low + high) / 2, change.to_state,
                ha="center", va="center", fontsize=8.5, zorder=4,
                bbox={"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.75},
            )  # fmt: skip
    final = life.states[-1].to_state
    if (last - starts[-1]) / timedelta(days=1) < least * whole:
        ax.annotate(
            final, (last, (low + high) / 2), xytext=(-2, 11), textcoords="offset points",
            ha="right", va="bottom", fontsize=8.5, annotation_clip=False,
        )  # fmt: skip


def _label_rows(ax: Axes, life: Explanation, height: "Height", counts: dict[str, int]) -> None:
    """Name the parts at the left: rows of cases with their numbers, balance, states."""
    balances = list(
        zip(ax.get_yticks(), [label.get_text() for label in ax.get_yticklabels()], strict=True)
    )
    named = [(height.at(part), f"{number(counts[name])} {name}") for name, part in _ROWS.items()]
    states = [(height.at(sum(_BAND) / 2), "state")]
    places, labels = zip(*named, *balances, *states, strict=True)
    ax.set_yticks(places, labels)
    ax.grid(visible=False)
    for place, _ in balances:
        ax.axhline(place, color=FAINT, lw=0.8, zorder=0)
    ax.axhline(height.at(0.225), color=FAINT, lw=1.2)
    if not is_narrow():
        ax.set_ylabel(f"{life.allocation} left")


def _mark_term(ax: Axes, life: Explanation, height: "Height", last: datetime) -> None:
    """Draw a line after the last day of the term, where the picture reaches it."""
    end = _midnight(life.end_date) + timedelta(days=1)
    if end > last:
        return
    ax.axvline(end, ymax=_BAND[0], color=QUIET, lw=1, ls=(0, (3, 3)))
    ax.annotate(
        "end of term", (end, height.at(0.86)), xytext=(-3, 0), textcoords="offset points",
        ha="right", va="center", fontsize=8.5, color=QUIET,
    )  # fmt: skip


def _total(life: Explanation) -> str:
    if life.is_unlimited or life.total_terms is None:
        return f"without a number of {life.allocation}"
    if life.grant is not None:
        return f"{_terms(life.grant, life)} every {life.every}"
    return _terms(life.total_terms, life)


def _terms(amount: Decimal, life: Explanation) -> str:
    """Write an amount in the entitlement's unit."""
    return counted(amount, life.allocation.removesuffix("s"), life.allocation)


def _finding(life: Explanation, as_of: date, covered: int, refused: int) -> str:
    name = f"Entitlement {life.entitlement_id}"
    has_periods = life.grant is not None
    dry = None if life.is_unlimited or has_periods else _ran_dry_on(life)
    refusals = f"; {counted(refused, 'case was', 'cases were')} refused" if refused else ""
    if dry is not None:
        early = (life.end_date - dry).days
        is_early = early > 0 and not life.is_open_ended
        before = f", {counted(early, 'day')} before its end" if is_early else ""
        return f"{name} ran dry on {day(dry)}{before}{refusals}"
    left = _terms(life.balance, life)
    if life.is_unlimited or life.total_terms is None:
        return f"{name} covered {counted(covered, 'case')}, without a number to them{refusals}"
    if has_periods:
        lapsed = -sum(each.amount for each in life.movements if each.reason == "expire")
        granted = f"{number(lapsed)} of {_terms(life.total_terms, life)} granted so far lapsed"
        return f"{name}: {granted}{refusals}"
    if life.state in ("expired", "cancelled"):
        return f"{name} ended with {left} of {number(life.total_terms)} unused{refusals}"
    return f"{name} has {left} of {number(life.total_terms)} left on {day(as_of)}{refusals}"


def _ran_dry_on(life: Explanation) -> date | None:
    """Day of the first balance of 0 or less after the terms were put in."""
    was_filled = False
    for movement in life.movements:
        if movement.balance > 0:
            was_filled = True
        elif was_filled and movement.reason == "consume":
            return movement.happened_at.date()
    return None
