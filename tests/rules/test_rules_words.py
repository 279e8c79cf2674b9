"""The words of the product have the numbers of Dataverse's option sets."""

import pytest

from entitlement_sim.rules import words
from entitlement_sim.rules.words import Word

#: Numbers of the option set that a word's members stand in.
OPTION_SETS = {
    "State": {"draft": 0, "active": 1, "cancelled": 2, "expired": 3, "waiting": 4},
    "Allocation": {"cases": 0, "hours": 1},
    "DecreaseOn": {"resolution": 0, "creation": 1},
    "Origin": {
        "phone": 1,
        "email": 2,
        "web": 3,
        "facebook": 2483,
        "twitter": 3986,
        "iot": 700610000,
    },
    "CaseState": {"active": 0, "resolved": 1, "cancelled": 2},
    "ActivityStatus": {"open": 0, "completed": 1, "cancelled": 2},
}

ENUMERATIONS = {
    name: each
    for name, each in vars(words).items()
    if isinstance(each, type) and issubclass(each, Word) and each is not Word
}


@pytest.mark.parametrize("name", ENUMERATIONS)
def test_words_have_the_numbers_of_their_option_set_and_others_none(name: str) -> None:
    numbers = {word.label: word.dataverse for word in ENUMERATIONS[name]}
    assert numbers == OPTION_SETS.get(name, dict.fromkeys(numbers))


@pytest.mark.parametrize("name", ENUMERATIONS)
def test_codes_of_words_are_their_places(name: str) -> None:
    first, *others = (int(word) for word in ENUMERATIONS[name])
    assert others == list(range(first + 1, first + 1 + len(others)))
