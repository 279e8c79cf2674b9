"""The tool that puts faults into a copy of the package, tried on a toy."""

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

from .equivalents import Equivalent, read_equivalents
from .fault import Fault, draw, faults_of
from .python_faults import python_faults
from .rooms import ROOMS, Room
from .sql_faults import sql_faults
from .trying import Outcome, RoomError, try_faults

TREE = Path(__file__).resolve().parents[2]

#: Its limit is not tested.
TOY = """\
LIMIT = 3


def passes(wanted: int, left: int) -> bool:
    \"\"\"Whether a case passes.\"\"\"
    return wanted <= left and wanted < LIMIT


def clipped(left: int) -> int:
    return max(left, 0) if left < 0 else left
"""

TOY_TEST = """\
import toy


def test_a_case_passes_up_to_what_is_left():
    assert toy.passes(1, 1)
    assert not toy.passes(2, 1)


def test_nothing_is_left_below_zero():
    assert toy.clipped(-1) == 0
    assert toy.clipped(2) == 2
"""

ROOM = Room("toy", ("toy.py",), plain=("tests/toy_test.py",))


def toy_in(folder: Path) -> Path:
    """Make a small tree with a module, its tests and the plugin that all trees have."""
    root = folder / "toy"
    plugin = root / "tests" / "mutation" / "no_shrinking.py"
    plugin.parent.mkdir(parents=True)
    plugin.write_bytes((TREE / "tests" / "mutation" / "no_shrinking.py").read_bytes())
    (root / "toy.py").write_text(TOY)
    (root / "tests" / "toy_test.py").write_text(TOY_TEST)
    return root


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A toy that a test may change."""
    return toy_in(tmp_path)


def fault_of(tree: Path, line: int, change: str) -> Fault:
    faults = faults_of(tree, ["toy.py"])
    [fault] = [each for each in faults if (each.line, each.change) == (line, change)]
    return fault


def outcomes_of(tree: Path, tmp_path: Path, *faults: Fault, known=()) -> list[Outcome]:
    return try_faults(tree, ROOM, faults, known, tmp_path / "place", lambda outcome: None)


def files_of(tree: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}


@dataclass
class Tried:
    """What became of three faults in a toy, tried one after the other.

    Attributes
    ----------
    outcomes : list of Outcome
        Of a fault that a test notices, of one that none does, of one that changes nothing.
    before, after : dict
        The files of the toy.
    """

    outcomes: list[Outcome]
    before: dict[Path, bytes]
    after: dict[Path, bytes]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Tried:
    place = tmp_path_factory.mktemp("tried")
    tree = toy_in(place)
    same = fault_of(tree, 10, "< -> <=")
    known = [Equivalent("toy.py", same.line_text, same.change, "zero is zero either way")]
    before = files_of(tree)
    faults = (fault_of(tree, 6, "<= -> <"), fault_of(tree, 1, "3 -> 4"), same)
    return Tried(outcomes_of(tree, place, *faults, known=known), before, files_of(tree))


def test_a_fault_that_a_test_notices_is_killed_by_it(tried):
    assert (tried.outcomes[0].verdict, tried.outcomes[0].by) == (
        "killed",
        "tests/toy_test.py::test_a_case_passes_up_to_what_is_left",
    )


def test_a_fault_that_no_test_notices_survives_though_one_before_it_was_noticed(tried):
    assert str(tried.outcomes[1]) == "survived   toy.py:1  3 -> 4"


def test_an_equivalent_is_told_apart_with_its_reason(tried):
    assert (tried.outcomes[2].verdict, tried.outcomes[2].by) == (
        "equivalent",
        "zero is zero either way",
    )


def test_the_tree_itself_is_never_touched(tried):
    assert tried.after == tried.before


def test_tests_that_need_compiled_loops_are_run_with_them(tree, tmp_path):
    needs = "import os, toy\n\n\ndef test_it():\n    assert 'NUMBA_DISABLE_JIT' not in os.environ\n"
    (tree / "tests" / "toy_test.py").write_text(f"{needs}    assert toy.LIMIT == 3\n")
    [outcome] = outcomes_of(tree, tmp_path, fault_of(tree, 1, "3 -> 4"))
    assert (outcome.verdict, outcome.by) == ("killed", "tests/toy_test.py::test_it")


def test_what_few_examples_let_live_meets_all_of_them(tree, tmp_path):
    lines = [
        "import os, toy",
        "from hypothesis import given, settings, strategies as st",
        "examples = []",
        "@settings(max_examples=200, deadline=None)",
        "@given(st.integers())",
        "def test_it(number):",
        "    examples.append(number)",
        "    if 'MUTATION_EXAMPLES' in os.environ:",
        "        assert len(examples) <= 30",
        "    assert toy.LIMIT == 3 or len(examples) < 100",
    ]
    (tree / "tests" / "toy_test.py").write_text("\n".join(lines))
    [outcome] = outcomes_of(tree, tmp_path, fault_of(tree, 1, "3 -> 4"))
    assert (outcome.verdict, outcome.by) == ("killed", "tests/toy_test.py::test_it")


def test_tests_that_fail_without_any_fault_tell_nothing(tree, tmp_path):
    (tree / "tests" / "toy_test.py").write_text("def test_it():\n    assert False\n")
    with pytest.raises(RoomError, match=r"toy fail without any fault: tests/toy_test.py::test_it"):
        outcomes_of(tree, tmp_path, fault_of(tree, 1, "3 -> 4"))


PYTHON = {
    "a < b": {"< -> <=", "< -> >="},
    "a not in b": {"not in -> in"},
    "a == 'x'": {"== -> !=", "'x' -> 'x?'"},
    "a in ('x', b)": {"in -> not in", "'x' -> 'x?'"},
    "a[1]": {"1 -> 2", "1 -> (0)"},
    "a['x']": {"'x' -> 'x?'"},
    "a.get('x')": {"a.get('x') -> pass", "'x' -> 'x?'"},
    "a and b and c": {"and -> or"},
    "not a": {"not ->"},
    "-a": {"- ->"},
    "a * b": {"* -> +", "* -> //"},
    "a + 'x'": set(),
    "a @ b": set(),
    "a += b": {"+ -> -", "a += b -> pass"},
    "a.b = c": {"a.b = c -> pass"},
    "a = f(b, c)": {"b, c -> c, b"},
    "a = f(b, b)": set(),
    "a = f(*b, c)": set(),
    "a = min(b, c)": {"min -> max"},
    "a = np.minimum(b)": {"minimum -> maximum"},
    "a = b if c else d": {"c -> not (c)"},
    "a = [b for b in c if d]": {"d -> not (d)"},
    "raise a": {"raise a -> pass"},
    "a: Literal[1] = True": {"True -> False"},
    "def f(a: int = 2): ...": {"2 -> 3", "2 -> (1)"},
    "def f():\n    return a": {"a -> None"},
    "def f() -> bool:\n    return a": {"a -> None", "a -> not (a)"},
    "def f() -> int:\n    return a": {"a -> (a) + 1", "a -> None"},
    "def f():\n    'text'": set(),
    "if TYPE_CHECKING:\n    a = 1": set(),
    "a = f'{b + 1}'": set(),
    "@f(1)\ndef g(): ...": set(),
    "a = (b  # <\n  <= c)": {"<= -> <", "<= -> >"},
}


@pytest.mark.parametrize("source", PYTHON)
def test_a_piece_of_python_can_have_these_faults(source):
    changes = {fault.change.strip() for fault in python_faults("a.py", source.encode())}
    assert changes == PYTHON[source]


SQL = {
    "SELECT count(DISTINCT a)": {"count(DISTINCT -> count("},
    "FROM a LEFT JOIN b": {"LEFT JOIN -> JOIN"},
    "a UNION ALL b": {"UNION ALL -> UNION"},
    "a >= b": {">= -> <", ">= -> >"},
    "a = 1": {"1 -> (0)", "1 -> 2", "= -> <>"},
    "a AND b OR c": {"AND -> OR", "OR -> AND"},
    "a BETWEEN b AND c AND d": {"AND -> OR"},
    "a IS NULL": {"IS NULL -> IS NOT NULL"},
    "a IS NOT NULL": {"IS NOT NULL -> IS NULL"},
    "a NOT IN (b)": {"NOT IN -> IN"},
    "NOT a": {"NOT ->"},
    "min(a) - first": {"min -> max", "- -> +"},
    "ORDER BY a DESC": {"DESC -> ASC"},
    "a -- >= 1\n, 'b > 1'": set(),
}


@pytest.mark.parametrize("source", SQL)
def test_a_piece_of_sql_can_have_these_faults(source):
    changes = {fault.change.strip() for fault in sql_faults("a.sql", source.encode())}
    assert changes == SQL[source]


def test_the_same_seed_draws_the_same_faults_and_another_seed_others():
    faults = faults_of(TREE, ROOMS["rules"].sources(TREE))
    assert draw(faults, 12, seed=3) == draw(faults, 12, seed=3)
    assert draw(faults, 12, seed=3) != draw(faults, 12, seed=4)


def test_no_place_is_drawn_twice():
    faults = faults_of(TREE, ROOMS["rules"].sources(TREE))
    drawn = draw(faults, len(faults), seed=1)
    assert len({(fault.path, fault.start) for fault in drawn}) == len(drawn)


def test_a_file_with_a_fault_is_still_python():
    for fault in faults_of(TREE, ROOMS["rules"].sources(TREE)):
        assert ast.parse(fault.applied_to((TREE / fault.path).read_bytes()))


@pytest.mark.parametrize("name", ROOMS)
def test_every_room_has_files_and_tests(name):
    room = ROOMS[name]
    assert room.sources(TREE)
    tests = (*room.plain, *room.compiled)
    assert tests
    assert all((TREE / place).exists() for place in tests)


def test_every_equivalent_is_a_fault_that_its_file_can_have_still():
    known = read_equivalents()
    faults = {file: faults_of(TREE, [file]) for file in {each.file for each in known}}
    for each in known:
        assert any(each.is_of(fault) for fault in faults[each.file]), each
