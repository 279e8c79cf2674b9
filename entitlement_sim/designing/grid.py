"""A grid of settings that is answered beforehand, for a page that asks nobody."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..documents import DocumentError
from ..store.errors import RunError
from ..telling import counted, number
from .controls import Control
from .designer import OfferingDesigner
from .figures import Answer

#: Settings of a page at the most, so that it stays small.
MOST_CELLS: Final = 2_000

#: What a page moves where nothing is said, with the stops of each, as far as the offering has it.
_USUAL: Final = {
    "total_terms": 5,
    "allowance.terms": 5,
    "price": 5,
    "price.amount": 5,
    "restrict": 2,
}

#: Stops of a slider for which none are named.
_STOPS: Final = 5

#: Called with how many settings are answered, and how many there are.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Axis:
    """A control of a page and the values that it snaps to, the base's among them."""

    control: Control
    values: tuple[Any, ...]

    @property
    def rests_at(self) -> int:
        """Place of the base's value."""
        return self.values.index(self.control.value)


@dataclass(frozen=True)
class Grid:
    """Every setting of some controls, answered.

    Attributes
    ----------
    axes : tuple of Axis
    answers : tuple of Answer or str
        In the order in which the last axis moves fastest; a text where a setting does not go
        together.
    """

    axes: tuple[Axis, ...]
    answers: tuple[Answer | str, ...]

    @property
    def rests_at(self) -> int:
        """Place of the answer at rest."""
        place = 0
        for axis in self.axes:
            place = place * len(axis.values) + axis.rests_at
        return place


def axes_of(designer: OfferingDesigner, asked: Sequence[str] = ()) -> tuple[Axis, ...]:
    """Return the controls of a page and their stops.

    Parameters
    ----------
    designer : OfferingDesigner
    asked : sequence of str
        Each a label or path of a control, alone or with its values: ``total_terms=6,8,10``. By
        default terms, price and whether cases are refused.

    Raises
    ------
    ValueError
        There is no such control, a value is none of its own, a control is named twice, or it is too
        many settings.
    """
    if not asked:
        usual = [one for one in designer.controls if one.label in _USUAL]
        axes = [Axis(one, tuple(one.stops(_USUAL[one.label]))) for one in usual]
    else:
        axes = [_axis(designer, text) for text in asked]
    paths = [axis.control.path for axis in axes]
    for path in paths:
        if paths.count(path) > 1:
            raise ValueError(f"{path} is named twice; name it once, with all of its values")
    if not axes:
        raise ValueError("this offering has no terms and no price; name what to move (--control)")
    cells = 1
    for axis in axes:
        cells *= len(axis.values)
    if cells > MOST_CELLS:
        raise ValueError(
            f"these controls come to {number(cells)} settings, and {number(MOST_CELLS)} are the "
            "most for a page: name fewer controls or fewer values"
        )
    return tuple(axes)


def _axis(designer: OfferingDesigner, text: str) -> Axis:
    name, is_given, written = text.rpartition("=") if "=" in text else (text, "", "")
    control = designer.control(name.strip())
    if not is_given:
        return Axis(control, tuple(control.stops(_STOPS)))
    values = [_value(control, one.strip()) for one in written.split(",")]
    if control.value not in values:
        values.append(control.value)
    if control.kind == "number":
        values.sort()
    return Axis(control, tuple(dict.fromkeys(values)))


def _value(control: Control, text: str) -> Any:
    if control.kind == "number":
        try:
            return control.taken(float(text))
        except ValueError as error:
            if "could not convert" not in str(error):
                raise
            raise ValueError(f"{control.path} is a number, not '{text}'") from None
    if control.kind == "switch":
        if text not in ("true", "false"):
            raise ValueError(f"{control.path} is true or false, not '{text}'")
        return text == "true"
    return control.taken(None if text == "none" and None in control.choices else text)


def answered_grid(
    designer: OfferingDesigner, axes: Sequence[Axis], progress: Progress | None = None
) -> Grid:
    """Answer every setting of some controls, over all replications.

    Raises
    ------
    RunError
        A setting comes to nothing that could be said.
    """
    choices = [*itertools.product(*(axis.values for axis in axes))]
    answers: list[Answer | str] = []
    if progress is not None:
        progress(0, len(choices))
    for choice in choices:
        designer.reset()
        for axis, value in zip(axes, choice, strict=True):
            designer.move(axis.control.path, value)
        try:
            answers.append(designer.answer())
        except DocumentError as error:
            answers.append("; ".join(problem.message for problem in error.problems))
        if progress is not None:
            progress(len(answers), len(choices))
    designer.reset()
    if not any(isinstance(answer, Answer) for answer in answers):
        raise RunError(f"none of {counted(len(choices), 'setting')} goes together")
    return Grid(tuple(axes), tuple(answers))
