"""The newest move alone is drawn; what is stale is dropped."""

import threading
from collections.abc import Iterator

import pytest

from entitlement_sim.designing.redrawing import Redrawing


class Slow:
    """Answers with what it is set to, once it may, and stops where that is moved on."""

    def __init__(self) -> None:
        self.value = self.begun = 0
        self.begins = threading.Event()
        self.may_go_on = threading.Event()

    def answers(self) -> Iterator[int]:
        asked = self.value
        self.begun += 1
        self.begins.set()
        assert self.may_go_on.wait(30)
        if asked < 0:
            raise ValueError("that does not go together")
        if asked == self.value:
            yield asked


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def drawn() -> list[object]:
    return []


@pytest.fixture
def redrawing(slow: Slow, drawn: list[object]) -> Iterator[Redrawing]:
    redrawing = Redrawing(slow, drawn.append, drawn.append)
    yield redrawing
    slow.may_go_on.set()
    assert redrawing.wait(30)


def test_five_fast_moves_are_one_redraw_of_the_last_value(
    slow: Slow, redrawing: Redrawing, drawn: list[object]
) -> None:
    for value in (1, 2, 3, 4, 5):
        slow.value = value
        redrawing.ask()
        assert slow.begins.wait(30)
    slow.may_go_on.set()
    assert redrawing.wait(30)
    assert drawn == [5]
    assert slow.begun == 2


def test_what_is_wrong_is_said_and_the_next_move_answered(
    slow: Slow, redrawing: Redrawing, drawn: list[object]
) -> None:
    slow.may_go_on.set()
    for value in (-1, 7):
        slow.value = value
        redrawing.ask()
        assert redrawing.wait(30)
    assert drawn == ["that does not go together", 7]


def test_nothing_is_drawn_where_nothing_is_asked(redrawing: Redrawing, drawn: list[object]) -> None:
    assert redrawing.wait(30)
    assert drawn == []
