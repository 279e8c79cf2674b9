"""The command ``compare``: an answer in a screen, a page, CSV, and clear mistakes."""

import csv
import io

import pytest

from entitlement_sim import Scenario, simulate

_EIGHT = ("--with", "eight", "--set", "templates.ten-cases.total_terms=8")


@pytest.fixture(scope="module")
def larger(folder):
    """Beside the run small one with a larger pack."""
    scenario = Scenario.load("reference", ["segments.everyone.customers=20"])
    changed = scenario.with_({"templates.ten-cases.total_terms": 12})
    simulate(changed, seed=7, out=folder / "runs", name="larger", overwrite=True).close()
    return "larger"


def test_the_answer_fits_a_screen(say, larger):
    said = say("compare", "small", larger)
    assert said.status == 0
    lines = said.out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100
    assert lines[0].startswith("larger against small. Paired by customer: the same 20 customers")


def test_a_table_by_template_stands_below(say, larger):
    said = say("compare", "small", larger, "--by", "template")
    assert "ten-cases  refused for want of terms" in said.out


def test_numbers_are_printed_as_csv(say, larger):
    said = say("compare", "small", larger, "--csv", "--by", "segment")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    cases = [row for row in rows if row["metric"] == "cases"]
    assert [row["segment"] for row in cases] == ["", "everyone"]
    assert {row["difference"] for row in cases} == {"0.0"}


def test_a_page_is_written_where_it_is_wanted(say, larger, folder):
    said = say("compare", "small", larger, "--page", "moved.html")
    assert said.out.rstrip().endswith("moved.html")
    assert (folder / "moved.html").read_text(encoding="utf-8").count("</html>") == 1
    (folder / "moved.html").unlink()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["small"], "compare takes two runs or more; name another one beside small"),
        (["small", "small"], "the run small is named twice: name another one"),
        (["small", "nowhere"], "there is no run nowhere"),
        (["small", "larger", "--by", "month"], "--by is segment or template, not 'month'"),
        (["small", "larger", "--page", "moved.txt"], "let it end in .html"),
        (["small", "--with", "a"], "--with a changes nothing: write --set PATH=VALUE after it"),
        (["small", "--with", "no.yaml"], "no.yaml:1:1: there is no such file"),
        (
            ["small", "--with", "a/b.yaml", "--with", "b", "--set", "seed=2"],
            "b.yaml:1:1: there is no such file",
        ),
        (
            ["small", "larger", "--until", "bookings"],
            "--until bookings: write a metric, = and a number above 0",
        ),
        (["small", "larger", "--until", "bookings=-5"], "and a number above 0"),
        (["small", "larger", "--until", "booking=5"], "unknown metric 'booking'; did you mean"),
        (
            ["small", "larger", "--until", "bookings=5", "--replications", "20"],
            "leave --replications out",
        ),
        (["small", "larger", "--at-most", "80"], "--at-most belongs to --until"),
        (
            ["small", "larger", "--until", "service=0.1"],
            "of service no limits can be asked for",
        ),
        (["small", "--set", "seed=2"], "write --with NAME before --set"),
        (["small", "--with", " ", "--set", "seed=2"], "--with takes a name"),
        (
            ["small", "larger", "--with", "a", "--set", "seed=2"],
            "--with changes the offering of one scenario or run; leave out larger",
        ),
        (
            ["small", "--with", "a", "--set", "seed=2", "--with", "a", "--set", "seed=3"],
            "two alternatives are called a: name one of them otherwise",
        ),
        (
            ["small", "--with", "a", "--set", "templates.ten-cases.total_terms=10"],
            "the alternative a is the same as the base: what it sets is so already",
        ),
        (["small", *_EIGHT, "--applies", "some"], "--applies is new or at_renewal or all, not"),
        (["small", *_EIGHT, "--from", "2024-07-01"], "write --applies new, at_renewal or all, too"),
        (["small", "larger", "--applies", "new"], "write what changes, --with NAME --set"),
        (
            ["small", *_EIGHT, "--applies", "new", "--from", "yesterday"],
            "--from yesterday: write a day such as 2026-07-01",
        ),
        (
            ["small", *_EIGHT, "--applies", "new", "--from", "1999-01-01"],
            "--set revision.from=1999-01-01:1:15: revision.from: is 1999-01-01, but the run goes",
        ),
        (
            ["small", "--with", "a", "--set", "money.hour_costs=70", "--applies", "new"],
            "the alternative a sells what the base sells, so that it meets no contract otherwise",
        ),
        (
            ["small", "--with", "a", "--set", "templates.ten-case.total_terms=8"],
            "--set templates.ten-case.total_terms=8:1:11: templates.ten-case: unknown name",
        ),
    ],
)
def test_a_mistake_is_one_line(say, larger, arguments, message):
    said = say("compare", *arguments)
    assert said.status == 2
    assert said.out == ""
    assert message in said.errors
    assert said.errors.count("\n") == 1


def test_alternatives_are_asked_by_name_each_with_the_settings_behind_it(say):
    said = say(
        "compare", "small", "--set", "templates.ten-cases.price=100",
        "--with", "eight, dearer", "--set", "templates.ten-cases.total_terms=8",
        "--set", "templates.ten-cases.price=120",
        "--with", "open", "--set", "templates.ten-cases.restrict=false",
        "--metric", "covered", "--metric", "bookings", "--replications", "2", "--csv",
    )  # fmt: skip
    assert said.status == 0
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert [(row["run"], row["metric"]) for row in rows] == [
        ("eight, dearer", "covered"),
        ("eight, dearer", "bookings"),
        ("open", "covered"),
        ("open", "bookings"),
    ]
    dearer, as_before = (row for row in rows if row["metric"] == "bookings")
    assert float(dearer["second"]) == pytest.approx(1.2 * float(dearer["first"]))
    assert float(as_before["difference"]) == 0


def test_a_change_meets_the_book_as_it_is_asked_to(say):
    said = say("compare", "small", *_EIGHT, "--applies", "all", "--from", "2024-07-01")
    assert said.status == 0
    first = " ".join(said.out.partition("Whom it refuses")[0].split())
    assert (
        "; the change meets the book on 1 Jul 2024, for all contracts: in the first replication"
        in (first)
    )


def test_an_alternative_from_a_file_has_its_name_and_the_settings_behind_it(say, folder):
    file = folder / "dearer.yaml"
    file.write_text("templates.ten-cases.price: 100\n", encoding="utf-8")
    said = say(
        "compare", "small", "--with", "dearer.yaml", "--set", "templates.ten-cases.price=150",
        "--with", "cheap", "--set", "templates.ten-cases.price=100",
        "--metric", "bookings", "--replications", "2", "--csv",
    )  # fmt: skip
    file.unlink()
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert [row["run"] for row in rows] == ["dearer", "cheap"]
    dearer, cheap = (float(row["second"]) for row in rows)
    assert dearer == pytest.approx(1.5 * cheap)


def test_replications_go_on_until_limits_are_close_enough(say):
    said = say(
        "compare", "small", "--with", "twelve", "--set", "templates.ten-cases.total_terms=12",
        "--metric", "used_cases", "--until", "used_cases=100", "--at-most", "60",
    )  # fmt: skip
    assert said.status == 0
    text = " ".join(said.out.split())
    assert "How sure: means over 40 pairs of replications, limits of 95%;" in text
    assert "it stopped as this was close enough at two looks in a row." in text
