"""How cases come in: by origin, against the channels' own terms, and blocked."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..telling import counted, listed, month, number, percent, share_of
from .canvas import canvas, caption, count_axis, label_ends, month_axis, nothing, percent_axis
from .documentation import drawn_from
from .source import Source, records, rows
from .style import BLUE, COLOURS, FAINT, HATCHES, INK, ORANGE

_BLOCKED = """
SELECT coalesce(origin::VARCHAR, 'none given') AS origin, sum(n)::BIGINT AS n,
       sum(used_up)::BIGINT AS used_up, sum(not_sold)::BIGINT AS not_sold,
       sum(blocked_by_whole)::BIGINT AS by_whole, sum(blocked_by_channel)::BIGINT AS by_channel,
       sum(used_up_turned_away)::BIGINT AS turned_away
FROM shown WHERE restrict GROUP BY ALL HAVING sum(n) > 0
ORDER BY used_up, not_sold, origin DESC
"""


@drawn_from("view ``blocked_demand``")
def blocked_demand(run: Source, *, template: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the cases that were refused because terms were used up, or never sold, by origin.

    Shares are of the cases that asked by a channel with terms. Templates that do not restrict
    block nothing and are left out.
    """
    columns = (
        "origin", "restrict", "n", "used_up", "not_sold", "blocked_by_whole",
        "blocked_by_channel", "used_up_turned_away",
    )  # fmt: skip
    origins = rows(run, "blocked_demand", columns, _BLOCKED, template=template)
    with canvas(ax, height=2.2 + 0.38 * max(len(origins), 4)) as ax:
        if origins.empty:
            return nothing(
                ax, "Blocked demand", "no case asked for an entitlement that restricts cases."
            )
        places = np.arange(len(origins))
        ax.barh(places, origins["by_whole"], color=BLUE, height=0.7, label="nothing left")
        ax.barh(
            places, origins["by_channel"], left=origins["by_whole"], color=ORANGE, hatch=HATCHES[1],
            edgecolor="white", height=0.7, label="nothing left on the channel alone",
        )  # fmt: skip
        if origins["not_sold"].any():
            ax.barh(
                places, origins["not_sold"], left=origins["used_up"], color=FAINT,
                hatch=HATCHES[2], edgecolor="white", height=0.7, label="never sold on the channel",
            )  # fmt: skip
        for place, origin in zip(places, records(origins), strict=True):
            ax.annotate(
                _share_used_up(origin), (origin.used_up + origin.not_sold, place), xytext=(5, 0),
                textcoords="offset points", va="center", fontsize=9,
            )  # fmt: skip
        ax.set_yticks(places, origins["origin"])
        longest = float((origins["used_up"] + origins["not_sold"]).max())
        ax.set_xlim(0, max(longest, 1) * 1.28)
        ax.set_xlabel("cases refused (terms used up, of those that asked by a channel with terms)")
        ax.grid(axis="y", visible=False)
        ax.grid(axis="x", visible=True)
        ax.legend(loc="lower right")
        count_axis(ax, "x")
        not_sold, used_up = int(origins["not_sold"].sum()), int(origins["used_up"].sum())
        asked = int(origins["n"].sum()) - not_sold
        turned_away = int(origins["turned_away"].sum())
        most = origins["origin"][origins["used_up"] == origins["used_up"].max()]
        finding = (
            f"{percent(used_up, asked)} of the cases that asked found terms used up, the most by "
            f"{listed(list(most)[::-1])}"
            if used_up
            else "No case was refused because terms were used up"
        )
        caption(
            ax,
            f"{template}: {finding[0].lower() + finding[1:]}" if template else finding,
            f"{number(used_up)} of {number(asked)} that asked a restricting entitlement by a "
            f"channel with terms{_aftermath(used_up, turned_away)}"
            + (f"; {number(not_sold)} more by channels never sold" if not_sold else ""),
            *(
                f"{origin.origin}: {_share_used_up(origin)}, "
                f"{number(origin.by_channel)} by the channel alone"
                + (f", {number(origin.not_sold)} never sold" if origin.not_sold else "")
                for origin in reversed(records(origins))
            ),
        )
    return ax


