"""Every rule, view, key, chart and public name has its place in the documentation."""

import re

import duckdb
import pytest

from entitlement_sim import charts
from entitlement_sim.rules.rulebook import QUESTIONS, RULES
from entitlement_sim.rules.words import SWITCHES
from entitlement_sim.store.layout import lay_out
from entitlement_sim.store.views import made_views, view_files

from .api_pages import promised
from .chart_pages import chart_names, gallery_page
from .markdown import relinked
from .metric_pages import metric_pages
from .pages import made_of_texts, navigation
from .places import TREE, page_of
from .rule_pages import switch_sentences
from .scenario_pages import anchor, keys, type_in_words, unit_of
from .story_pages import stories


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """The pages that need no run."""
    return made_of_texts()


@pytest.fixture(scope="module")
def metrics() -> dict[str, str]:
    """The pages about views and tables, without values."""
    with duckdb.connect() as connection:
        lay_out(connection, {"segment": ["small"]})
        return metric_pages(connection, values=False)


def test_every_rule_has_a_page_with_its_sentence_what_bears_it_and_its_stories(texts) -> None:
    for rule in RULES:
        page = texts[f"rules/{rule}.md"]
        assert page.startswith(f"# {rule}: ")
        assert "## Where it stands" in page, rule
        assert "## Stories that play it" in page, rule


def test_the_list_of_rules_leads_to_each_of_them_and_to_every_question(texts) -> None:
    index = texts["rules/index.md"]
    for rule in RULES:
        assert f"**[{rule}]({rule}.md)**" in index
    for question in re.findall(r"\bQ\d+\b", (TREE / "RULES.md").read_text(encoding="utf-8")):
        assert f"[{question}](switches.md#{question.lower()})" in index


def test_every_question_and_switch_stands_on_the_page_of_switches(texts) -> None:
    assert list(switch_sentences()) == list(SWITCHES)
    for question in QUESTIONS:
        assert f"## {question}\n" in texts["rules/switches.md"]
    for name, switch in SWITCHES.items():
        assert not switch.question or f"- `{name}`: " in texts["rules/switches.md"]


def test_every_story_is_told_on_the_page_of_each_rule_that_it_plays(texts) -> None:
    assert len(stories()) > 100
    for story in stories():
        line = f"`tests/stories/{story.file.rsplit('/', 1)[-1]}`, line {story.line};"
        for id in story.rules:
            page = "rules/switches.md" if id in QUESTIONS else f"rules/{id}.md"
            assert line in texts[page], (id, story.name)


def test_the_page_of_the_gate_names_its_switch_its_refusal_and_its_rows(texts) -> None:
    page = texts["rules/G1.md"]
    assert "- `gate_literal_below_zero` ([Q1](switches.md#q1)): the gate shuts only below" in page
    assert "| `InvalidEntitlementAssociationToCase` | `0x80060609` |" in page
    assert "Rows with `rule = 'G1'` have the reason `refused`:" in page
    assert "- `refuse_terms` in `entitlement_sim/rules/allotment.py`: The gate:" in page


def test_every_view_has_a_page_with_its_statement_and_all_its_columns(metrics) -> None:
    names = [name for text in view_files().values() for name in made_views(text)]
    assert len(names) > 40
    for name in names:
        page = metrics[f"metrics/{name}.md"]
        assert f"CREATE VIEW {name} AS" in page
        rows = re.findall(r"^\| `\w+` \| [^|]+ \| (.*) \|$", page, flags=re.MULTILINE)
        assert rows, name
        assert "" not in rows, name


def test_a_view_names_the_charts_notebooks_and_views_that_rest_on_it(metrics) -> None:
    pacing, rates = metrics["metrics/pacing.md"], metrics["metrics/renewal_rates.md"]
    assert "- Drawn by: [`charts.pacing`](../gallery.md#pacing)" in pacing
    assert "[02_consumption](../notebooks/02_consumption.md)" in pacing
    assert (
        "- Reads: [`metric_parameters`](metric_parameters.md), [`renewals`](renewals.md)" in rates
    )
    assert "- Read by: [`renewal_rates_by_month`](renewal_rates_by_month.md)" in rates


