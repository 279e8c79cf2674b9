"""Chapters, bound to one page that needs nothing but itself."""

from collections.abc import Sequence

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .. import __version__
from ..store.manifest import Manifest
from ..telling import counted, day, listed, signed, tally
from .chapters import TEMPLATES, Chapter


def page(
    chapters: Sequence[Chapter],
    names: Sequence[str],
    manifests: Sequence[tuple[str, Manifest]],
    parameters: str = "",
    money: Sequence[str] = (),
) -> str:
    """Bind chapters to one page of HTML.

    Parameters
    ----------
    chapters : sequence of Chapter
    names : sequence of str
        The notebooks that they come from.
    manifests : sequence of (str, Manifest)
        Name and manifest of each run that the page is about.
    parameters : str
        What was set, in words.
    money : sequence of str
        With which money it is reckoned in place of the scenario's, as it was set.
    """
    runs = [name for name, _ in manifests]
    heading = chapters[0].title if len(chapters) == 1 else f"Support entitlements: {runs[0]}"
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("page.html.j2").render(
        version=__version__,
        title=f"{heading} · run {' and '.join(runs)}",
        heading=heading,
        about=_about(manifests),
        style=(TEMPLATES / "report.css").read_text(encoding="utf-8").strip(),
        chapters=[
            {
                "anchor": f"part-{place}",
                "title": chapter.title,
                "headings": chapter.headings,
                "html": chapter.html,
            }
            for place, chapter in enumerate(chapters, start=1)
        ],
        names=names,
        parameters=parameters,
        money=listed(money),
        runs=[
            {"name": name, "facts": _facts(manifest), "scenario": manifest.scenario_yaml}
            for name, manifest in manifests
        ],
    )


def _about(manifests: Sequence[tuple[str, Manifest]]) -> str:
    """Say in a line what the page rests on."""
    return "; ".join(
        f"Run {name}: {manifest.source}, {_period(manifest)}, "
        f"{counted(manifest.rows['customers'], 'customer')}, "
        f"{counted(manifest.rows['cases'], 'case')}"
        for name, manifest in manifests
    )


def _period(manifest: Manifest) -> str:
    return f"{day(manifest.start_date)} to {day(manifest.last_day)}"


def _offsets(manifest: Manifest) -> str:
    """Say by how much log-odds of renewing are recentred, where a term moves them."""
    offsets = [f"{signed(value)} ({name})" for name, value in manifest.renewal_offsets.items()]
    return f"{listed(offsets)} in log-odds" if offsets else "nothing"


def _facts(manifest: Manifest) -> list[tuple[str, str]]:
    """What the foot of a page says of a run; nothing that differs between equal runs."""
    switches = [f"{name} = {value}" for name, value in manifest.rule_switches.items()]
    libraries = [f"{name} {version}" for name, version in manifest.libraries.items()]
    return [
        ("run", manifest.run_id),
        ("scenario", manifest.scenario),
        ("seed", str(manifest.seed)),
        ("replication", str(manifest.replication)),
        ("period", f"{_period(manifest)} ({counted(manifest.days, 'day')})"),
        ("source", manifest.source),
        ("rulebook", manifest.rulebook_version),
        ("rule switches", ", ".join(switches)),
        ("rows", tally(manifest.rows)),
        ("renewals recentred by", _offsets(manifest)),
        ("made with", ", ".join([f"entitlement-sim {manifest.package_version}", *libraries])),
        ("content hash", manifest.content_hash),
        ("scenario hash", manifest.scenario_hash),
    ]
