"""How cases come in: by origin, against the channels' own terms, and blocked."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..inference import LEAST_UNITS, Portfolio, customers_alike_throughout, difference
from ..store.run import Run
from ..telling import counted, listed, number, percent, share_of
from .canvas import canvas, caption, count_axis, label_ends, month_axis, nothing, percent_axis
from .dates import Day, whole_months
from .documentation import drawn_from
from .source import Source, drawn_anew, records, rows
from .style import BLUE, COLOURS, FAINT, HATCHES, INK, LINES, MARKERS, ORANGE, is_narrow

_BLOCKED = """
SELECT coalesce(origin::VARCHAR, 'none given') AS origin, sum(n)::BIGINT AS n,
       sum(used_up)::BIGINT AS used_up, sum(not_sold)::BIGINT AS not_sold,
       sum(blocked_by_whole)::BIGINT AS by_whole, sum(blocked_by_channel)::BIGINT AS by_channel,
       sum(used_up_turned_away)::BIGINT AS turned_away,
       (SELECT sum(arrivals) FROM shown)::BIGINT AS arrivals
FROM shown WHERE restrict GROUP BY ALL HAVING sum(n) > 0
ORDER BY used_up, not_sold, origin DESC
"""


@drawn_from("view ``blocked_demand_by_month``", "the month in which cases arrived")
def blocked_demand(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the cases that were refused because terms were used up, or never sold, by origin.

    Shares are of the cases that asked by a channel with terms, and in the title of all cases, too,
    unless a template is picked. Templates that do not restrict block nothing and are left out.
    """
    since, until = whole_months(since, until)
    columns = (
        "origin", "restrict", "n", "used_up", "not_sold", "blocked_by_whole",
        "blocked_by_channel", "used_up_turned_away", "arrivals",
    )  # fmt: skip
    origins = rows(
        run, "blocked_demand_by_month", columns, _BLOCKED, dated="month", since=since, until=until,
        template=template, segment=segment,
    )  # fmt: skip
    height = 2.2 + 0.38 * max(len(origins), 4)
    with canvas(ax, height=height, narrow_height=height + 0.5) as ax:
        why = None
        if isinstance(run, Run) and run.manifest.source == "imported":
            why = "no live system records which cases were refused."
        elif origins.empty:
            why = "no case asked for an entitlement that restricts cases."
        if why:
            return nothing(ax, "Blocked demand", why, since=since, until=until)
        _draw_blocked(ax, origins)
        not_sold, used_up = int(origins["not_sold"].sum()), int(origins["used_up"].sum())
        asked = int(origins["n"].sum()) - not_sold
        turned_away = int(origins["turned_away"].sum())
        caption(
            ax,
            _blocked(used_up, asked, origins["arrivals"].iloc[0], template),
            f"{number(used_up)} of {number(asked)} that asked a restricting entitlement by a "
            f"channel with terms{_aftermath(used_up, turned_away)}"
            + (f"; {number(not_sold)} more by channels never sold" if not_sold else ""),
            *(
                f"{origin.origin}: {_share_used_up(origin)}, "
                f"{number(origin.by_channel)} by the channel alone"
                + (f", {number(origin.not_sold)} never sold" if origin.not_sold else "")
                for origin in reversed(records(origins))
            ),
            since=since,
            until=until,
        )
    return ax


def _draw_blocked(ax: Axes, origins: pd.DataFrame) -> None:
    places = np.arange(len(origins))
    ax.barh(places, origins["by_whole"], color=BLUE, height=0.7, label="nothing left")
    ax.barh(
        places, origins["by_channel"], left=origins["by_whole"], color=ORANGE, hatch=HATCHES[1],
        edgecolor="white", height=0.7, label="nothing left on the channel alone",
    )  # fmt: skip
    if origins["not_sold"].any():
        ax.barh(
            places, origins["not_sold"], left=origins["used_up"], color=FAINT, hatch=HATCHES[2],
            edgecolor="white", height=0.7, label="never sold on the channel",
        )  # fmt: skip
    for place, origin in zip(places, records(origins), strict=True):
        share = _share_used_up(origin)
        ax.annotate(
            share.replace(" (", "\n(") if is_narrow() else share,
            (origin.used_up + origin.not_sold, place), xytext=(5, 0),
            textcoords="offset points", va="center", fontsize=8.5 if is_narrow() else 9,
        )  # fmt: skip
    ax.set_yticks(places, origins["origin"])
    longest = float((origins["used_up"] + origins["not_sold"]).max())
    ax.set_xlim(0, max(longest, 1) * (1.6 if is_narrow() else 1.28))
    ax.set_xlabel("cases refused (terms used up, of those that asked by a channel with terms)")
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    if is_narrow():
        ax.legend(loc="upper right", bbox_to_anchor=(1, -0.22))
    else:
        ax.legend(loc="lower right")
    count_axis(ax, "x")


