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
    Measured("blocked", "refused for want of terms", "share", "cases that asked"),
    Measured("dry_days", "days with nothing left", "share", "days that were covered"),
    Measured("over_value", "worth of what was used beyond", "money"),
)

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


#: Other names of metrics, by which they are meant, too.
ALSO_CALLED: Final = {"refused": "blocked"}


def key_of(name: str, known: Sequence[str]) -> str:
    """Return the key of a metric by one of its names.

    Raises
    ------
    ValueError
        There is no such metric; the message has the nearest one.

    Examples
    --------
    >>> key_of("refused", ["blocked", "margin"])
    'blocked'
    """
    key = ALSO_CALLED.get(name, name)
    if key not in known:
        raise ValueError(unknown("metric", name, known))
    return key


def aim_of(text: str, known: Sequence[str]) -> Aim:
    """Return what is meant by the key of a metric, with a minus where less is better.

    Raises
    ------
    ValueError
        There is no such metric; the message has the nearest one.

    Examples
    --------
    >>> aim_of("-blocked", ["blocked", "margin"])
    Aim(metric='blocked', sign=-1)
    """
    key = key_of(text.removeprefix("-"), known)
    return Aim(key, -1 if text.startswith("-") else 1)
