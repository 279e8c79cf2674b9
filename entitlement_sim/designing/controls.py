"""The controls of an offering: one for each field of its own, a number, a choice or a switch.

Bounds and steps are those of the scenario's schema. As a slider over a hundred thousand million
would be of no use, its reach is about three times what the field holds; what lies beyond is asked
for by setting the field itself.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from ..scenario.scenario import Scenario
from ..telling import number, unknown

#: What a control is.
Kind = Literal["number", "choice", "switch"]

#: Fields that are lists or names of other things than what a control chooses from.
_LEFT_OUT: Final = frozenset({"allocation", "priority", "adds_to", "products", "contacts"})

#: How far a slider reaches, in parts of what the field holds.
_REACH: Final = 3
#: Steps of a slider at the most, where they are not whole by nature.
_STEPS: Final = 60

#: Sources of names that a field chooses from, by the field.
_NAMES_OF: Final = {"sla": "slas", "moves_up_to": "templates", "moves_down_to": "templates"}

_Node = dict[str, Any]


@dataclass(frozen=True)
class Control:
    """A field of an offering that can be moved.

    Attributes
    ----------
    path : str
        Where it stands in a scenario, as ``--set`` takes it.
    label : str
        The keys of the field within the offering, or within the money.
    kind : {"number", "choice", "switch"}
    value : Any
        What it holds in the base: a number, a text, a truth value, or None for a blank choice.
    low, high, step : float
        Of a number: the ends of its slider and the distance of its stops.
    least, most : float
        Of a number: the bounds of the schema.
    choices : tuple
        Of a choice: what it can be.
    help : str
        What the field means.
    of_costs : bool
        Whether it is about what support costs, which moves no customer.
    """

    path: str
    label: str
    kind: Kind
    value: Any
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    least: float = -math.inf
    most: float = math.inf
    choices: tuple[Any, ...] = ()
    help: str = ""
    of_costs: bool = False

    def taken(self, value: Any) -> Any:
        """Return a value as the scenario takes it; whole numbers are whole.

        Raises
        ------
        ValueError
            It is no such value, or lies outside the bounds of the schema.
        """
        if self.kind == "switch":
            if not isinstance(value, bool):
                raise ValueError(f"{self.path} is true or false, not {value!r}")
            return value
        if self.kind == "choice":
            if value not in self.choices:
                raise ValueError(
                    unknown(self.label, str(value), [str(one) for one in self.choices])
                )
            return value
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise ValueError(f"{self.path} is a number, not {value!r}")
        rounded = round(float(value), 4)
        if not self.least <= rounded <= self.most:  # what is no number is not, either
            raise ValueError(f"{self.path} must lie between {self.least:g} and {self.most:g}")
        return int(rounded) if rounded.is_integer() else rounded

    def stops(self, count: int) -> list[Any]:
        """Return values of a slider with few stops, in their order: about the base's, which is one.

        Examples
        --------
        >>> Control("templates.Pack.total_terms", "total_terms", "number", 10, 0, 30).stops(5)
        [6, 8, 10, 12, 14]
        """
        if self.kind == "switch":
            return [False, True]
        if self.kind == "choice":
            return [*self.choices]
        aside = max(count // 2, 1)
        apart = max(round(abs(float(self.value)) / (2 * aside) / self.step), 1) * self.step
        values = [float(self.value) + apart * place for place in range(-aside, aside + 1)]
        within = [one for one in values if self.low <= one <= max(self.high, float(self.value))]
        return [self.taken(one) for one in within]


def controls_of(scenario: Scenario, template: str) -> list[Control]:
    """Return the controls of an offering, in the order of its fields, and of what support costs.

    Parameters
    ----------
    scenario : Scenario
    template : str
        Name of the offering.

    Raises
    ------
    ValueError
        There is no such offering; the message has the nearest one.

    Examples
    --------
    >>> from entitlement_sim import Scenario
    >>> [control.label for control in controls_of(Scenario.load("reference"), "ten-cases")]
    ['total_terms', 'decrease_on', 'restrict', 'term.days', 'price', 'prorate', 'refund']
    """
    model = scenario.model
    if template not in model.templates:
        raise ValueError(unknown("offering", template, [*model.templates]))
    own = model.templates[template].model_dump(exclude_none=True, by_alias=True)
    names = {key: tuple(getattr(model, source)) for key, source in _NAMES_OF.items()}
    names |= {
        key: (None, *(name for name in known if name != template)) for key, known in names.items()
    }
    path = f"templates.{_quoted(template)}"
    schema = _schema()["$defs"]["Template"]
    of_hours = own.get("allocation") == "hours"
    found = [
        control
        for control in _controls(schema, own, path, "", names)
        if not (of_hours and control.label == "decrease_on")  # hours decrease on resolution alone
    ]
    if model.money is not None:
        costs = model.money.model_dump(exclude_none=True, by_alias=True)
        for one in ("discount_rate", "margin_method", "currency"):
            costs.pop(one, None)
        found += _controls(_schema()["$defs"]["Money"], costs, "money", "", {}, of_costs=True)
    return found


def told(value: Any) -> str:
    """Write what a control holds.

    Examples
    --------
    >>> told(True), told(None), told(1500), told("unused")
    ('yes', 'none', '1,500', 'unused')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    return number(value) if isinstance(value, int | float) else str(value)