def _blocked(used_up: int, asked: int, arrivals: Any, template: str | None) -> str:
    """Say what share of the cases that asked found terms used up, and of all cases."""
    if not used_up:
        finding = "no case was refused because terms were used up"
        return f"{template}: {finding}" if template else finding.capitalize()
    if template:
        return f"{percent(used_up, asked)} of the cases that asked for {template} found it used up"
    of_all = "" if pd.isna(arrivals) else f", {percent(used_up, int(arrivals))} of all cases"
    return (
        f"{percent(used_up, asked)} of the cases that asked a restricting entitlement found its "
        f"terms used up{of_all}"
    )


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

#: How many of a customer's entitlements have what left on a channel, by the place in the bands.
_IN_BANDS = [f"in_band_{place}" for place in range(len(_BANDS))]
_COUNTS = ", ".join(
    f"count(*) FILTER (band = {place}) AS {name}" for place, name in enumerate(_IN_BANDS)
)

_CHANNELS = f"""
, listed AS MATERIALIZED (
    SELECT customer_id, any_value(segment) AS segment, origin::VARCHAR AS origin, count(*) AS n,
           {_COUNTS}
    FROM (
        SELECT customer_id, segment, origin,
               CASE WHEN remaining <= 0 THEN 0 WHEN remaining * 2 <= allotment THEN 1
                    WHEN used > 0 THEN 2 ELSE 3 END AS band
        FROM shown WHERE state = 'active' AND allotment > 0
    )
    GROUP BY customer_id, origin
)
SELECT * FROM ({customers_alike_throughout("listed", "origin", ["n", *_IN_BANDS])})
ORDER BY origin, customer_id
"""


