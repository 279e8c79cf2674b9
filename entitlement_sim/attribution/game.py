"""Shares of a whole that several brought about together: Shapley's, exactly."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from math import factorial
from typing import Final

#: Players of a game at the most: each of their combinations is played.
MOST_PLAYERS: Final = 10


def combinations_of(players: Sequence[str]) -> list[frozenset[str]]:
    """Return every combination of players, none and all among them, the smallest first.

    Examples
    --------
    >>> [sorted(some) for some in combinations_of(["a", "b"])]
    [[], ['a'], ['b'], ['a', 'b']]
    """
    return [
        frozenset(some) for size in range(len(players) + 1) for some in combinations(players, size)
    ]


def shapley(players: Sequence[str], values: Mapping[frozenset[str], int]) -> dict[str, Fraction]:
    """Return each player's value: what it adds, averaged over every order of joining.

    phi(i) = sum over S without i of |S|! (n - |S| - 1)! / n! x (v(S and i) - v(S)), which is the
    only sharing out that gives the whole away, treats alike who adds alike, gives nothing to who
    adds nothing, and adds up over games (Shapley 1953, A value for n-person games).

    Parameters
    ----------
    players : sequence of str
        At most :data:`MOST_PLAYERS`.
    values : mapping from combinations to int
        What each combination comes to by itself.

    Returns
    -------
    dict of str to Fraction
        They add up to the value of all players less that of none.

    Raises
    ------
    ValueError
        There are too many players.

    Examples
    --------
    Two who need each other share alike, whoever else comes gets nothing:

    >>> needed = frozenset({"left", "right"})
    >>> players = ["left", "right", "third"]
    >>> values = {some: 6 if needed <= some else 0 for some in combinations_of(players)}
    >>> [str(value) for value in shapley(players, values).values()]
    ['3', '3', '0']
    """
    count = len(players)
    if count > MOST_PLAYERS:
        raise ValueError(f"a game has at most {MOST_PLAYERS} players, not {count}")
    shares = {}
    for player in players:
        others = [other for other in players if other != player]
        added = 0
        for some in combinations_of(others):
            orders = factorial(len(some)) * factorial(count - len(some) - 1)
            added += orders * (values[some | {player}] - values[some])
        shares[player] = Fraction(added, factorial(count))
    return shares
