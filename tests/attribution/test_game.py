"""Shapley's shares: what makes them the only ones."""

from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim.attribution.game import MOST_PLAYERS, combinations_of, shapley

PLAYERS = ["a", "b", "c", "d"]
GAMES = st.lists(st.integers(-50, 50), min_size=15, max_size=15).map(
    lambda drawn: dict(zip(combinations_of(PLAYERS), [0, *drawn], strict=True))
)


@given(GAMES)
def test_shares_are_what_each_adds_on_the_average_of_all_orders(game):
    orders = list(permutations(PLAYERS))
    for player, share in shapley(PLAYERS, game).items():
        added = 0
        for order in orders:
            before = frozenset(order[: order.index(player)])
            added += game[before | {player}] - game[before]
        assert share == Fraction(added, len(orders))


@given(GAMES)
def test_shares_add_up_to_the_whole(game):
    assert sum(shapley(PLAYERS, game).values()) == game[frozenset(PLAYERS)]


@given(GAMES, GAMES)
def test_shares_of_two_games_add_up(first, second):
    both = {some: first[some] + second[some] for some in first}
    apart = [shapley(PLAYERS, game) for game in (first, second)]
    assert shapley(PLAYERS, both) == {one: apart[0][one] + apart[1][one] for one in PLAYERS}


def test_more_players_than_can_be_played_are_refused():
    players = [str(number) for number in range(MOST_PLAYERS + 1)]
    with pytest.raises(ValueError, match="at most 10 players, not 11"):
        shapley(players, {})