def test_a_view_shows_what_its_statement_calls_and_what_that_calls(metrics) -> None:
    page = metrics["metrics/renewal_rates.md"]
    assert "is defined in `macros.sql`: `is_cut`." in page
    assert "CREATE MACRO is_cut(month)" in page


def test_every_key_of_a_scenario_is_described_with_its_type_and_default(texts) -> None:
    reference = "\n".join(text for page, text in texts.items() if page.startswith("scenario/"))
    for key in keys():
        [section] = re.findall(
            rf"^\({anchor(key)}\)=\n(.*?)(?=^\(key-|\Z)", reference, flags=re.MULTILINE | re.DOTALL
        )
        assert f"`{key.name}`\n" in section
        assert "- Type: " in section, key
        assert "- Default: " in section, key


def test_a_key_says_its_unit_limits_and_what_a_shipped_scenario_writes(texts) -> None:
    page = texts["scenario/templates.md"]
    section = page[page.index("(key-term-months)=") : page.index("(key-term-until)=")]
    assert "- Type: whole number or blank" in section
    assert "- Unit: months" in section
    assert "- Default: blank" in section
    assert "- Limits: at least 1; at most 1,200" in section
    assert re.search(r"^In `\w[\w-]*`, at `templates\..*\.term\.months`:$", section, re.MULTILINE)


def test_every_number_of_a_scenario_has_a_unit() -> None:
    numbers = [key for key in keys() if "number" in type_in_words(key.schema)]
    assert len(numbers) > 80
    assert [f"{key.part}.{key.name}" for key in numbers if not unit_of(key)] == []


def test_every_chart_is_in_the_gallery_with_how_it_is_called() -> None:
    page = gallery_page({})
    tools = {"Gallery", "STYLE", "alt_text", "gallery", "image", "show", "style"}
    assert set(charts.__all__) - set(chart_names()) == tools
    for name in chart_names():
        assert f"\n## {name}\n" in page
        assert f"charts.{name}(" in page
        assert f"{{py:obj}}`entitlement_sim.charts.{name}`" in page


def test_every_public_name_stands_on_the_page_of_its_module(texts) -> None:
    names = [(module, name) for module, name, _ in promised()]
    assert len(names) > 60
    for module, name in names:
        page = texts[f"api/{module}.md"]
        assert f":: {module}.{name}\n" in page or f"`{name}` is {{py:obj}}" in page


def test_the_side_of_a_page_offers_every_guide_and_every_list(texts) -> None:
    offered = navigation(texts).splitlines()
    lists = [page for page in texts if page.endswith("/index.md") or "/" not in page]
    made_later = ["gallery.md", "notebooks/index.md", "metrics/index.md", "tables.md"]
    assert [
        page
        for page in [*lists, *made_later]
        if page != "index.md" and page.removesuffix(".md") not in offered
    ] == []


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("see [this](ARCHITECTURE.md)", "see [this](architecture.md)"),
        ("see [the rules](RULES.md#refusals)", "see [the rules](rules/index.md#refusals)"),
        ("see [first](notebooks/00_start_here.ipynb)", "see [first](notebooks/00_start_here.md)"),
        ("under [a licence](LICENSE)", "under a licence"),
        ("`[code](LICENSE)` stays", "`[code](LICENSE)` stays"),
        ("[above](#start) and [there](https://example.org/a)",) * 2,
    ],
)
def test_a_link_between_texts_leads_to_the_page_and_one_to_nothing_is_none(text, becomes) -> None:
    assert relinked(text, "README.md", "index.md", page_of()) == becomes


def test_a_link_of_a_text_in_a_folder_is_read_from_there() -> None:
    text = "see [home](../README.md)"
    assert relinked(text, "docs/how-to.md", "how-to.md", page_of()) == "see [home](index.md)"
