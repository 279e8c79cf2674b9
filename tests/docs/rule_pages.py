"""One page a rule, one for the switches, and the list of them all."""

import re
from collections.abc import Iterator

from entitlement_sim.rules.refusals import CATALOGUE
from entitlement_sim.rules.rulebook import QUESTIONS, RULES
from entitlement_sim.rules.words import SWITCHES, Refusal

from .markdown import contents, fenced, folded, from_docstring, plain, table
from .places import TREE
from .source import Function, naming
from .story_pages import stories, stories_of, told

#: Where rules are stated, and where they are acted upon.
_STATED = {"rules": "The rulebook, for desk and engine alike"}
_ACTED_UPON = {
    "desk": "The desk, one record at a time",
    "engine": "The engine, for many customers",
}


def rule_pages() -> dict[str, str]:
    """The text of every page about rules, by its place."""
    pages = {"rules/index.md": _index(), "rules/switches.md": _switches()}
    pages |= {f"rules/{rule}.md": _rule_page(rule) for rule in RULES}
    return pages


def _listed_rules() -> str:
    return (TREE / "RULES.md").read_text(encoding="utf-8")


def _index() -> str:
    """The list of rules, with a link to each one's page and to that of its switches."""
    text = re.sub(r"^- \*\*(\w\d+)\*\*", r"- **[\1](\1.md)**", _listed_rules(), flags=re.MULTILINE)
    text = re.sub(r"\bQ(\d+)\b", r"[Q\1](switches.md#q\1)", text)
    return f"{text}\n{contents([*RULES, 'switches'])}"


def switch_sentences() -> dict[str, str]:
    """What every switch does, as the list of rules says it."""
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", _listed_rules(), flags=re.MULTILINE)
    return {name: words for name, words in rows if name in SWITCHES}


def _rule_page(rule: str) -> str:
    parts = [f"# {rule}: {plain(RULES[rule])}\n"]
    parts += _readings(rule)
    parts += _refusals(rule)
    parts += _ledger(rule)
    parts += _bearers(rule)
    parts += _stories(rule)
    return "\n".join(parts)


def _readings(rule: str) -> Iterator[str]:
    """What can be read another way: questions that are named together with the rule."""
    together = {
        id
        for _, bearing in naming(rule, _STATED)
        for function in bearing
        for id in function.ids
        if id in QUESTIONS
    }
    said = switch_sentences()
    names = [
        name
        for name, switch in SWITCHES.items()
        if switch.question in together or f"(rule {rule})" in said[name]
    ]
    if names:
        yield "## Settings and other readings\n"
        for name in names:
            question = SWITCHES[name].question
            words = said[name].removeprefix(f"{question}: ") if question else said[name]
            where = f"[{question}](switches.md#{question.lower()})" if question else "a setting"
            yield f"- `{name}` ({where}): {words}"
        yield ""


def _refusals(rule: str) -> Iterator[str]:
    names = dict.fromkeys(
        name
        for rooms in (_STATED, _ACTED_UPON)
        for _, bearing in naming(rule, rooms)
        for function in bearing
        if function.ids[0] == rule or rooms is _STATED
        for name in function.refusals
    )
    if names:
        yield "## What it refuses\n"
        yield table(["refusal", "code", "sentence"], [_refusal(Refusal[name]) for name in names])


def _refusal(refusal: Refusal) -> list[str]:
    entry = CATALOGUE[refusal]
    code = f"`0x{entry.code:08X}`" if entry.code else "none published"
    return [f"`{refusal.name}`", code, plain(entry.sentence)]


def _ledger(rule: str) -> Iterator[str]:
    """Reasons of the ledger's rows that bear the rule, as the stories show them."""
    reasons = sorted(
        {
            str(entry.reason)
            for story in stories()
            for step in story.steps
            for entry in step.entries
            if str(entry.rule) == rule
        }
    )
    if reasons:
        listed = ", ".join(f"`{reason}`" for reason in reasons)
        yield "## In the ledger\n"
        yield f"Rows with `rule = '{rule}'` have the reason {listed}:\n"
        query = f"FROM ledger WHERE rule = '{rule}' LIMIT 10"
        yield fenced(f'entitlement-sim query demo "{query}"', "sh")


def _bearers(rule: str) -> Iterator[str]:
    yield "## Where it stands\n"
    for words, bearing in naming(rule, _STATED):
        yield f"{words}:\n"
        yield from map(_bearer, bearing)
        source = "\n\n\n".join(function.text for function in bearing)
        yield f"\n{folded('Their source', fenced(source, 'python'))}"
    for words, bearing in naming(rule, _ACTED_UPON):
        yield f"{words}:\n"
        yield from map(_bearer, bearing)
        yield ""


def _bearer(function: Function) -> str:
    return f"- `{function.name}` in `{function.place}`: {from_docstring(function.sentence)}"


def _stories(id: str) -> Iterator[str]:
    played = stories_of(id)
    if played:
        yield "## Stories that play it\n"
        yield from (told(story, is_open=place == 0) for place, story in enumerate(played))


def _switches() -> str:
    parts = [
        "# Questions and switches\n",
        "Where the sources of the rulebook can be read two ways, a question says so. Its switch "
        "selects the other reading; by default each is off but those that the "
        "[list of rules](index.md) names.\n",
    ]
    said = switch_sentences()
    for question, names in QUESTIONS.items():
        parts.append(f"## {question}\n")
        for name in names:
            where = "`rules` of a scenario, and " if SWITCHES[name].in_scenario else ""
            parts.append(
                f"- `{name}`: {said[name].removeprefix(f'{question}: ')} Set in {where}`settings` "
                "of a story.\n"
            )
        if not names:
            parts.append("No other reading is known, and there is no switch.\n")
        parts += (told(story) for story in stories_of(question))
    return "\n".join(parts)
