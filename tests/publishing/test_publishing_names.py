"""Which names a folder can have on any system."""

import pytest

from entitlement_sim.publishing.names import objection_to_name

BLANK = "it is blank"
DEVICE = "Windows keeps that name for a device"
SIGNS = "it has signs that names cannot have everywhere"
END = "it ends in a blank or a dot, which Windows drops"


@pytest.mark.parametrize(
    "name", ["a", "run-7", "Ünïcode 7", "con-7", "console", "com10", "x" * 128, "я" * 127, "a..b"]
)
def test_a_name_for_any_system(name: str) -> None:
    assert objection_to_name(name) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", BLANK),
        ("   ", BLANK),
        (".hidden", "it begins with a dot, so it is hidden"),
        ("..", "it begins with a dot, so it is hidden"),
        ("-x", "it begins with '-', as options do"),
        (" x", "it begins with a blank"),
        ("x ", END),
        ("x.", END),
        ("a/b", SIGNS),
        ("a\\b", SIGNS),
        ("a:b", SIGNS),
        ("a*b", SIGNS),
        ("a?b", SIGNS),
        ('a"b', SIGNS),
        ("a<b", SIGNS),
        ("a>b", SIGNS),
        ("a|b", SIGNS),
        ("a\nb", SIGNS),
        ("a\x7fb", SIGNS),
        ("a\u202eb", SIGNS),
        ("a\u00a0b", SIGNS),
        ("a\udcffb", SIGNS),
        ("CON", DEVICE),
        ("nul", DEVICE),
        ("Aux.txt", DEVICE),
        ("prn.2025.1", DEVICE),
        ("COM1", DEVICE),
        ("lpt9.log", DEVICE),
        ("com²", DEVICE),
        ("con .x", DEVICE),
        ("CONOUT$", DEVICE),
        ("x" * 129, "it has more than 128 letters"),
        ("я" * 128, "it takes more than 255 bytes"),
        ("\U0001f600" * 64, "it takes more than 255 bytes"),
    ],
)
def test_a_name_that_does_not_do_everywhere(name: str, reason: str) -> None:
    assert objection_to_name(name) == reason
