"""All pages of the site that are made, and the order in which they are offered."""

import tempfile

from entitlement_sim import Scenario, simulate
from entitlement_sim.reports.shipped import shipped_notebooks

from .api_pages import api_pages
from .chart_pages import drawn, gallery_page
from .markdown import contents, relinked
from .metric_pages import metric_pages
from .notebook_pages import executed, notebook_page, notebooks_index
from .places import TEXTS, TREE, page_of, written_pages
from .rule_pages import rule_pages
from .scenario_pages import scenario_pages
from .story_pages import habit_pages

#: Pages in ``docs/`` that stand elsewhere than among the guides.
_TRUST = ("false-alarms.md",)


def made_of_texts() -> dict[str, str]:
    """Pages that need no run: texts of the repository, rules, keys of scenarios, public names."""
    texts = {
        page: relinked((TREE / place).read_text(encoding="utf-8"), place, page, page_of())
        for place, page in (TEXTS | written_pages()).items()
    }
    return texts | rule_pages() | habit_pages() | scenario_pages() | api_pages()


def made_of_a_run() -> dict[str, str]:
    """Pages that show a run: views, charts, notebooks."""
    with tempfile.TemporaryDirectory(prefix="docs-") as folder:
        scenario = Scenario.load("demo", _fewer())
        bigger = scenario.with_({"templates.Pack 10.total_terms": 12})
        with (
            simulate(scenario, out=folder, name="demo") as run,
            simulate(bigger, out=folder, name="bigger-pack") as other,
        ):
            pictures = drawn(run, other)
            notebooks = {
                f"notebooks/{file.stem}.md": notebook_page(executed(file, run, other))
                for file in shipped_notebooks()
            }
            return {
                **metric_pages(run.connection),
                "gallery.md": gallery_page(pictures),
                "notebooks/index.md": notebooks_index(),
                **notebooks,
            }


def _fewer() -> dict[str, int]:
    """A fifth of the demo's customers: as much to see, in half the time."""
    segments = Scenario.load("demo").model.segments
    return {f"segments.{name}.customers": one.customers // 5 for name, one in segments.items()}


def navigation(pages: dict[str, str]) -> str:
    """What the side of every page offers."""
    guides = [page for page in written_pages().values() if page not in _TRUST]
    groups = {
        "Use it": [*guides, "notebooks/index.md", "gallery.md", "scenario/index.md"],
        "Look it up": [
            "rules/index.md",
            "habits.md",
            "metrics/index.md",
            "tables.md",
            "api/index.md",
        ],
        "Trust it": [page for page in written_pages().values() if page in _TRUST],
        "Change it": ["architecture.md", "contributing.md", "changelog.md"],
    }
    return "\n".join(
        contents([page.removesuffix(".md") for page in group], caption)
        for caption, group in groups.items()
        if group
    )
