"""What the commands answer when all is well."""

import json

import pytest

from entitlement_sim import Scenario, __version__, open_run
from entitlement_sim.scenario import schema_text, shipped_scenarios


def test_version(say):
    assert say("--version").out == f"entitlement-sim {__version__}\n"


def test_without_a_command_help_lists_all_of_them(say):
    said = say()
    assert said.status == 0
    for command in (
        "demo", "run", "check", "scenarios", "schema", "runs", "query", "explain", "verify",
        "scorecard", "story", "notebooks", "offerings", "sweep", "search", "design", "merge",
        "ceiling", "rule-impact", "fit", "forecast",
    ):  # fmt: skip
        assert f"\n  {command} " in said.out
    assert "..." not in said.out.partition("Commands:")[2]


def test_run_says_what_it_made_and_where(say, folder):
    size = "segments.everyone.customers=30"
    said = say("run", "reference", "--seed", "5", "--name", "thirty", "--set", size)
    assert said.status == 0
    with open_run(folder / "runs" / "thirty") as run:
        rows, seed = run.manifest.rows, run.manifest.seed
    assert seed == 5
    assert rows["customers"] == 30
    assert said.out.startswith(f"runs/thirty: 30 customers, {rows['entitlements']} entitlements, ")
    assert said.out.count("\n") == 1
    assert said.errors == ""


def test_a_run_is_named_after_its_scenario_and_seed(say, folder):
    size = "segments.everyone.customers=2"
    assert say("run", "reference", "--out", "others", "--set", size).status == 0
    assert (folder / "others" / "reference-1" / "manifest.json").is_file()


def test_run_replaces_a_run_only_when_told_to(say, folder):
    def run(customers, *more):
        size = f"segments.everyone.customers={customers}"
        return say("run", "reference", "--name", "again", "--set", size, *more)

    assert run(3).status == 0
    assert run(4).status == 2
    with open_run(folder / "runs" / "again") as before:
        assert before.manifest.rows["customers"] == 3
    assert run(4, "--overwrite").status == 0
    with open_run(folder / "runs" / "again") as after:
        assert after.manifest.rows["customers"] == 4


def test_threads_change_nothing_in_a_run(say, folder):
    size = "segments.everyone.customers=40"
    for threads in ("1", "2"):
        made = say("run", "reference", "--name", f"t{threads}", "--threads", threads, "--set", size)
        assert made.status == 0
    hashes = set()
    for threads in "12":
        with open_run(folder / "runs" / f"t{threads}") as run:
            hashes.add(run.manifest.content_hash)
    assert len(hashes) == 1


def test_check_says_what_a_scenario_would_simulate(say):
    said = say("check", "reference", "--set", "calendar.days=30")
    assert said.status == 0
    assert said.out.splitlines()[0].endswith("reference.yaml: nothing is wrong")
    assert "days 30 from " in said.out


def test_scenarios_lists_the_shipped_ones_with_what_they_are(say):
    said = say("scenarios")
    assert said.status == 0
    listed = said.out.splitlines()[1:]
    assert [line.split()[0] for line in listed] == sorted(shipped_scenarios())
    for line in listed:
        assert line.endswith(Scenario.load(line.split()[0]).model.description)


def test_scenarios_prints_one_as_it_is_written(say):
    assert say("scenarios", "demo").out == shipped_scenarios()["demo"].read_text(encoding="utf-8")