def _quoted(name: str) -> str:
    mark = "'" if '"' in name else '"'
    return f"{mark}{name}{mark}"


@cache
def _schema() -> dict[str, Any]:
    from ..scenario import schema

    text = Path(schema.__file__).with_name("scenario.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _controls(
    node: _Node,
    value: Mapping[str, Any],
    path: str,
    label: str,
    names: Mapping[str, tuple[Any, ...]],
    *,
    of_costs: bool = False,
) -> Iterator[Control]:
    """Yield the controls of a part of a scenario that holds some values."""
    for key, field in node["properties"].items():
        if key in _LEFT_OUT or (key not in value and key not in names):
            continue
        own = value.get(key)
        here, told = f"{path}.{key}", f"{label}{key}"
        if key in names:
            if len(names[key]) > 1:
                yield Control(here, told, "choice", own, choices=names[key], help=_help(field))
        elif isinstance(own, Mapping):
            part = _part_of(field)
            if part is not None:
                within = _controls(part, own, here, f"{told}.", {}, of_costs=of_costs)
            else:
                within = _of_mapping(field, own, here, told, of_costs=of_costs)
            yield from within
        else:
            control = _control(field, own, here, told, of_costs=of_costs)
            if control is not None:
                yield control


def _of_mapping(
    field: _Node, value: Mapping[str, Any], path: str, label: str, *, of_costs: bool
) -> Iterator[Control]:
    """Yield a control for each key that the author of a mapping has written."""
    inside = field.get("additionalProperties")
    if not isinstance(inside, dict):
        return
    for key, own in value.items():
        named = inside | {"description": field.get("description", "")}
        control = _control(named, own, f"{path}.{key}", f"{label}.{key}", of_costs=of_costs)
        if control is not None:
            yield control


def _control(field: _Node, value: Any, path: str, label: str, *, of_costs: bool) -> Control | None:
    """Return the control of a single value; None where it is no number, choice or switch."""
    words = _help(field)
    kinds = [field, *field.get("anyOf", [])]
    if isinstance(value, bool):
        is_free = any(one.get("type") == "boolean" and "const" not in one for one in kinds)
        return Control(path, label, "switch", value, help=words) if is_free else None
    if isinstance(value, str):
        for one in kinds:
            if "enum" in one:
                return Control(path, label, "choice", value, choices=tuple(one["enum"]), help=words)
        return None
    if not isinstance(value, int | float | Decimal):
        return None
    for one in kinds:
        if one.get("type") in ("number", "integer"):
            whole = one["type"] == "integer" or _counts_whole(label, value)
            low, high, step = _reach(float(value), one, whole=whole)
            least = float(one.get("minimum", -math.inf))
            most = float(one.get("maximum", math.inf))
            own = int(value) if float(value).is_integer() else float(value)
            return Control(
                path, label, "number", own, low, high, step, least, most,
                help=words, of_costs=of_costs,
            )  # fmt: skip
    return None


def _counts_whole(label: str, value: Any) -> bool:
    """Whether a field holds terms, of which there are whole ones where the base has whole ones."""
    counts = label.split(".")[0] in ("total_terms", "channels", "allowance")
    return counts and float(value).is_integer()


def _reach(value: float, limits: _Node, *, whole: bool) -> tuple[float, float, float]:
    """Return the ends of a slider and its step: a rounded one, of which the base is a stop."""
    least = float(limits.get("minimum", 0))
    most = float(limits.get("maximum", math.inf))
    span = max(abs(value) * _REACH, 1.0 if whole else 0.1 if most <= 1 else 10.0)
    finest = 1.0 if whole else 0.0001 if most <= 1 else 0.01
    power = 10.0 ** math.ceil(math.log10(max(span / _STEPS, finest)))
    ladder = [factor * power / 10**down for down in range(9) for factor in (1, 0.5, 0.2)]
    step = next(
        (one for one in ladder if one <= power and one >= finest and _is_stop(value, one)), finest
    )
    low = value - math.floor((value - least) / step + 1e-9) * step
    high = low + math.ceil((span - low) / step - 1e-9) * step
    return round(low, 4), round(min(high, most), 4), round(step, 4)


def _is_stop(value: float, step: float) -> bool:
    return abs(value / step - round(value / step)) < 1e-9


def _part_of(field: _Node) -> _Node | None:
    """Return the part that a field holds, if it is one."""
    for one in [field, *field.get("anyOf", [])]:
        if "$ref" in one:
            part: _Node = _schema()["$defs"][one["$ref"].rpartition("/")[2]]
            return part
    return None


def _help(field: _Node) -> str:
    return " ".join(str(field.get("description", "")).split())
