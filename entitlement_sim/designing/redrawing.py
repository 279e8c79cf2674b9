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
    """Answers moves one after the other, and draws what is not stale.

    A thread works as long as something is asked. Moves that come while an answer is made are
    answered together, by their last one.

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
        self._works = False

    def ask(self) -> None:
        """Let the state as it is now be answered."""
        with self._changed:
            self._asked += 1
            if not self._works:
                self._works = True
                threading.Thread(target=self._work, name="redrawing", daemon=True).start()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all that was asked is answered; say whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._works, seconds)

    def _work(self) -> None:
        try:
            while self._has_more():
                self._answer()
        except BaseException:
            with self._changed:
                self._works = False
                self._changed.notify_all()
            raise

    def _has_more(self) -> bool:
        with self._changed:
            if self._answered == self._asked:
                self._works = False
                self._changed.notify_all()
            return self._works

    def _answer(self) -> None:
        asked = self._asked
        try:
            for answer in self._answering.answers():
                self._draw(answer)
        except (DocumentError, RunError, ValueError) as error:
            if asked == self._asked:
                self._refuse(str(error))
        finally:
            self._answered = asked