def test_copied_scenarios_run_and_name_the_schema_beside_them(say, folder):
    said = say("scenarios", "--copy", "copies")
    assert said.status == 0
    copies = folder / "copies"
    assert {file.stem for file in copies.glob("*.yaml")} == set(shipped_scenarios())
    assert sorted(said.out.split()) == sorted(f"copies/{file.name}" for file in copies.iterdir())
    for name in shipped_scenarios():
        copy = copies / f"{name}.yaml"
        first = copy.read_text(encoding="utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=scenario.schema.json"
        assert Scenario.load(copy).hash == Scenario.load(name).hash
    assert json.loads((copies / "scenario.schema.json").read_text())["title"] == "ScenarioModel"
    assert say("scenarios", "--copy", "copies").status == 0  # nothing there is another


def test_schema_prints_the_schema_of_scenarios(say):
    assert say("schema").out == schema_text()


def test_notebooks_copies_every_shipped_notebook(say, folder):
    from entitlement_sim.reports.shipped import shipped_notebooks

    said = say("notebooks", "books")
    assert said.status == 0
    assert shipped_notebooks()
    for notebook in shipped_notebooks():
        assert (folder / "books" / notebook.name).read_bytes() == notebook.read_bytes()


def test_runs_lists_whole_runs_by_name(say, folder):
    (folder / "runs" / "unfinished").mkdir(exist_ok=True)
    said = say("runs")
    (folder / "runs" / "unfinished").rmdir()
    lines = said.out.splitlines()
    names = [line.split()[0] for line in lines[1:]]
    assert "small" in names
    assert names == sorted(names)
    assert "unfinished" not in names
    [small] = [line.split() for line in lines if line.startswith("small ")]
    assert small[1:4] == ["reference", "7", "20"]


def test_runs_says_how_to_make_the_first_one(say, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    said = say("runs")
    assert (said.status, said.out) == (0, "no run in runs yet; make one: entitlement-sim demo\n")


def test_explain_shows_every_movement_with_case_and_rule(say, folder):
    with open_run(folder / "runs" / "small") as run:
        movements = run.sql("SELECT balance FROM ledger WHERE entitlement_id = 3 ORDER BY entry")
    said = say("explain", "small", "3")
    assert said.status == 0
    assert said.out.startswith("Entitlement 3\n")
    table = said.out.split("\n\n")[2].splitlines()
    assert len(table) == 1 + len(movements)


def test_explain_looks_no_further_than_the_day_that_is_asked_for(say, folder):
    with open_run(folder / "runs" / "small") as run:
        [day] = run.sql("SELECT start_date FROM entitlements WHERE entitlement_id = 3")[
            "start_date"
        ]
    until = say("explain", "small", "3", "--on", f"{day:%Y-%m-%d}").out
    assert f"on {day.day} {day:%b %Y}: active" in until
    assert len(until) < len(say("explain", "small", "3").out)


def test_verify_tells_a_run_that_was_changed(say, folder, tmp_path):
    import shutil

    import duckdb

    assert say("verify", "small").status == 0
    changed = tmp_path / "changed"
    shutil.copytree(folder / "runs" / "small", changed)
    with duckdb.connect(changed / "run.duckdb") as connection:
        connection.execute("UPDATE cases SET reopened = reopened + 1 WHERE case_id = 1")
    said = say("verify", str(changed))
    assert said.status == 1
    assert "in cases" in said.out


STORY = """
story: one case takes one term
today: 2026-03-02
entitlements:
  Pack: {customer: A, start: 2026-01-01, end: 2026-12-31, total_terms: 2, decrease_on: creation,
         state: active}
steps:
  - create_case: {id: C, customer: A, entitlement: Pack}
    expect: {Pack: {remaining: LEFT}}
"""


@pytest.mark.parametrize(
    ("left", "status", "ending"),
    [("1", 0, "1 passed, 0 failed\n"), ("2", 1, "0 passed, 1 failed\n")],
)
def test_story_exits_with_whether_all_went_as_told(left, status, ending, say, folder):
    (folder / "story.yaml").write_text(STORY.replace("LEFT", left))
    said = say("story", "story.yaml")
    assert said.status == status
    assert said.out.endswith(ending)
    told = json.loads(say("story", "--json", "story.yaml").out)
    assert f"{told['passed']} passed, {told['failed']} failed\n" == ending
    assert "(rule T1)" in say("story", "--show", "story.yaml").out


def test_a_story_that_cannot_be_understood_is_told_on_standard_error(say, folder):
    (folder / "story.yaml").write_text(STORY.replace("remaining", "remains"))
    said = say("story", "story.yaml")
    assert said.status == 2
    assert said.errors.startswith("story.yaml:9:")
    assert said.out == ""
    told = json.loads(say("story", "--json", "story.yaml").out)
    assert told["errors"][0]["line"] == 9


def test_offerings_are_listed_with_what_they_leave_out(say):
    said = say("offerings")
    assert said.status == 0
    assert "incident-five-pack" in said.out
    assert "left out: The fee for coming back after a pause." in said.out


def test_an_offering_is_copied_as_a_scenario_that_is_right(say, tmp_path):
    said = say("offerings", "--copy", "monthly-retainer", "--to", str(tmp_path / "mine"))
    assert said.status == 0
    file = tmp_path / "mine" / "monthly-retainer.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=scenario.schema.json\n#\n# BS LLC")
    assert "# Left out: Hours that are borrowed" in text
    assert say("check", str(file)).out.count("nothing is wrong") == 1


def test_an_unknown_offering_is_a_mistake_in_a_line(say):
    said = say("offerings", "--copy", "monthly-retaner")
    assert said.status == 2
    assert said.errors.endswith("did you mean 'monthly-retainer'?\n")
