"""One pair of runs says how sure its differences are: held against replications."""

import pytest
from five_changes import LEAST, MOST, measured


@pytest.mark.soak
def test_standard_errors_of_pairs_are_the_spread_over_replications() -> None:
    table = measured(200, pairs=4)
    outside = table[(table["ratio"] < LEAST) | (table["ratio"] > MOST)]
    assert outside.empty, outside.to_string()
