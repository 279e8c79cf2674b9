"""Money has its currency in front, its sign before that, and no currency where none is named."""

import pandas as pd
import pytest

from entitlement_sim.telling import (
    UNKNOWN,
    in_currency,
    money,
    price,
    short_money,
    signed_money,
    signed_short_money,
)


@pytest.mark.parametrize(
    ("amount", "whole", "in_short"),
    [
        (1250.5, "EUR 1,251", "EUR 1.3k"),
        (-1250.5, "-EUR 1,251", "-EUR 1.3k"),
        (0, "EUR 0", "EUR 0"),
        (-0.4, "EUR 0", "-EUR 0.4"),
        (-1_950_000, "-EUR 1,950,000", "-EUR 2M"),
    ],
)
def test_a_currency_stands_between_sign_and_amount(amount, whole, in_short):
    assert money(amount, "EUR") == whole
    assert short_money(amount, "EUR") == in_short


@pytest.mark.parametrize(
    ("amount", "whole", "in_short"),
    [
        (3412, "+EUR 3,412", "+EUR 3.4k"),
        (-3412, "-EUR 3,412", "-EUR 3.4k"),
        (0, "EUR 0", "EUR 0"),
    ],
)
def test_a_change_that_rises_has_a_plus_before_the_currency(amount, whole, in_short):
    assert signed_money(amount, "EUR") == whole
    assert signed_short_money(amount, "EUR") == in_short


def test_without_a_currency_amounts_stand_alone():
    assert (money(1250), short_money(1250), price(1250)) == ("1,250", "1.3k", "1,250.00")
    assert (signed_money(1250), signed_short_money(-1250)) == ("+1,250", "-1.3k")
    assert in_currency("annual value", None) == "annual value"


def test_a_price_keeps_its_hundredths():
    assert price(99.5, "USD") == "USD 99.50"


@pytest.mark.parametrize("amount", [None, float("nan"), pd.NA])
def test_an_unknown_amount_is_a_dash_without_a_currency(amount):
    for write in (money, short_money, price, signed_money, signed_short_money):
        assert write(amount, "EUR") == UNKNOWN
