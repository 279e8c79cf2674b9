"""The designer as one page: its sliders snap to a grid that is answered beforehand."""

import base64
import hashlib
import html
import json
from pathlib import Path
from typing import Any, Final

from .. import __version__
from ..publishing.placing import new_file
from ..rules.version import RULEBOOK_VERSION
from ..scenario.overrides import as_texts
from ..telling import counted, day, number, percent
from .controls import told
from .designer import OfferingDesigner
from .figures import Answer, Figure
from .grid import Axis, Grid
from .strips import ends_of

#: Where the parts of the page lie.
_HERE: Final = Path(__file__).parent


def write_page(designer: OfferingDesigner, grid: Grid, file: Path | str) -> Path:
    """Write a page that needs nothing but itself: no kernel, no request.

    Parameters
    ----------
    designer : OfferingDesigner
    grid : Grid
        Answered by it.
    file : path

    Returns
    -------
    Path
        The file.

    Raises
    ------
    PlacingError
        The file cannot be written.
    """
    place = Path(file)
    with new_file(place) as hidden:
        hidden.write_text(page_of(designer, grid), encoding="utf-8")
    return place


def page_of(designer: OfferingDesigner, grid: Grid) -> str:
    """Return the page as text; the same grid gives the same page."""
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    at_rest = grid.answers[grid.rests_at]
    assert isinstance(at_rest, Answer)
    model = designer.base.model
    heading = f"Design {designer.template}"
    parts = {
        "version": __version__,
        "script_hash": f"sha256-{digest}",
        "title": html.escape(f"{heading} · {designer.base.name}"),
        "heading": html.escape(heading),
        "about": html.escape(
            f"{designer.base.name}: {counted(model.calendar.days, 'day')} from "
            f"{day(model.calendar.start)}. Move a slider: the figures say what the same customers "
            "with the same cases come to."
        ),
        "controls": "\n".join(_control(axis, place) for place, axis in enumerate(grid.axes)),
        "rows": "".join(_row(figure, at_rest.currency) for figure in _shown(grid, at_rest)),
        "said": "".join(f"<p>{html.escape(said)}</p>" for said in at_rest.said()),
        "manifest": "\n".join(
            f'<tr><th scope="row">{html.escape(name)}</th><td>{html.escape(fact)}</td></tr>'
            for name, fact in _manifest(designer, grid)
        ),
        "scenario": html.escape(designer.base.text),
        # So that no text within ends the element.
        "grid": _json(_data(grid)).replace("<", "\\u003c"),
        "script": script,
    }
    text = (_HERE / "page.html").read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace("{{" + name + "}}", part)
    return text


def _manifest(designer: OfferingDesigner, grid: Grid) -> list[tuple[str, str]]:
    base = designer.base
    customers = sum(segment.customers for segment in base.model.segments.values())
    answer = grid.answers[grid.rests_at]
    assert isinstance(answer, Answer)
    return [
        ("scenario", f"{base.name}, hash {base.hash}"),
        ("changed in it", ", ".join(base.overrides) or "nothing"),
        ("offering", designer.template),
        ("customers", number(customers)),
        ("seed", str(designer.seed)),
        ("replications", number(answer.replications)),
        ("limits", f"{percent(answer.confidence)} each by itself, over replications in pairs"),
        (
            "settings tried",
            f"{number(len(grid.answers))}: "
            + " by ".join(f"{len(axis.values)} of {axis.control.label}" for axis in grid.axes),
        ),
        ("rulebook", str(RULEBOOK_VERSION)),
        ("made by", f"entitlement-sim {__version__}"),
    ]


def _control(axis: Axis, place: int) -> str:
    """Return a slider over the values of an axis, with its label and what it means."""
    control = axis.control
    values = [told(value) for value in axis.values]
    ticks = "".join(f'<option value="{at}"></option>' for at in range(len(values)))
    return (
        f'<div class="control"><label for="control-{place}"><span>{html.escape(control.label)}'
        f'</span><output id="value-{place}" for="control-{place}">'
        f"{html.escape(values[axis.rests_at])}</output></label>"
        f'<input type="range" id="control-{place}" min="0" max="{len(values) - 1}" step="1" '
        f'value="{axis.rests_at}" list="stops-{place}" aria-describedby="help-{place}" '
        f'aria-valuetext="{html.escape(values[axis.rests_at])}">'
        f'<datalist id="stops-{place}">{ticks}</datalist>'
        f'<p class="help" id="help-{place}">{html.escape(_first_sentence(control.help))}</p></div>'
    )


def _first_sentence(text: str) -> str:
    end = text.find(". ")
    return text if end < 0 else text[: end + 1]


def _row(figure: Figure, currency: str | None) -> str:
    name, today, designed, difference, between = map(html.escape, figure.written(currency))
    return (
        f'<tr><th scope="row">{name}</th><td>{today}</td><td>{designed}</td><td>{difference}'
        f'<span class="between">{between}</span></td></tr>'
    )


def _shown(grid: Grid, answer: Answer) -> list[Figure]:
    """Return the figures of which there is anything in any answer, so that rows stay in place."""
    there = {
        figure.metric for one in grid.answers if isinstance(one, Answer) for figure in one.shown
    }
    return [figure for figure in answer.figures if figure.metric in there]


def _data(grid: Grid) -> dict[str, Any]:
    """Return what the script shows: texts that are written already, and where strips are drawn."""
    names: dict[str, int] = {}
    texts: dict[str, int] = {}
    answers = []
    for answer in grid.answers:
        if isinstance(answer, str):
            said = [texts.setdefault(f"This does not go together: {answer}", len(texts))]
            answers.append({"rows": [], "said": said, "settings": ""})
            continue
        rows = []
        for figure in _shown(grid, answer):
            name, *cells = figure.written(answer.currency)
            ends = ends_of(figure)
            rows.append([names.setdefault(name, len(names)), [*cells, *ends, int(figure.moved)]])
        answers.append(
            {
                "rows": rows,
                "said": [texts.setdefault(said, len(texts)) for said in answer.said()],
                "settings": "\n".join(as_texts(answer.settings)) or "nothing: as today",
            }
        )
    axes = [
        {"values": [told(value) for value in axis.values], "rest": axis.rests_at}
        for axis in grid.axes
    ]
    return {"axes": axes, "names": [*names], "texts": [*texts], "answers": answers}


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
