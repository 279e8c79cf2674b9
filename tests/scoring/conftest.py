"""Numbers of a scorecard, by their names."""

from collections.abc import Callable

import pytest

from entitlement_sim import Run, scorecard


class Numbers:
    """A scorecard that is asked by row and part."""

    def __init__(self, run: Run, **more) -> None:
        with run:
            self.card = scorecard(run, **more)
        self._rows = self.card.set_index(["row", "part"])

    def __call__(self, row: str, part: str = "") -> float:
        return float(self._rows.loc[(row, part), "value"])

    def parts(self, row: str) -> list[float]:
        return self.card["value"][self.card["row"] == row].tolist()

    def of(self, row: str, part: str = "", column: str = "verdict"):
        return self._rows.loc[(row, part), column]


@pytest.fixture
def numbers() -> Callable[..., Numbers]:
    return Numbers
