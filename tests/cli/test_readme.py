"""What the README says is so: its blocks run, its table is the demo's, what it names exists."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from cli_process import Said
from shared import made_once

from entitlement_sim import Scenario, open_run, play, simulate
from entitlement_sim.cli import answer
from entitlement_sim.store.summary import summarise
from entitlement_sim.telling import share_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)


def test_the_first_two_blocks_install_and_run_and_install_and_test():
    assert re.findall(r"^```(\w+)$", TEXT, flags=re.MULTILINE)[:2] == ["sh", "sh"]
    begin = "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e "
    assert blocks("sh")[:2] == [
        f"{begin}'.[notebooks]' && .venv/bin/entitlement-sim demo\n",
        f"{begin}'.[dev]' && .venv/bin/pytest -q -n auto --dist worksteal\n",
    ]


def test_continuous_integration_runs_the_second_block():
    script = (ROOT / ".ci" / "run").read_text()
    function = re.search(r"^second_block\(\) \{.*?^\}$", script, flags=re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        ["bash", "-c", f"{function[0]}\nsecond_block"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == blocks("sh")[1]


def test_the_table_is_the_demos(demo):
    with open_run(demo[0] / "runs" / "demo") as run:
        rows = summarise(run).rows()
    expected = [
        "| in three years | |",
        "|---|---|",
        *(f"| {what} | {said} |" for what, said in rows),
    ]
    assert "\n".join(expected) in TEXT


def test_what_it_says_of_cases_without_a_contract_names_its_base_and_is_the_demos(demo):
    with open_run(demo[0] / "runs" / "demo") as run:
        terms = {one.allocation: one for one in summarise(run).terms}["cases"]
        query = """
            SELECT count(*) AS n, count(*) FILTER (outcome <> 'covered') AS without,
                   count(*) FILTER (outcome <> 'covered' AND NOT holds) AS no_contract,
                   count(*) FILTER (outcome <> 'covered' AND holds AND NOT no_terms) AS unfit,
                   count(*) FILTER (outcome <> 'covered' AND holds AND no_terms) AS no_terms
            FROM (
                SELECT outcome, coalesce(created_at::DATE <= last_day, FALSE) AS holds,
                       refusal IN ('CannotCreateCase', 'InvalidEntitlementAssociationToCase')
                           AS no_terms
                FROM arrived_cases AS cases ASOF LEFT JOIN covered_customers AS covered
                    ON covered.customer_id = cases.customer_id AND created_at >= first_day
            )
        """
        n, without, no_contract, unfit, no_terms = run.connection.sql(query).fetchall()[0]
    assert no_contract + unfit + no_terms == without
    unused = share_of(terms.unused, terms.allotted)
    for said in (
        "Of the terms in cases that were allotted to contracts (drafts are among them, those that "
        f"ended before the run are not), {unused} went unused at the end.",
        f"Of all cases, {share_of(without, n)} found no contract to take them",
        f"{no_contract:,} came on a day on which their customer held none",
        f"{unfit:,} met a contract for another customer or product",
        f"The other {no_terms:,} found terms used up, or a channel that was never sold",
    ):
        assert said in TEXT


def commands():
    lines = [line for block in blocks("sh")[2:] for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("entitlement-sim ")]


@pytest.fixture
def give(monkeypatch, capsys):
    """Give a command within this process, in a folder.

    To load the package and its kernels anew takes longer than most commands.
    """

    def give(arguments, folder):
        monkeypatch.chdir(folder)
        status = answer(arguments)
        return Said(status, *capsys.readouterr())

    return give


#: Of the demo's own 1,500 customers some commands would take half a minute.
FEW = {f"segments.{name}.customers": 50 for name in Scenario.load("demo").model.segments}

#: What a command is given besides, so that it is done with sooner.
SHORTER = {
    "compare": ["--replications", "3"],
    "design": ["--replications", "2"],
    "report": ["--notebook", "lifecycle"],
    "run": [word for path, count in FEW.items() for word in ("--set", f"{path}={count}")],
}


@pytest.fixture(scope="module")
def few_of_the_demo(tmp_path_factory):
    """A folder whose `runs` has the demo of few customers."""

    def make(folder):
        simulate(Scenario.load("demo", FEW), out=folder / "runs", name="demo").close()

    return made_once(tmp_path_factory, "few-of-the-demo", make)


def test_every_command_works_in_order_after_the_demo(give, few_of_the_demo, tmp_path):
    place = shutil.copytree(few_of_the_demo, tmp_path / "demo")
    assert len(commands()) >= 9
    for arguments in commands():
        said = give([*arguments, *SHORTER.get(arguments[0], [])], place)
        assert said.status == 0, f"{arguments}: {said.errors}"


def test_every_command_in_the_text_works_too(give, few_of_the_demo, tmp_path):
    place = shutil.copytree(few_of_the_demo, tmp_path / "demo")
    inline = re.findall(r"`entitlement-sim ([^`]*)`", TEXT)
    # A word in capitals stands for something of the reader's own; a run there is here.
    with_run = [one.replace("RUN", "demo") for one in inline if " " in one]
    given = [one for one in with_run if not re.search(r"[A-Z]{3}", one)]
    assert len(given) >= 5
    for one in given:
        arguments = shlex.split(one)
        said = give([*arguments, *SHORTER.get(arguments[0], [])], place)
        assert said.status == 0, f"{one}: {said.errors}"


@pytest.mark.parametrize("block", blocks("python"))
def test_the_python_example_runs(block, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    # Of fewer customers, and fewer replications.
    for text, sooner in (("small.customers=300", "small.customers=90"), (", 20, by=", ", 2, by=")):
        assert text in block
        block = block.replace(text, sooner)
    exec(compile(block, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "turned away" in printed
    assert "refusals" in printed
    assert "expired" in printed


def test_there_is_a_python_example():
    assert len(blocks("python")) == 1


def test_the_scenario_is_right_and_the_story_passes():
    scenario, story = blocks("yaml")
    assert Scenario.parse(scenario).name == "eight-pack"
    assert play(story).passed


def test_the_tables_and_views_that_it_names_exist(demo):
    tables = re.search(r"\| table \| what a row is \|\n(.*?)\n\n", TEXT, flags=re.DOTALL)[1]
    named = [
        name for row in tables.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])
    ]
    views = re.search(r"Views answer the usual questions: (.*?) and more", TEXT)[1]
    named += re.findall(r"`(\w+)`", views)
    assert len(named) > 15
    with open_run(demo[0] / "runs" / "demo") as run:
        assert set(named) <= set(run.tables())


def test_the_rooms_that_it_names_exist():
    rooms = re.search(r"\| room \| what lives there \|\n(.*?)\n\n", TEXT, flags=re.DOTALL)[1]
    named = [
        path for row in rooms.splitlines() for path in re.findall(r"`([\w/]+/)`", row.split("|")[1])
    ]
    assert len(named) > 8
    for path in named:
        assert (ROOT / path).is_dir(), path


def test_every_dependency_is_held_at_one_version_and_no_host_is_named():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    named = {re.match(r"[\w-]+", one)[0].lower() for one in [*project["dependencies"], *extras]}
    text = (ROOT / "constraints.txt").read_text()
    held = {line.partition("==")[0].replace("_", "-") for line in text.splitlines()}
    assert named - {"entitlement-sim"} <= held
    assert "://" not in text
    assert all("==" in line for line in text.splitlines())
