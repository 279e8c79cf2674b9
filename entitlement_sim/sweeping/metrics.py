"""What a sweep measures: metrics that are sums, their names and kinds, and which way is better."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from ..comparison.measures import METRICS as COMPARED
from ..comparison.measures import Kind
from ..inference.replicating import METRICS as SUMMED
from ..telling import unknown


class Measured(NamedTuple):
    """A metric of a sweep.

    Attributes
    ----------
    key : str
    name : str
        As it is called in a table.
    kind : {"share", "count", "terms", "hours", "money"}
    base : str
        Of a share: of what.
    """

    key: str
    name: str
    kind: Kind
    base: str = ""


class Aim(NamedTuple):
    """A metric and which way is better.

    Attributes
    ----------
    metric : str
        Its key.
    sign : {1, -1}
        1 where more is better.
    """

    metric: str
    sign: int


_OWN: Final = (
    Measured(
        "blocked", "asked in vain", "share",
        "cases that asked a contract, restricting or not, for what it sells or not",
    ),
    Measured("dry_days", "days with nothing left", "share", "days that were covered"),
    Measured("over_value", "worth of what was used beyond", "money"),
)  # fmt: skip

#: By their keys, in the order in which they are shown.
METRICS: Final = {
    one.key: one
    for one in (
        *(
            Measured(metric.key, metric.name, metric.kind, metric.base)
            for metric in COMPARED
            if metric.key in SUMMED
        ),
        *_OWN,
    )
}


def key_of(metric: str, known: Sequence[str]) -> str:
    """Return the key of a metric, which must be a known one.

    Raises
    ------
    ValueError
        There is no such metric; the message has the nearest one.
    """
    if metric not in known:
        raise ValueError(unknown("metric", metric, known))
    return metric


def aim_of(text: str, known: Sequence[str]) -> Aim:
    """Return what is meant by the key of a metric, with a minus where less is better.

    Raises
    ------
    ValueError
        There is no such metric; the message has the nearest one.

    Examples
    --------
    >>> aim_of("-refused", ["refused", "margin"])
    Aim(metric='refused', sign=-1)
    """
    key = key_of(text.removeprefix("-"), known)
    return Aim(key, -1 if text.startswith("-") else 1)


def bases_of(keys: Sequence[str]) -> list[str]:
    """Say of what those shares among some metrics are that could be taken for each other.

    Examples
    --------
    >>> bases_of(["bookings", "refused"])
    ['Refused for want of terms (refused): of cases that asked a restricting contract for what \
it sells.']
    """
    told = [(key, METRICS[key]) for key in ("refused", "blocked") if key in keys]
    return [f"{one.name.capitalize()} ({key}): of {one.base}." for key, one in told]
