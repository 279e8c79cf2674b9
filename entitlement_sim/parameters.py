"""What public functions are given: of the kind that they ask for, or an error that says so."""

import datetime as dt
import functools
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

#: Letters of a value that an error shows.
_LONGEST: Final = 60


class Kind(NamedTuple):
    """What a parameter may be.

    Attributes
    ----------
    words : str
        With their article, as an error says it.
    fits : callable
        Whether a value is of that kind.
    """

    words: str
    fits: Callable[[Any], bool]

    def __or__(self, other: "Kind") -> "Kind":
        """Return the kind of what is of one or the other."""
        return Kind(
            f"{self.words} or {other.words}",
            lambda value: self.fits(value) or other.fits(value),
        )


def of_types(words: str, *types: type) -> Kind:
    """Return the kind of the instances of some classes."""
    return Kind(words, lambda value: isinstance(value, types))


def _is_whole(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    try:
        value.__index__()
    except (AttributeError, TypeError):  # TypeError: of a class, or an array
        return False
    return True


def _are_texts(value: Any) -> bool:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return False
    return all(isinstance(text, str) for text in value)


NOTHING: Final = Kind("None", lambda value: value is None)
TEXT: Final = of_types("a text", str)
PATH: Final = of_types("a path", str, os.PathLike)
WHOLE: Final = Kind("a whole number", _is_whole)
NUMBER: Final = of_types("a number", int, float)
DAY: Final = of_types("a day (datetime.date)", dt.date)
TEXTS: Final = Kind("a list of texts", _are_texts)
CHANGES: Final = of_types("a mapping", Mapping)
FUNCTION: Final = Kind("a function", callable)


def takes(**kinds: Kind) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function refuse what is not of the kind of its parameters.

    Parameters
    ----------
    **kinds
        By parameter; those that take any number of values ask it of each. What is left out, or
        given as it is by default, is not looked at.

    Examples
    --------
    >>> @takes(number=WHOLE)
    ... def twice(number: int) -> int:
    ...     return 2 * number
    >>> twice("3")
    Traceback (most recent call last):
    TypeError: twice(): number is a whole number, not '3'
    """

    def guarded(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        called = function.__qualname__.removesuffix(".__init__").rpartition(".")[2]

        @functools.wraps(function)
        def refusing(*args: P.args, **kwargs: P.kwargs) -> R:
            given = signature.bind(*args, **kwargs).arguments
            for name, kind in kinds.items():
                parameter = signature.parameters[name]
                if name not in given or given[name] is parameter.default:
                    continue
                several = parameter.kind is parameter.VAR_POSITIONAL
                for value in given[name] if several else [given[name]]:
                    if not kind.fits(value):
                        raise TypeError(_refusal(called, name, kind, value))
            return function(*args, **kwargs)

        return refusing

    return guarded


def _refusal(function: str, name: str, kind: Kind, value: Any) -> str:
    shown = " ".join(repr(value).split())
    if len(shown) > _LONGEST:
        shown = f"{shown[: _LONGEST - 1]}…"
    return f"{function}(): {name} is {kind.words}, not {shown}"
