"""The page ``RULES.md``, made of what ``rules/`` says. A change of that renews it::

python tests/rules/rule_page.py
"""

import re
from pathlib import Path

from entitlement_sim.rules.refusals import CATALOGUE
from entitlement_sim.rules.rulebook import QUESTIONS, RULES, SILENT
from entitlement_sim.rules.settings import Settings
from entitlement_sim.rules.version import RULEBOOK_VERSION
from entitlement_sim.rules.words import SWITCHES

PAGE = Path(__file__).parents[2] / "RULES.md"

_HEAD = f"""# Rules

What the package takes to be so, rulebook version {RULEBOOK_VERSION}.
`python tests/rules/rule_page.py` makes this page from `entitlement_sim/rules/`, where a function
states each rule and names it; stories in `tests/stories/` show them all. Sources are the product's
public documentation, its error list and public tests of its maker.
"""

_SILENT = """## Where the sources are silent

No source decides these, and no switch reads them another way. Stories show them, too.
"""


def what_settings_say() -> dict[str, str]:
    """Sentences of the attributes of the settings, by name."""
    text = (Settings.__doc__ or "").split("Attributes\n")[1].split("Raises\n")[0]
    parts = re.split(r"^ {4}(\w[\w, ]*) : \w+$", text, flags=re.MULTILINE)[1:]
    return {
        name: " ".join(sentence.split())
        for names, sentence in zip(parts[::2], parts[1::2], strict=True)
        for name in names.split(", ")
    }


def page() -> str:
    """The text of the page."""
    says = what_settings_say()
    return "\n".join(
        [
            _HEAD,
            "## The rules\n",
            *(f"- **{rule}** {statement}" for rule, statement in RULES.items()),
            "\n## Settings and switches\n",
            "By default each is off but "
            + ", ".join(f"`{name}`" for name in SWITCHES if getattr(Settings(), name) is True)
            + ". A question without a switch has no other reading that is known: "
            + ", ".join(question for question, names in QUESTIONS.items() if not names)
            + ".\n",
            "| name | what it does |",
            "|---|---|",
            *(f"| `{name}` | {says[name]} |" for name in SWITCHES),
            f"\n{_SILENT}",
            *(f"- {silence.sentence}" for silence in SILENT),
            "\n## Refusals\n",
            "| name | code | sentence |",
            "|---|---|---|",
            *(
                f"| {entry.name or '(none published)'} "
                f"| {f'0x{entry.code:08X}' if entry.code else ''} | {entry.sentence} |"
                for entry in CATALOGUE.values()
            ),
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
