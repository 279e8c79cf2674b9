"""From a book to a run: what happened is worked out, played by the rules, and stored."""

import os
from datetime import date

import numpy as np
import pandas as pd

from ..engine.tables import NO_TIME
from ..replay.by_engine import replay
from ..store.facts import RunFacts
from ..store.imported import Records
from ..store.run import Run
from ..store.writer import write_run
from .book import Book
from .entered_cases import cases_of, origins_of
from .entered_contracts import contracts_of
from .entered_history import history_of
from .entered_people import people_of, products_of
from .entered_records import with_records
from .entered_scenario import offerings_of, scenario_of
from .errors import ExportError, FileProblem
from .moments import DAY, days_of, filled, minutes_of
from .rejecting import Rejecting


def enter(
    book: Book,
    *,
    out: str | os.PathLike[str] | None = None,
    name: str | None = None,
    overwrite: bool = False,
    begins: date | None = None,
) -> Run:
    """Make a run of a book."""
    as_of = _as_of(book)
    rejecting = Rejecting(book)
    people = people_of(book)
    products = products_of(book)
    origins = origins_of(book)
    contracts = contracts_of(book, people, as_of, rejecting)
    cases = cases_of(book, people, contracts, products, origins, as_of, rejecting)
    offerings = offerings_of(book, contracts)
    history = history_of(book, people, contracts, offerings, cases, products, origins)
    earliest = int(history.customers["joined"].min()) if len(history.customers) else as_of
    first = earliest if begins is None else (begins - date(1970, 1, 1)).days
    counts = np.bincount(cases.rows["customer"], minlength=len(people.customers))
    scenario = scenario_of(book, people, contracts, offerings, products, counts, first, as_of)
    played = scenario.model.model_copy(
        update={
            "calendar": scenario.model.calendar.model_copy(
                update={
                    "start": date.fromordinal(719163 + min(earliest, first)),
                    "days": as_of - min(earliest, first) + 1,
                }
            )
        }
    )
    replayed = replay(played, history)
    blocks = with_records(history, replayed, book, people, contracts, cases, origins, rejecting)
    facts = RunFacts.of(scenario, source="imported")
    template_ids = offerings.rows["source_id"].astype(object)
    records = Records(
        origins,
        {
            "templates": template_ids.where(template_ids.notna(), None).tolist(),
            "products": products["source_id"].tolist(),
        },
    )
    return write_run(
        blocks,
        facts,
        out=out,
        name=name or facts.scenario,
        overwrite=overwrite,
        records=records,
    )


def _as_of(book: Book) -> int:
    """Return the last day of a book: the day of the export, else the last on which anything is."""
    if book.as_of is not None:
        return (book.as_of - date(1970, 1, 1)).days
    moments = [
        filled(book, table)[column]
        for table, columns in {
            "entitlement": ("createdon", "modifiedon"),
            "incident": ("createdon", "modifiedon"),
            "incidentresolution": ("createdon",),
            "audit": ("changed",),
        }.items()
        for column in columns
    ]
    known = pd.concat(moments).dropna()
    if known.empty:
        raise ExportError([FileProblem(book.name, "nothing in it has a moment; say --as-of")])
    return int(days_of(pd.Series([known.max()]))[0])
