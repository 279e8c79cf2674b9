"""Where the documentation comes from and goes to, and the page that each text becomes."""

from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
WRITTEN = TREE / "docs"
BUILT = TREE / "build" / "docs"

#: Pages that are texts of the repository, by their paths there.
TEXTS = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "RULES.md": "rules/index.md",
}


def written_pages() -> dict[str, str]:
    """Pages that people write in ``docs/``, by their paths in the repository."""
    return {f"docs/{file.name}": file.name for file in sorted(WRITTEN.glob("*.md"))}


def page_of() -> dict[str, str]:
    """Every text and notebook of the repository that has a page, with that page."""
    notebooks = sorted((TREE / "notebooks").glob("*.ipynb"))
    shown = {f"notebooks/{file.name}": f"notebooks/{file.stem}.md" for file in notebooks}
    habits = {"tests/stories/custom/README.md": "habits.md"}
    return TEXTS | habits | written_pages() | shown
