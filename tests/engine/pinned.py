"""Rows and totals that are held fast, so that no change moves them unseen.

``golden.json`` has the content hash of the demo as it is shipped, ``baseline.json`` the totals of a
small run; ``golden-of-format-1.json`` has the hashes of the demo's tables as version 0.1 wrote and
reckoned them, by the readings that were its own. A change that is meant to move them renews all,
and its commit says why::

    python tests/engine/pinned.py
"""

import json
from pathlib import Path
from typing import Any

from entitlement_sim import Scenario, simulate
from entitlement_sim.store.formats import FORMATS
from entitlement_sim.store.hashing import hash_of_tables
from entitlement_sim.store.verify import table_hashes

FOLDER = Path(__file__).parent
GOLDEN = FOLDER / "golden.json"
GOLDEN_OF_FORMAT_1 = FOLDER / "golden-of-format-1.json"
BASELINE = FOLDER / "baseline.json"
#: Readings of the rulebook that were everybody's in 0.1.
_READINGS_OF_0_1 = ("rules.opt_out_keeps_charge=true", "rules.empty_default_is_skipped=true")
#: A run without a past has no reasons of movements but those of 0.1.
_WITHOUT_PAST = "history=null"
_SMALL = (
    "segments.small.customers=100",
    "segments.midsize.customers=50",
    "segments.enterprise.customers=8",
)

_TOTALS = {
    "entitlements by state": "SELECT state, count(*) FROM entitlements GROUP BY ALL",
    "remaining terms by template": "SELECT template, sum(remaining_terms) FROM entitlements "
    "JOIN templates USING (template_id) GROUP BY ALL",
    "transitions by trigger": "SELECT trigger, count(*) FROM transitions GROUP BY ALL",
    "cases by outcome": "SELECT outcome, count(*) FROM cases GROUP BY ALL",
    "cases by state": "SELECT coalesce(state::VARCHAR, 'none'), count(*) FROM cases GROUP BY ALL",
    "refusals": "SELECT refusal, count(*) FROM cases WHERE refusal IS NOT NULL GROUP BY ALL",
    "SLAs met": "SELECT coalesce(sla_met::VARCHAR, 'none'), count(*) FROM cases GROUP BY ALL",
    "billed minutes": "SELECT outcome, sum(billable_minutes) FROM cases GROUP BY ALL",
    "ledger by reason": "SELECT reason, count(*) FROM ledger GROUP BY ALL",
    "terms by rule": "SELECT rule, sum(amount) FROM ledger GROUP BY ALL",
    "reactivations": "SELECT from_state, count(*) FROM reactivations GROUP BY ALL",
}


def golden() -> dict[str, str]:
    """Content hash of the whole demo and of each of its tables."""
    with simulate(Scenario.load("demo")) as run:
        return {"content": run.manifest.content_hash, **run.manifest.table_hashes}


def golden_of_format_1() -> dict[str, str]:
    """The same over the tables, columns and readings that version 0.1 had."""
    with simulate(Scenario.load("demo", (*_READINGS_OF_0_1, _WITHOUT_PAST))) as run:
        hashes = table_hashes(run, FORMATS[1])
        return {"content": hash_of_tables(hashes), **hashes}


def baseline() -> dict[str, dict[str, str]]:
    """Totals of the demo with few customers and seed 7."""
    with simulate(Scenario.load("demo", _SMALL), seed=7) as run:
        return {
            what: {str(key): str(value) for key, value in run.connection.sql(query).fetchall()}
            for what, query in _TOTALS.items()
        }


def read(file: Path) -> Any:
    """What a file holds fast."""
    return json.loads(file.read_text(encoding="utf-8"))


def renew() -> None:
    """Hold fast what is there now."""
    made = {
        GOLDEN: golden(),
        GOLDEN_OF_FORMAT_1: golden_of_format_1(),
        BASELINE: baseline(),
    }
    for file, values in made.items():
        text = json.dumps(values, indent=2, sort_keys=True) + "\n"
        file.write_text(text, encoding="utf-8")
        print(f"renewed {file}")


if __name__ == "__main__":
    renew()
