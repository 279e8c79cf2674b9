"""Who answers moves while somebody moves on: the newest move alone is drawn."""

import threading
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from ..documents import DocumentError
from ..store.errors import RunError

A = TypeVar("A", covariant=True)


class Answering(Protocol[A]):
    """What yields answers to its newest state, and stops where that is moved on."""

    def answers(self) -> Iterator[A]:
        """Yield answers, nearer and nearer."""


class Redrawing:
    """Answers moves one after the other in a thread of its own, and draws what is not stale.

    Moves that come while an answer is made are answered together, by their last one.

    Parameters
    ----------
    answering : OfferingDesigner or the like
    draw : callable
        Called with each answer, in the thread.
    refuse : callable
        Called with what is wrong with a setting, in words.
    """

    def __init__(
        self,
        answering: Answering[A],
        draw: Callable[[A], object],
        refuse: Callable[[str], object],
    ) -> None:
        self._answering, self._draw, self._refuse = answering, draw, refuse
        self._changed = threading.Condition()
        self._asked = self._answered = 0
        self._ends = False
        self._thread = threading.Thread(target=self._work, name="redrawing", daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """Let the state as it is now be answered."""
        with self._changed:
            self._asked += 1
            self._changed.notify_all()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all that was asked is answered; say whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._answered == self._asked, seconds)

    def close(self) -> None:
        """End the thread, once it is done with what it is at."""
        with self._changed:
            self._ends = True
            self._changed.notify_all()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ends or self._answered != self._asked)
                if self._ends:
                    return
                asked = self._asked
            try:
                for answer in self._answering.answers():
                    if self._ends:
                        return
                    self._draw(answer)
            except (DocumentError, RunError, ValueError) as error:
                if asked == self._asked:
                    self._refuse(str(error))
            finally:
                with self._changed:
                    self._answered = asked
                    self._changed.notify_all()
