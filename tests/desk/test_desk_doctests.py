"""The examples in the documentation of the desk are true."""

import doctest

import pytest

from entitlement_sim.desk import amounts, desk, refused, stories


@pytest.mark.parametrize("module", [amounts, desk, refused, stories], ids=lambda one: one.__name__)
def test_examples(module) -> None:
    result = doctest.testmod(module, optionflags=doctest.FAIL_FAST)
    assert result.attempted > 0
    assert result.failed == 0
