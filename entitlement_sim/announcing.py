"""What is said before loops are compiled, which takes long; where nothing is compiled, nothing."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple

#: Called with whether loops are being compiled: when that begins, and when it is over.
Watch = Callable[[bool], None]


class Loops(NamedTuple):
    """Loops that take long to compile.

    Attributes
    ----------
    doing : str
        What they do.
    seconds : int
        Processor time that compiling them takes, about.
    """

    doing: str
    seconds: int


#: By the name of the kernel; what is not listed takes about a second. The seconds are those of a
#: process that does nothing else, on two cores that are free.
LOOPS: Final = {
    "entitlement_sim.engine.blocks._simulate_block": Loops("the simulation", 50),
    "entitlement_sim.engine.sums._add_up_piece": Loops("the sums of replications", 45),
    "entitlement_sim.engine.kept_lives._keep_piece": Loops("what a designer keeps of lives", 15),
    "entitlement_sim.replay.by_engine._replay": Loops("what plays a history", 35),
    "entitlement_sim.engine.going_on.keep_units": Loops("what plays a book to its last day", 35),
    "entitlement_sim.engine.going_on.go_on": Loops("what lets a book go on", 40),
}

_watching: list[Watch] = []


@contextmanager
def while_compiling(watch: Watch) -> Iterator[None]:
    """Let something be shown inside a ``with`` block while loops are compiled.

    Of blocks inside each other the inner one shows it.
    """
    _watching.append(watch)
    try:
        yield
    finally:
        _watching.remove(watch)


def begin_compiling(name: str, unkept: str | None) -> None:
    """Say on standard error what is compiled, and how long that takes, if it takes long.

    Parameters
    ----------
    name : str
        Of the kernel, with its module.
    unkept : str or None
        Why what is compiled cannot be kept for the next time.
    """
    loops = LOOPS.get(name)
    if loops is None:
        return
    if sys.stderr is not None:
        with suppress(OSError, ValueError):  # nobody reads it any more
            print(_words(loops, unkept), file=sys.stderr, flush=True)
    for watch in _watching[-1:]:
        watch(True)


def end_compiling(name: str) -> None:
    """Let what was shown while loops were compiled go on."""
    if name in LOOPS:
        for watch in _watching[-1:]:
            watch(False)


def _words(loops: Loops, unkept: str | None) -> str:
    duration = f"about {loops.seconds} s of processor time"
    if unkept is None:
        return f"Compiling {loops.doing}, once after an update: {duration}"
    return f"Compiling {loops.doing}, {duration}: {unkept}"
