"""The life of one entitlement: its states, its balance, and what became of every case."""

from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ..store.explain import Explanation, Movement, explain
from ..store.run import Run
from .canvas import canvas, caption
from .style import BLUE, FAINT, GREY, INK, ORANGE, PURPLE, QUIET, RED
from .words import day, listed, number, plural, signed

#: Parts of the picture's height: rows of cases, balance, band of states.
_BALANCE_FROM, _BALANCE_TO = 0.27, 0.84
_BAND: Final = (0.91, 0.985)
_ROWS: Final = {"covered": 0.17, "refused": 0.105, "given back": 0.04}

_MARKS: Final = {
    "covered": ("o", BLUE, BLUE),
    "refused": ("x", RED, RED),
    "given back": ("^", PURPLE, "white"),
}
_STATES: Final = {
    "draft": ("white", "xxxx"),
    "waiting": ("white", "////"),
    "active": ("#bcd4f6", ""),
    "expired": (GREY, ""),
    "cancelled": (ORANGE, "\\\\"),
}


def entitlement_life(run: Run, entitlement_id: int, *, ax: Axes | None = None) -> Axes:
    """Draw what happened to one entitlement: the picture that explains its balance.

    At the top the band of its states, below it the balance after every movement, and at the foot
    one mark for every case that it covered, refused or got terms back from.

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
        "SELECT created_at FROM cases WHERE entitlement_id = $id ORDER BY created_at",
        {"id": entitlement_id},
    )["created_at"]
    times = {
        "covered": [one.to_pydatetime() for one in covered],
        "refused": [one.happened_at for one in life.refusals if one.case_id is not None],
        "given back": [one.happened_at for one in life.movements if one.reason == "restore"],
    }
    first, last = _period(life, as_of)
    with canvas(ax, width=9.0, height=5.2) as ax:
        height = _draw_balance(ax, life, last)
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
            f"Its term is {day(life.start_date)} to {day(life.end_date)}; at the end it is "
            f"{life.state} with a balance of {number(float(life.balance))} {life.allocation}",
            f"Cases: {listed([f'{len(when)} {name}' for name, when in times.items()])}",
            f"States: {', '.join(f'{one.to_state} on {day(one.on)}' for one in life.states)}",
        )
    return ax


def _midnight(when: date) -> Any:
    """Begin of a day; of any type, because matplotlib's own know no dates."""
    return datetime(when.year, when.month, when.day)


def _period(life: Explanation, as_of: date) -> tuple[Any, Any]:
    """First and last moment of the picture: a little around what happened within the run."""
    happened = [_midnight(one.on) for one in life.states]
    happened += [one.happened_at for one in life.movements]
    first = min(happened)
    ended = life.state in ("expired", "cancelled")
    last = max(happened) if ended else _midnight(as_of)
    around = max((last - first) * 0.03, timedelta(days=2))
    return first - around, last + around


def _draw_balance(ax: Axes, life: Explanation, last: datetime) -> "Height":
    """Draw the balance as steps, and say where in the picture other parts stand."""
    times: list[Any] = [one.happened_at for one in life.movements]
    balances = [float(one.balance) for one in life.movements]
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
    for one in life.movements:
        if one.reason not in ("allot", "consume", "restore", "refused") and one.amount:
            _name_movement(ax, one)
    ticks = [
        tick for tick in MaxNLocator(nbins=5, integer=True).tick_values(low, high)
        if low <= tick <= high
    ]  # fmt: skip
    ax.set_yticks(ticks, [number(tick) for tick in ticks])
    return Height(foot, span)


class Height:
    """Turns a part of the picture's height into the value of the axis there."""

    def __init__(self, foot: float, span: float) -> None:
        self.foot = foot
        self.span = span

    def at(self, part: float) -> float:
        """Value of the axis at a part of the height."""
        return self.foot + part * self.span


def _name_movement(ax: Axes, one: Movement) -> None:
    """Name a movement that no case made: an amendment, a top-up, a roll-over."""
    ax.annotate(
        f"{one.what} {signed(float(one.amount))}",
        (one.happened_at, float(one.balance)),
        xytext=(4, 6), textcoords="offset points", fontsize=8.5, color=QUIET,
    )  # fmt: skip


def _draw_states(ax: Axes, life: Explanation, height: "Height", last: datetime) -> None:
    """Draw the band of states, each named in it where its stretch is long enough."""
    starts = [_midnight(one.on) for one in life.states]
    low, high = height.at(_BAND[0]), height.at(_BAND[1])
    whole = (last - starts[0]) / timedelta(days=1)
    for one, begins, ends in zip(life.states, starts, [*starts[1:], last], strict=True):
        if ends <= begins:
            continue
        colour, hatch = _STATES[one.to_state]
        ax.fill_between(
            np.array([begins, ends]), low, high, facecolor=colour, hatch=hatch, edgecolor=INK,
            lw=0.7, label=one.to_state, zorder=2,
        )  # fmt: skip
        if (ends - begins) / timedelta(days=1) >= 0.07 * whole:
            ax.text(
                begins + (ends - begins) / 2, (low + high) / 2, one.to_state,
                ha="center", va="center", fontsize=8.5, zorder=4,
                bbox={"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.75},
            )  # fmt: skip


def _label_rows(ax: Axes, life: Explanation, height: "Height", counts: dict[str, int]) -> None:
    """Name the parts at the left: rows of cases with their numbers, balance, states."""
    balances = list(
        zip(ax.get_yticks(), [one.get_text() for one in ax.get_yticklabels()], strict=True)
    )
    named = [(height.at(part), f"{counts[name]} {name}") for name, part in _ROWS.items()]
    states = [(height.at(sum(_BAND) / 2), "state")]
    places, labels = zip(*named, *balances, *states, strict=True)
    ax.set_yticks(places, labels)
    ax.grid(visible=False)
    for place, _ in balances:
        ax.axhline(place, color=FAINT, lw=0.8, zorder=0)
    ax.axhline(height.at(0.225), color=FAINT, lw=1.2)
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


def _is_unlimited(life: Explanation) -> bool:
    return life.total_terms == 0 and not life.restrict


def _total(life: Explanation) -> str:
    if _is_unlimited(life):
        return f"without a number of {life.allocation}"
    return f"{number(float(life.total_terms))} {life.allocation}"


def _finding(life: Explanation, as_of: date, covered: int, refused: int) -> str:
    name = f"Entitlement {life.entitlement_id}"
    dry = None if _is_unlimited(life) else _ran_dry_on(life)
    turned = f"; {plural(refused, 'case was', 'cases were')} refused" if refused else ""
    if dry is not None:
        early = (life.end_date - dry).days
        before = f", {plural(early, 'day')} before its end" if early > 0 else ""
        return f"{name} ran dry on {day(dry)}{before}{turned}"
    left = f"{number(float(life.balance))} {life.allocation}"
    if _is_unlimited(life):
        return f"{name} covered {plural(covered, 'case')}, without a number to them{turned}"
    if life.state in ("expired", "cancelled"):
        return f"{name} ended with {left} of {number(float(life.total_terms))} unused{turned}"
    return f"{name} has {left} of {number(float(life.total_terms))} left on {day(as_of)}{turned}"


def _ran_dry_on(life: Explanation) -> date | None:
    """Day of the first balance of 0 or less after the terms were put in."""
    held = False
    for one in life.movements:
        if one.balance > 0:
            held = True
        elif held and one.reason == "consume":
            return one.happened_at.date()
    return None