@drawn_from("view ``utilisation_by_channel``", "the day on which they began")
def channel_balances(
    run: Source,
    *,
    template: str | None = None,
    segment: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how much active entitlements have left on each of their channels.

    Entitlements are counted, so cases and hours never meet; closed channels (0 terms) are left
    out. The title sets the channel that is empty most often against the next one where they differ
    by 95% limits for all pairs, with customers drawn anew; otherwise it names the one that most
    entitlements list.
    """
    customers = rows(
        run, "utilisation_by_channel",
        ("customer_id", "segment", "origin", "state", "allotment", "used", "remaining"),
        _CHANNELS, dated="start_date", since=since, until=until, template=template,
        segment=segment,
    )  # fmt: skip
    bands = customers[_IN_BANDS].mul(customers["frequency"], axis=0)
    bands = bands.set_axis(range(len(_BANDS)), axis=1).groupby(customers["origin"]).sum()
    bands = bands.loc[(bands[0] / bands.sum(axis=1)).sort_values(kind="stable").index]
    height = 2.3 + 0.5 * max(len(bands), 3)
    with canvas(ax, height=height, narrow_height=height + 0.3) as ax:
        if bands.empty:
            return nothing(
                ax, "Balances of the channels", "no active entitlement lists channels with terms.",
                since=since, until=until,
            )  # fmt: skip
        shares = bands.div(bands.sum(axis=1), axis=0)
        _draw_bands(ax, shares)
        ax.set_yticks(
            range(len(bands)),
            [f"{name}\n{number(total)}" for name, total in bands.sum(axis=1).items()],
        )
        caption(
            ax,
            _emptiest(bands, customers, drawn_anew(run)),
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
            since=since,
            until=until,
        )
    return ax


def _emptiest(bands: pd.DataFrame, customers: pd.DataFrame, everybody: Portfolio | None) -> str:
    """Name the channel that is empty most often, where that is more than chance."""
    if not bands[0].any():
        return "No active entitlement has used up a channel"
    sizes = bands.sum(axis=1)
    enough = bands[sizes >= LEAST_UNITS]
    if len(enough) > 1:
        second, first = (str(name) for name in enough.index[-2:])
        pairs = len(enough) * (len(enough) - 1) / 2
        gap = difference(
            customers[customers["origin"] == second], customers[customers["origin"] == first],
            _IN_BANDS[0], "n", portfolio=everybody, paired=True, frequency="frequency",
            confidence=1 - 0.05 / pairs,
        )  # fmt: skip
        if gap.low > 0:
            return (
                f"{first.capitalize()} runs out most often: {_empty_on(bands, first)} of active "
                f"entitlements have nothing left on it, {_empty_on(bands, second)} on {second}"
            )
    largest = str(sizes.iloc[::-1].idxmax())
    return (
        f"{_empty_on(bands, largest)} of the active entitlements that list {largest} have nothing "
        "left on it"
    )


def _empty_on(bands: pd.DataFrame, origin: str) -> str:
    return percent(bands.loc[origin, 0], bands.loc[origin].sum())


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
    ax.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2 if is_narrow() else len(_BANDS)
    )


_MIX = """
SELECT month::DATE AS month, coalesce(origin::VARCHAR, 'none given') AS origin,
       sum(arrivals)::BIGINT AS arrivals, bool_or(is_partial) AS is_partial
FROM shown GROUP BY ALL HAVING sum(arrivals) > 0 ORDER BY ALL
"""

#: Origins with less of all cases are drawn together.
_SMALL = 0.03


@drawn_from("view ``origin_mix``", "the month in which cases arrived")
def origin_mix(
    run: Source,
    *,
    segment: str | None = None,
    since: Day = None,
    until: Day = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of each origin among all cases that arrived, by month.

    Origins below three per cent of all cases are drawn together, and months that are not whole are
    left out of the lines. Names stand with the share of the whole time, as in the title. A template
    cannot be picked: which entitlement a case asks for is known after it has arrived.
    """
    since, until = whole_months(since, until)
    columns = ("month", "origin", "arrivals", "is_partial")
    arrivals = rows(
        run, "origin_mix", columns, _MIX, dated="month", since=since, until=until, segment=segment
    )
    with canvas(ax) as ax:
        if arrivals.empty:
            return nothing(ax, "Mix of origins", "no case has come in.", since=since, until=until)
        totals = (
            arrivals.groupby("origin")["arrivals"].sum().sort_values(ascending=False, kind="stable")
        )
        everything = int(totals.sum())
        small = [str(name) for name in totals.index if totals[name] < _SMALL * everything]
        if len(small) > 1:
            arrivals["origin"] = arrivals["origin"].replace(dict.fromkeys(small, "others"))
        whole = arrivals[~arrivals["is_partial"].astype(bool)]
        months = (arrivals if whole.empty else whole).pivot_table(
            index="month", columns="origin", values="arrivals", aggfunc="sum", fill_value=0
        )
        drawn = arrivals.groupby("origin")["arrivals"].sum()
        order = [str(name) for name in totals.index if name in months.columns]
        order += ["others"] if "others" in months.columns else []
        shares = months[order].div(months.sum(axis=1), axis=0)
        _draw_mix(ax, shares, {name: percent(drawn[name], everything) for name in order})
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
            *(f"{name}: {_range(shares[name])}" for name in order if len(shares) > 1),
            since=since,
            until=until,
        )
    return ax


def _range(shares: "pd.Series[float]") -> str:
    """Say between which shares an origin's months lie."""
    return f"{percent(shares.min())} to {percent(shares.max())} of the cases of a month"


def _draw_mix(ax: Axes, shares: pd.DataFrame, names: dict[str, str]) -> None:
    alone = len(shares) == 1
    ends: list[tuple[Any, float, str]] = []
    for place, name in enumerate(shares.columns):
        ax.plot(
            shares.index, shares[name], color=COLOURS[place % 6], ls=LINES[place % 6],
            marker=MARKERS[place % 6] if alone else "", label=str(name),
        )  # fmt: skip
        ends.append((shares.index[-1], float(shares[name].iloc[-1]), f"{name} {names[name]}"))
    ax.set_ylim(0, min(1.0, float(shares.to_numpy().max()) * 1.15))
    if not alone:
        ax.set_xlim(shares.index[0], shares.index[-1])
    label_ends(ax, ends, [COLOURS[place % 6] for place in range(len(ends))])
    month_axis(ax, shares.index)
    ax.set_ylabel("share of the cases of the month")
    percent_axis(ax)
