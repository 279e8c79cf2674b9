"""Bars that lead from one amount to another."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from matplotlib.axes import Axes

from ..telling import short_money, signed_short_money
from .canvas import slant_if_narrow
from .style import BLUE, FAINT, GREY, HATCHES, ORANGE, QUIET, is_narrow


class Step(NamedTuple):
    """One bar: a total from 0 up, or a step up or down from where the last bar ended.

    A plain step is no loss: it is not hatched.
    """

    name: str
    amount: float
    kind: Literal["total", "step", "plain"] = "step"
    note: str = ""


def draw_waterfall(ax: Axes, steps: Sequence[Step]) -> None:
    """Draw the bars, each labelled with its amount and joined to the next.

    What falls is hatched one way and what rises another, so that no reader needs the colours; all
    amounts have the same number of decimals.
    """
    level = top = 0.0
    for place, step in enumerate(steps):
        if step.kind == "total":
            bottom, height, level = 0.0, step.amount, step.amount
            look: dict[str, Any] = {"color": GREY}
        else:
            bottom, height = min(level, level + step.amount), abs(step.amount)
            level += step.amount
            falls = step.amount <= 0
            look = {
                "color": ORANGE if falls else BLUE,
                "hatch": HATCHES[1] if falls else HATCHES[3],
                "edgecolor": "white",
            }
            if step.kind == "plain":
                look = {"color": FAINT}
        ax.bar([place], [height], bottom=[bottom], width=0.66, label=step.name, **look)
        top = max(top, bottom + height)
        write = short_money if step.kind == "total" else signed_short_money
        text = write(step.amount, trimmed=False)
        ax.annotate(
            f"{text}\n{step.note}" if step.note else text, (place, bottom + height),
            xytext=(0, 3), textcoords="offset points", ha="center", va="bottom",
            fontsize=7.5 if is_narrow() else 9.5,
        )  # fmt: skip
        if place + 1 < len(steps):
            ax.plot([place + 0.33, place + 0.67], [level, level], color=QUIET, lw=0.9)
    ax.set_xticks(range(len(steps)), [step.name for step in steps])
    slant_if_narrow(ax)
    ax.set_xlim(-0.5, len(steps) - 0.5)
    ax.set_ylim(0, top * 1.14 if top > 0 else 1)
