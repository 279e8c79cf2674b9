"""Which encoding output has, what reaches a terminal, and what happens where nobody reads."""

import os
import subprocess

import pytest
from cli_process import PROGRAM, on_terminal

NAME = "SELECT 'Пакет €5' AS name"
ENGLISH = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


def printed(*arguments, cwd, redirected="", **environment) -> tuple[int, bytes, bytes]:
    """The status of a command, and the bytes that it printed into pipes or elsewhere."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONIOENCODING"}
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" "$@" {redirected}', str(PROGRAM), *arguments],
        cwd=cwd,
        env={**inherited, **environment},
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_what_is_redirected_is_utf_8_whatever_the_locale(folder):
    said = printed("query", "small", NAME, cwd=folder, **ENGLISH)
    assert said == (0, "name\nПакет €5\n".encode(), b"")
    wrong = printed("query", "small", "FROM Пакет", cwd=folder, **ENGLISH)
    assert "Пакет".encode() in wrong[2]


def test_a_query_that_is_no_text_is_told(folder):
    said = printed("query", "small", b"SELECT '\xff'", cwd=folder)
    assert said == (2, b"", b"entitlement-sim: the query is no text in UTF-8\n")


def test_another_encoding_can_be_asked_for_and_spells_out_what_it_lacks(folder):
    said = printed("query", "small", NAME, cwd=folder, PYTHONIOENCODING="cp1252")
    assert said[1] == rb"name" b"\n" rb"\u041f\u0430\u043a\u0435\u0442 " b"\x805\n"


def test_how_errors_are_handled_can_be_said_without_an_encoding(folder):
    said = printed("query", "small", NAME, cwd=folder, PYTHONIOENCODING=":replace", **ENGLISH)
    assert said[1] == "name\nПакет €5\n".encode()


def test_csv_is_utf_8_even_where_another_encoding_is_asked_for(folder):
    said = printed("query", "small", NAME, "--csv", cwd=folder, PYTHONIOENCODING="cp1252")
    assert said == (0, "name\nПакет €5\n".encode(), b"")


def test_a_terminal_keeps_its_encoding(folder):
    said = on_terminal("query", "small", NAME, cwd=folder, PYTHONIOENCODING="", **ENGLISH)
    assert said.out == "name\n" + r"\u041f\u0430\u043a\u0435\u0442 \u20ac5" + "\n"


STEERING = "SELECT chr(27) || '[2J' || chr(7) || chr(155) || chr(8238) AS x"
SPELLED = "x\n" + r"\x1b[2J\x07\x9b\u202e" + "\n"


def test_a_text_of_a_run_steers_no_terminal(folder):
    assert on_terminal("query", "small", STEERING, cwd=folder).out == SPELLED
    assert printed("query", "small", STEERING, cwd=folder)[1] == SPELLED.encode()


def test_csv_has_control_characters_as_they_are(folder):
    said = printed("query", "small", STEERING, "--csv", cwd=folder)
    assert said[1] == "x\n\x1b[2J\x07\x9b\u202e\n".encode()


@pytest.mark.parametrize(
    "arguments",
    [
        ["runs"],
        ["verify", "small"],
        ["query", "small", NAME],
        ["describe", "small"],
        ["explain", "small", "1", "--for-customer"],
    ],
)
def test_closed_output_is_nobody_s_mistake(arguments, folder):
    assert printed(*arguments, cwd=folder, redirected=">&-") == (0, b"", b"")


def test_closed_errors_are_not_printed_elsewhere(folder):
    assert printed("verify", "none", cwd=folder, redirected="2>&-") == (2, b"", b"")


def test_what_a_library_prints_goes_into_no_file_where_output_is_closed(folder):
    sql = "COPY (SELECT 1 AS n) TO 'mine.csv'"
    assert printed("query", "small", sql, cwd=folder, redirected="<&- >&- 2>&-")[0] == 0
    assert (folder / "mine.csv").read_text() == "n\n1\n"


@pytest.mark.parametrize("more", [[], ["--csv"]], ids=["table", "csv"])
def test_output_that_cannot_be_written_is_told(more, folder):
    said = printed("query", "small", NAME, *more, cwd=folder, redirected=">/dev/full")
    assert said == (2, b"", b"entitlement-sim: No space left on device\n")


@pytest.mark.parametrize("more", [["--rows", "200000"], ["--csv"]], ids=["table", "csv"])
def test_a_reader_that_has_gone_ends_a_command_as_sigpipe_does(more, folder):
    arguments = ["query", "small", "SELECT repeat('x', 99) FROM range(200000)", *more]
    with subprocess.Popen(
        [PROGRAM, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