def _share_used_up(origin: Any) -> str:
    """Write the share of an origin, or that no restricting entitlement sells it."""
    asked = origin.n - origin.not_sold
    return share_of(origin.used_up, asked) if asked else "not sold"


def _aftermath(used_up: int, turned_away: int) -> str:
    """Say what became of the refused cases."""
    if not used_up:
        return ""
    if turned_away == used_up:
        return "; all were turned away"
    if not turned_away:
        return "; all were worked all the same"
    return f"; {counted(turned_away, 'was', 'were')} turned away, the others worked all the same"


_BANDS = ("empty", "up to half left", "more than half left", "untouched")

_CHANNELS = """
SELECT origin::VARCHAR AS origin,
       CASE WHEN remaining <= 0 THEN 0 WHEN remaining * 2 <= allotment THEN 1
            WHEN used > 0 THEN 2 ELSE 3 END AS band,
       count(*) AS n
FROM shown WHERE state = 'active' AND allotment > 0 GROUP BY ALL ORDER BY ALL
"""


@drawn_from("view ``utilisation_by_channel``")
def channel_balances(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how much active entitlements have left on each of their channels.

    Entitlements are counted, so cases and hours never meet; closed channels (0 terms) are left
    out.
    """
    counts = rows(
        run,
        "utilisation_by_channel",
        ("origin", "state", "allotment", "used", "remaining"),
        _CHANNELS,
        template=template,
        segment=segment,
    )
    bands = counts.pivot_table(index="origin", columns="band", values="n", aggfunc="sum")
    bands = bands.reindex(columns=range(len(_BANDS))).fillna(0)
    bands = bands.loc[(bands[0] / bands.sum(axis=1)).sort_values(kind="stable").index]
    with canvas(ax, height=2.3 + 0.5 * max(len(bands), 3)) as ax:
        if bands.empty:
            return nothing(
                ax, "Balances of the channels", "no active entitlement lists channels with terms."
            )
        shares = bands.div(bands.sum(axis=1), axis=0)
        _draw_bands(ax, shares)
        ax.set_yticks(
            range(len(bands)),
            [f"{name}\n{number(total)}" for name, total in bands.sum(axis=1).items()],
        )
        worst = bands.iloc[-1]
        caption(
            ax,
            f"{str(worst.name).capitalize()} runs out first: {percent(worst[0], worst.sum())} of "
            "the active entitlements have nothing left on it"
            if worst[0]
            else "No active entitlement has used up a channel",
            f"Active {template or 'entitlements'} that list the channel (their number under its "
            "name), by what is left on it",
            *(
                f"{name}: "
                + ", ".join(
                    f"{band} {percent(share)}"
                    for band, share in zip(_BANDS, of_channel, strict=True)
                )
                for name, of_channel in shares.iloc[::-1].iterrows()
            ),
        )
    return ax


def _draw_bands(ax: Axes, shares: pd.DataFrame) -> None:
    """Draw one bar of four segments for each channel, and name the segments once above them."""
    left = np.zeros(len(shares))
    looks = (
        (ORANGE, HATCHES[1]), (COLOURS[3], HATCHES[2]), (BLUE, ""), (FAINT, "")
    )  # fmt: skip
    for band, (colour, hatch) in enumerate(looks):
        width = shares[band].to_numpy(dtype=float)
        ax.barh(
            range(len(shares)), width, left=left, color=colour, hatch=hatch, edgecolor="white",
            height=0.74, label=_BANDS[band],
        )  # fmt: skip
        for place, (begin, share) in enumerate(zip(left, width, strict=True)):
            if share >= 0.06:
                ax.text(
                    begin + share / 2, place, percent(share), ha="center", va="center",
                    fontsize=9, color=INK,
                    bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8},
                )  # fmt: skip
        left = left + width
    ax.set_xlim(0, 1)
    ax.set_xlabel("share of active entitlements")
    percent_axis(ax, "x")
    ax.grid(visible=False)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=len(_BANDS))


_MIX = """
SELECT month::DATE AS month, coalesce(origin::VARCHAR, 'none given') AS origin,
       sum(arrivals)::BIGINT AS arrivals
FROM shown GROUP BY ALL HAVING sum(arrivals) > 0 ORDER BY ALL
"""

#: Origins with less of all cases are drawn together.
_SMALL = 0.03


@drawn_from("view ``origin_mix``")
def origin_mix(run: Source, *, segment: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the share of each origin among all cases that arrived, by month.

    Origins below three per cent of all cases are drawn together.
    """
    arrivals = rows(run, "origin_mix", ("month", "origin", "arrivals"), _MIX, segment=segment)
    with canvas(ax) as ax:
        if arrivals.empty:
            return nothing(ax, "Mix of origins", "no case has come in.")
        totals = (
            arrivals.groupby("origin")["arrivals"].sum().sort_values(ascending=False, kind="stable")
        )
        everything = int(totals.sum())
        small = [str(name) for name in totals.index if totals[name] < _SMALL * everything]
        if len(small) > 1:
            arrivals["origin"] = arrivals["origin"].replace(dict.fromkeys(small, "others"))
        months = arrivals.pivot_table(
            index="month", columns="origin", values="arrivals", aggfunc="sum", fill_value=0
        )
        order = [str(name) for name in totals.index if name in months.columns]
        order += ["others"] if "others" in months.columns else []
        shares = months[order].div(months.sum(axis=1), axis=0)
        _draw_mix(ax, shares)
        largest, *others = [
            (str(name), percent(count, everything)) for name, count in totals.head(3).items()
        ]
        rest = listed([f"{name} {share}" for name, share in others])
        caption(
            ax,
            f"{largest[0].capitalize()} brings {largest[1]} of the cases{', ' if rest else ''}"
            f"{rest}",
            f"{counted(everything, 'case')} that arrived{f' from {segment}' if segment else ''}, "
            "turned away or not" + (f"; others: {listed(small)}" if len(small) > 1 else ""),
            _moved_most(shares),
        )
    return ax


def _moved_most(shares: pd.DataFrame) -> str:
    """Say which origin's share rose or fell most from the first month to the last."""
    first, last = shares.iloc[0].to_dict(), shares.iloc[-1].to_dict()
    most = max(shares.columns, key=lambda name: abs(last[name] - first[name]))
    if first[most] == last[most]:
        return ""
    return (
        f"From {month(shares.index[0])} to {month(shares.index[-1])} {most} moved most, from "
        f"{percent(first[most])} to {percent(last[most])}"
    )


def _draw_mix(ax: Axes, shares: pd.DataFrame) -> None:
    width: Any = pd.Timedelta(days=26)
    bottom = np.zeros(len(shares))
    ends: list[tuple[Any, float, str]] = []
    for place, name in enumerate(shares.columns):
        height = shares[name].to_numpy(dtype=float)
        ax.bar(
            shares.index, height, bottom=bottom, width=width, color=COLOURS[place % 6],
            edgecolor="white", lw=0.3, label=str(name), align="edge",
        )  # fmt: skip
        middle = float(bottom[-1] + height[-1] / 2)
        ends.append((shares.index[-1] + width, middle, f"{name} {percent(height[-1])}"))
        bottom = bottom + height
    ax.set_ylim(0, 1)
    ax.set_xlim(shares.index[0], shares.index[-1] + width)
    if (shares.iloc[-1] > 0).all():
        label_ends(ax, ends)
    else:
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), reverse=True)
    month_axis(ax, shares.index)
    ax.set_ylabel("share of the cases of the month")
    ax.grid(visible=False)
    percent_axis(ax)
