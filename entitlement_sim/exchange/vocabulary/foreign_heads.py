"""Heads of help desks and logs that are no Dataverse, for a mapping file to be suggested.

For each column of a book, heads by which it is met elsewhere, the likeliest first: those of
ServiceNow, Zendesk, Freshdesk, Jira, GLPI and event logs, and words in several languages. A head is
compared in lower case, without signs: ``sys_created_on`` is ``sys created on``.
"""

import re
from collections.abc import Iterable
from typing import Final

_CASE_ID: Final = (
    "sys id", "case concept name", "case id", "caseid", "ticket id", "incident id", "request id",
    "issue id", "ticketid", "id chamado", "id ticket", "id",
    "number", "ticket number", "ticket", "case", "incident", "key", "issue key", "chamado",
    "ticketnummer", "vorgangsnummer", "nummer", "numero", "protocolo",
)  # fmt: skip

#: Columns of cases, and heads by which they are met.
CASES: Final[dict[str, tuple[str, ...]]] = {
    "incidentid": _CASE_ID,
    "ticketnumber": (
        "number", "ticket number", "case number", "incident number", "issue key", "key",
        "ticketnummer", "vorgangsnummer", "protocolo",
    ),
    "title": (
        "short description", "subject", "summary", "title", "ticket subject", "betreff", "titel",
        "assunto", "titulo",
    ),
    "customerid": (
        "company", "account", "organization id", "organization", "organisation",
        "organization name",
        "customer id", "customer", "customer name", "client id", "client", "clientid", "kunde",
        "kundennummer", "firma", "empresa", "cliente", "caller id", "requester id", "requester",
        "requester name", "reporter", "customer email", "solicitante", "requerente", "opened by",
    ),
    "primarycontactid": (
        "caller id", "requester id", "requester", "contact", "contact name", "reporter",
        "solicitante", "requerente",
    ),
    "productid": (
        "product", "product purchased", "business service", "cmdb ci", "produkt", "produto",
    ),
    "entitlementid": ("contract", "entitlement", "vertrag", "contrato"),
    "origin": (
        "contact type", "via", "ticket channel", "channel", "source", "origin", "kanal", "herkunft",
        "canal", "origem",
    ),
    "createdon": (
        "opened at", "created at", "created", "created on", "created date", "open time", "opened",
        "sys created on", "creation date", "date created", "create date", "ticket created",
        "reported date", "start timestamp", "starttime", "complete timestamp", "time timestamp",
        "timestamp", "erstellt am", "erfasst am", "eroffnet am", "data abertura",
        "data de abertura", "abertura", "fecha de creacion", "date of purchase", "date",
    ),
    "modifiedon": ("sys updated on", "updated at", "updated", "last updated", "modified"),
    "state": (
        "state", "incident state", "status", "ticket status", "situacao", "estado", "zustand",
    ),
    "parentcaseid": ("parent incident", "parent", "problem id"),
}  # fmt: skip

#: Columns of resolutions, and heads by which they are met.
RESOLUTIONS: Final[dict[str, tuple[str, ...]]] = {
    "incidentid": _CASE_ID,
    "createdon": (
        "resolved at", "solved at", "resolved", "resolution date", "resolved date", "resolved time",
        "time to resolution", "close time", "closed at", "closed", "closed date", "close date",
        "end timestamp", "gelost am", "geschlossen am", "data fechamento", "data de fechamento",
        "fechamento", "fecha de cierre",
    ),
    "timespent": (
        "time worked", "time spent", "minutes", "minutes spent", "effort minutes", "worked minutes",
        "handling time", "time", "zeitaufwand", "aufwand minuten", "tempo gasto",
    ),
}  # fmt: skip

#: Heads of the time of an event: then a case stands on many rows, and the first is its creation.
EVENT_TIMES: Final = (
    "time timestamp", "complete timestamp", "timestamp", "event time", "start timestamp",
)  # fmt: skip
#: Heads of what happened: with an id and a time they make an event log.
EVENTS: Final = ("concept name", "activity", "event", "event name", "action", "task")

#: States elsewhere, by the words of a book.
STATES: Final = {
    "Active": (
        "new", "open", "in progress", "on hold", "pending", "hold", "waiting", "work in progress",
        "assigned", "awaiting user info", "awaiting problem", "awaiting vendor", "active",
        "reopened", "accepted", "queued", "pending customer response", "offen", "in arbeit",
        "in bearbeitung", "aberto", "em atendimento", "pendente", "nuevo", "abierto", "1", "2", "3",
    ),
    "Resolved": (
        "solved", "resolved", "closed", "done", "complete", "completed", "fixed", "finished",
        "geschlossen", "erledigt", "abgeschlossen", "fechado", "solucionado", "resolvido",
        "resuelto", "cerrado", "6", "7",
    ),
    "Cancelled": ("canceled", "cancelled", "deleted", "rejected", "abgelehnt", "cancelado", "8"),
}  # fmt: skip


def bare(head: str) -> str:
    """Return a head in lower case, its words parted by single blanks, without accents' letters."""
    folded = head.casefold().translate(_PLAIN_LETTERS)
    return " ".join(re.sub(r"[^a-z0-9]+", " ", folded).split())


_PLAIN_LETTERS: Final = str.maketrans("áàâãäéêëíïóôõöúüçñ", "aaaaaeeeiioooouucn")


def guess(columns: dict[str, tuple[str, ...]], heads: Iterable[str]) -> dict[str, str]:
    """Return the likeliest head of each column."""
    by_bare = {bare(head): head for head in reversed(list(heads))}
    likely: dict[str, str] = {}
    for name, known in columns.items():
        head = next((by_bare[candidate] for candidate in known if candidate in by_bare), None)
        if head is not None:
            likely[name] = head
    return likely
