"""Random words are those of Philox4x32-10, and each draw can be made alone."""

from typing import Any
from zlib import crc32

import numpy as np
import pytest
from scipy import stats

from entitlement_sim.population.streams import (
    CASE_TIMES,
    RATE,
    draw,
    draw_units,
    philox,
    stream,
    unit,
)
from entitlement_sim.scenario.paths import path_hash

#: Counter, key and answer: the known-answer tests of Random123 for philox4x32 with 10 rounds.
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000",
     "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff",
     "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0",
     "d16cfe09 94fdcceb 5001e420 24126ea1"),
]  # fmt: skip


def words(text: str) -> list[np.uint64]:
    return [np.uint64(int(word, 16)) for word in text.split()]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_philox_gives_the_published_answers(counter: str, key: str, answer: str) -> None:
    assert list(philox(*words(counter), *words(key))) == words(answer)


def test_a_draw_counts_index_purpose_replication_identity_and_incident_under_its_key() -> None:
    chance = stream(0, 0x85A308)
    key = np.uint64(0x299F31D0_A4093822)
    found = draw(chance, key, 0x13198A2E, 0xD3, 0x243F6A88, 0x03707344)
    assert list(found) == words(KNOWN_ANSWERS[2][2])


def test_drawing_in_bulk_gives_the_same_numbers_as_one_by_one() -> None:
    chance = stream(7, 3)
    key = chance.key(("segment", "small"))
    units = np.zeros((4, 20))
    draw_units(chance, key, 11, CASE_TIMES, 5, 10, units)
    for index in range(5, 15):
        alone = [unit(word) for word in draw(chance, key, 11, CASE_TIMES, index)]
        assert units[:, index].tolist() == alone
    assert not units[:, :5].any()
    assert not units[:, 15:].any()


@pytest.mark.parametrize(("word", "number"), [(0, 2**-33), (2**32 - 1, 1 - 2**-33), (2**31, 0.5)])
def test_units_lie_strictly_between_0_and_1(word: int, number: float) -> None:
    assert 0 < unit(np.uint64(word)) < 1
    assert unit(np.uint64(word)) == pytest.approx(number, abs=2**-32)


def test_units_are_uniform_and_the_four_words_independent() -> None:
    chance = stream(1)
    key = chance.key(("segment", "all"))
    drawn = np.array([unit(word) for word in draw(chance, key, 0, RATE, np.arange(40_000))])
    for row in drawn:
        assert stats.kstest(row, "uniform").pvalue > 1e-4
    correlations = np.corrcoef(drawn)[np.triu_indices(4, 1)]
    assert np.abs(correlations).max() < 4 / np.sqrt(drawn.shape[1])
    following = np.corrcoef(drawn[0, :-1], drawn[0, 1:])[0, 1]
    assert abs(following) < 4 / np.sqrt(drawn.shape[1])


def drawn(
    seed: int = 1,
    replication: int = 0,
    name: str = "a",
    identity: int = 0,
    purpose: int = RATE,
    index: int = 0,
    within: int = 0,
) -> tuple[np.uint64, ...]:
    chance = stream(seed, replication)
    return draw(chance, chance.key(("segment", name)), identity, purpose, index, within)


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 2},
        {"seed": 2**32 + 1},
        {"replication": 1},
        {"name": "b"},
        {"identity": 1},
        {"identity": -1},
        {"purpose": CASE_TIMES},
        {"index": 1},
        {"within": 1},
    ],
    ids=str,
)
def test_what_is_drawn_differs_by_everything_that_it_is_drawn_for(other: dict[str, Any]) -> None:
    assert drawn(**other) != drawn()


def test_two_names_with_one_short_checksum_are_drawn_apart() -> None:
    assert crc32(b"plumless") == crc32(b"buckeroo")
    assert drawn(name="plumless") != drawn(name="buckeroo")


def test_under_one_seed_different_hashes_give_different_keys() -> None:
    chance = stream(0x0123_4567_89AB_CDEF)
    paths = [("segment", str(number)) for number in range(1000)]
    hashes = {path_hash(path) for path in paths}
    assert len({int(chance.key(path)) for path in paths}) == len(hashes) == 1000


@pytest.mark.parametrize(("seed", "replication"), [(-1, 0), (2**64, 0), (0, -1), (0, 2**24)])
def test_seeds_and_replications_out_of_range_are_refused(seed: int, replication: int) -> None:
    with pytest.raises(ValueError, match="does not lie between 0 and"):
        stream(seed, replication)
