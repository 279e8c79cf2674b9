"""How a revised offering meets the book as it stands: who keeps theirs, and who is changed when."""

from typing import TYPE_CHECKING, NamedTuple

from ..telling import counted, day, listed, number, printable

if TYPE_CHECKING:
    import datetime as dt

    from ..scenario.models import ScenarioModel
    from ..scenario.scenario import Scenario
    from ..store.run import Run

#: Contracts from before a day, which are open on it: those that a cancellation ends on it, too, as
#: edits come before.
_COUNTED = """
    WITH of_them AS (
        SELECT entitlements.* FROM entitlements JOIN templates USING (template_id)
        WHERE list_contains($templates, template)
    ),
    before AS (
        SELECT entitlement_id,
               ended_on IS NULL OR ended_on > $day
                   OR ended_on = $day AND ended_by = 'cancellation' AS is_open,
               EXISTS (
                   FROM entitlements AS later
                   WHERE later.predecessor_id = earlier.entitlement_id AND later.created_on >= $day
               ) AS is_renewed
        FROM of_them AS earlier WHERE created_on < $day
    ),
    edits AS (
        SELECT entitlement_id, bool_or(reason = 'refused') AS is_refused
        FROM ledger WHERE rule = 'L8' GROUP BY ALL
    )
    SELECT count(*) FILTER (is_open), count(*) FILTER (is_open AND is_renewed),
           count(*) FILTER (is_refused IS FALSE), count(*) FILTER (is_refused),
           (SELECT count(*) FROM of_them WHERE predecessor_id IS NULL AND created_on >= $day)
    FROM before LEFT JOIN edits USING (entitlement_id)
"""


class MetBook(NamedTuple):
    """Contracts of the templates that a revision changes; of all where it changes none.

    Attributes
    ----------
    from_ : date
        Day from which on it is sold.
    applies : str
        ``new``, ``at_renewal`` or ``all``.
    templates : str
        Which these are, in words; empty where they are all.
    open : int
        Contracts sold before that day which are open on it.
    renewed : int
        Of these, renewed since.
    changed : int
        Of these, edited on the day.
    edits_refused : int
        Of these, kept as they were because the rules refuse the edit.
    kept : int
        The others: nothing about them changes before they are renewed.
    sold : int
        New sales since.
    """

    from_: "dt.date"
    applies: str
    templates: str
    open: int
    renewed: int
    changed: int
    edits_refused: int
    kept: int
    sold: int


def met_book(run: "Run", scenario: "Scenario | None") -> MetBook | None:
    """Count what the revision of a run has met; None where there is none."""
    revision = None if scenario is None else scenario.model.revision
    if scenario is None or revision is None:
        return None
    model, base = scenario.model, scenario.base
    names = [name for name in base.templates if _is_changed(name, model, base)]
    counted_in = {"day": model.revised_from, "templates": names or [*model.templates]}
    row = run.connection.cursor().execute(_COUNTED, counted_in).fetchone()
    standing, renewed, changed, refused, sold = row or (0,) * 5
    return MetBook(
        model.revised_from,
        revision.applies,
        listed([printable(name) for name in names], most=3) if names else "",
        standing,
        renewed,
        changed,
        refused,
        standing - changed - refused,
        sold,
    )


def _is_changed(name: str, model: "ScenarioModel", base: "ScenarioModel") -> bool:
    """Whether a template, or the service level that it promises, is another one than the base's."""
    before, after = base.templates[name], model.templates[name]
    sla = after.sla
    return before != after or (sla is not None and base.slas[sla] != model.slas[sla])


def met_in_words(met: MetBook, *, is_of_first: bool) -> str:
    """Say whom a revised offering reaches, without an end.

    Parameters
    ----------
    met : MetBook
    is_of_first : bool
        Whether it is of the first replication of several.
    """
    whom = {
        "new": "for new sales alone",
        "at_renewal": "for new sales and at renewals",
        "all": "for all contracts",
    }[met.applies]
    begins = f"the change meets the book on {day(met.from_)}, {whom}"
    first = "in the first replication " if is_of_first else ""
    of = f" of {met.templates}" if met.templates else ""
    if not met.open:
        return f"{begins}: {first}no contract{of} was open by then"
    contracts = counted(met.open, f"contract{of} that was open", f"contracts{of} that were open")
    if met.applies == "new":
        each = "its offering" if met.open == 1 else "their offerings"
        keep = "keeps" if met.open == 1 else "keep"
        sold = counted(met.sold, "has", "have")
        return (
            f"{begins}: {first}{contracts} {keep} {each}, renewed too, and {sold} been sold since"
        )
    if met.applies == "at_renewal":
        renewed = counted(met.renewed, "has", "have")
        return f"{begins}: {first}of {contracts}, {renewed} been renewed since"
    parts = [
        f"{number(met.changed)} changed on the day",
        f"{number(met.edits_refused)} kept what they had, as the rules refuse the edit",
        f"{number(met.kept)} had nothing to change before their renewal",
    ]
    return f"{begins}: {first}of {contracts}, {listed(parts)}"
