"""The audit of a run: what can be said of every recorded balance."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ..rules.allotment import ONE_CASE
from ..rules.words import SWITCHES
from ..store.errors import RunError
from .candidates import candidates
from .deciding import NO_CASE, Class, Finding, Undecided, first_parting
from .evidence import WHOLE, Contract, Exported
from .gathering import Evidence, gathered
from .kinds import Kind
from .skipped import skipped_defaults
from .switching import Turned, turned
from .trials import COPYING, Outcome, Played, Rests, balances_named

if TYPE_CHECKING:
    from ..store.run import Run


#: Columns without which the rules cannot be played: what stands in their place is a guess.
NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "entitlement": (
        "allocation", "decrease_on", "restrict", "totalterms", "startdate", "enddate", "state",
    ),
    "incident": ("entitlementid", "createdon", "state", "decrement"),
}  # fmt: skip
_MINUTES: Final = "timespent of incidentresolution, or the minutes of activities"
_LOG: Final = "audit rows of remainingterms or isdecrementing"
_LINKS: Final = {"product_link", "contact_link"}
_SINCE_WHEN: Final = "since when it is the default was not exported"
_FOR_WHOM: Final = "which products and contacts it is for was not exported"
_DEFAULTS: Final = "audit rows of isdefault and of incident.entitlementid"


class Audited(NamedTuple):
    """What an audit comes to.

    Attributes
    ----------
    balances : int
        How many there are.
    findings : list of Finding
        One for each that is not what the rules give, by entitlement and channel.
    turned : list of Turned
        What each switch does to the book.
    recorded : Rests
        What is recorded, where history suffices to hold it against a switch.
    """

    balances: int
    findings: list[Finding]
    turned: list[Turned]
    recorded: Rests


def audited(run: "Run", played: Played) -> Audited:
    """Hold every recorded balance of a run against the rules, and against every switch.

    Raises
    ------
    RunError
        No balance is recorded.
    """
    closes = dt.datetime.combine(run.manifest.last_day + dt.timedelta(days=1), dt.time())
    # Both are played first, while nothing else is in memory.
    as_recorded, by_default = played.outcome, played.with_defaults().outcome
    with gathered(run) as evidence:
        balances = evidence.recorded()
        if len(balances) and balances["recorded"].isna().all():
            raise RunError(
                f"{run.name}: no balance is recorded in what was imported; "
                "export remainingterms of entitlements, too, and import that"
            )
        findings = findings_of(evidence, as_recorded, by_default, closes)
        renewed_anew = evidence.renewed_anew()
    left_out = {
        id_of(finding) for finding in findings if finding.is_cut or finding.verdict == Class.FAULT
    }
    held = balances[
        balances["recorded"].notna() & ~balances["entitlement_id"].isin(sorted(left_out))
    ]
    recorded = Rests.of(*(held[name].to_numpy() for name in ("entitlement_id", "code", "recorded")))
    switches = turned(recorded, played)
    switches.append(_copying(findings, renewed_anew))
    _explain(findings, switches)
    if next(switch for switch in switches if switch.switch == COPYING).is_kept_to:
        _leave_open_what_was_copied(findings)
    places = list(SWITCHES)
    switches.sort(key=lambda switch: places.index(switch.switch))
    return Audited(len(balances), findings, switches, recorded)


def _copying(findings: list[Finding], parted: set[tuple[int, int]]) -> Turned:
    """Return what the switch does by which renewed entitlements begin with what was left.

    No export says what was renewed, so it is not played: the balance of a renewed entitlement
    differs under it by what the old one had used.
    """
    explained = {
        (id_of(finding), finding.balance.code)
        for finding in findings
        if finding.kind == Kind.COPIED_BALANCE or finding.candidates[:1] == [Kind.COPIED_BALANCE]
    }
    return Turned(
        SWITCHES[COPYING].question, COPYING, len(explained) + len(parted), explained, parted
    )


def _explain(findings: list[Finding], switches: Iterable[Turned]) -> None:
    """Name the switch, where a book keeps to it, that makes an entitlement agree.

    Of several it is the one for which most of the book speaks.
    """
    kept_to = [switch for switch in switches if switch.is_kept_to]
    kept_to.sort(key=lambda switch: len(switch.parted) - len(switch.explained))
    for id, group in by_contract(findings).items():
        if any(finding.is_cut or finding.verdict == Class.FAULT for finding in group):
            continue
        keys = {(id, finding.balance.code) for finding in group}
        own = {(id, balance.code) for balance in group[0].contract.balances.values()}
        for switch in kept_to:
            if keys <= switch.explained and not own & switch.parted:
                for finding in group:
                    finding.verdict = Class.SWITCH
                    finding.switch = switch.switch
                break


def _leave_open_what_was_copied(findings: Iterable[Finding]) -> None:
    """Take back what is said of balances that began otherwise, where a book copies them.

    Where it is not recorded which one an entitlement was renewed from, it may have begun with any
    rest.
    """
    for finding in findings:
        if not finding.contract.row["has_predecessor"] and (
            (finding.verdict, finding.kind, finding.event)
            == (Class.PARTS, Kind.HAND_EDITED, "created")
        ):
            finding.verdict = Class.UNDECIDED
            finding.candidates = [Kind.COPIED_BALANCE, Kind.HAND_EDITED]
            finding.kind = finding.at = finding.case = None
            finding.event = ""
            finding.why = "it did not begin full, and this book renews with what was left"
            finding.decided_by = "which entitlement it was renewed from"


def findings_of(
    evidence: Evidence, as_recorded: Outcome, by_default: Outcome, closes: dt.datetime
) -> list[Finding]:
    """Return what is said of every balance that is not what the rules give.

    Parameters
    ----------
    evidence : Evidence
        What is known of the balances of an imported run.
    as_recorded, by_default : Outcome
        What the rules give on its history, and where every case without an entitlement asks for the
        default.
    closes : datetime
        The end of the day of the export.
    """
    exported = evidence.exported()
    findings = [
        finding
        for contract in evidence.differing()
        for finding in _findings(contract, exported, closes)
    ]
    _see_missing_cases(findings, evidence.charges())
    others = {id_of(finding) for finding in findings}
    findings += _defaults(evidence, as_recorded, by_default, exported, others)
    return sorted(findings, key=lambda finding: (id_of(finding), finding.channel))


def id_of(finding: Finding) -> int:
    """Return the number of the entitlement that a finding is about."""
    return int(finding.contract.row["entitlement_id"])


def _findings(contract: Contract, exported: Exported, closes: dt.datetime) -> Iterator[Finding]:
    """Yield what is said of each balance of an entitlement that is not what the rules give."""
    lacking = _lacking_history(contract, exported)
    is_whole = lacking is None and exported.is_logged("incident", "statecode")
    possible: dict[bool, list[Kind]] = {}
    for channel, balance in contract.balances.items():
        if balance.recorded is not None and not balance.difference:
            continue
        table = "entitlement" if channel == WHOLE else "entitlementchannel"
        if balance.recorded is None and (table, "remainingterms") not in exported.columns:
            unexported = Undecided("its balance was not exported", f"{table}.remainingterms")
            yield _undecided(contract, channel, unexported, [], is_cut=False)
            continue
        fault = _fault(contract, channel)
        if fault:
            yield Finding(contract, channel, Class.FAULT, why=fault)
            continue
        try:
            if lacking is not None:
                raise lacking
            if not contract.has_log:
                raise Undecided("no change of it was exported", _LOG)
            yield first_parting(contract, channel, exported, closes)
        except Undecided as undecided:
            sees_all = is_whole and not undecided.is_of_unseen
            if sees_all not in possible:
                possible[sees_all] = candidates(contract, is_whole=sees_all)
            kinds = possible[sees_all]
            yield _undecided(contract, channel, undecided, kinds, is_cut=lacking is not None)


def _undecided(
    contract: Contract, channel: str, undecided: Undecided, kinds: list[Kind], *, is_cut: bool
) -> Finding:
    above = Kind.REMAINING_ABOVE_TOTAL if channel == WHOLE else Kind.CHANNEL_ABOVE_TOTAL
    if above in kinds and not contract.row["is_total_changed"]:
        why = "more remains than there ever was"
        return Finding(contract, channel, Class.FAULT, above, candidates=list(kinds), why=why)
    return Finding(
        contract, channel, Class.UNDECIDED, candidates=list(kinds), why=undecided.why,
        decided_by=undecided.decided_by, is_cut=is_cut,
    )  # fmt: skip


def _fault(contract: Contract, channel: str) -> str:
    """Say what contradicts itself in the data of a balance; nothing where it does not."""
    balance = contract.balances[channel]
    if balance.recorded is None:
        return "no balance is recorded"
    if balance.total < 0:
        return "its total is below nothing"
    if channel != WHOLE and balance.total > contract.balances[WHOLE].total:
        return "the channel's total is above that of the whole"
    if contract.row["allocation"] == "cases" and balance.total % ONE_CASE:
        return "its total is no whole number of cases"
    return ""


def _lacking_history(contract: Contract, exported: Exported) -> Undecided | None:
    """Return what of that on which the rules are played was not exported; None where all was."""
    for table, columns in NEEDED.items():
        for column in columns:
            if exported.columns and (table, column) not in exported.columns:
                return Undecided(
                    "the rules rest on a column that was not exported", f"{table}.{column}"
                )
    has_origins = not exported.columns or ("incident", "origin") in exported.columns
    if len(contract.balances) > 1 and not has_origins:
        return Undecided("the channels of the cases were not exported", "incident.caseorigincode")
    begun = contract.row["start_date"].to_pydatetime()
    if not contract.has_log and exported.cases_since is not None and begun < exported.cases_since:
        return Undecided(
            "it began before the first exported case",
            f"its cases from before, and {_LOG}",
        )
    if contract.row["decrease_on"] == "resolution" and not exported.tells_resolutions:
        return Undecided(
            "when cases were resolved was not exported", "incidentresolution.createdon"
        )
    if contract.row["allocation"] == "hours" and any(
        case.state == "resolved" and case.minutes is None for case in contract.cases.values()
    ):
        return Undecided("the minutes of a case were not exported", _MINUTES)
    return None


def _see_missing_cases(findings: Iterable[Finding], charges: int) -> None:
    """Take back what is said of further movements where too many of them have no case behind them.

    Cases are missing in such an export, and nothing tells which movement is of one of them.
    """
    lacking = {
        id_of(finding) for finding in findings if finding.is_like_a_case or finding.why == NO_CASE
    }
    if len(lacking) <= max(_FEW, charges // _ONE_IN):
        return
    for finding in findings:
        if finding.verdict == Class.PARTS and finding.is_further:
            finding.verdict = Class.UNDECIDED
            finding.candidates = candidates(finding.contract, is_whole=False)
            finding.kind = finding.at = finding.case = None
            finding.why = "so many changes have no case behind them that cases must be missing"
            finding.decided_by = "all cases of the customers, with their audit rows"


#: So many entitlements with a change like that of a case, and no case, are no sign of missing ones;
#: nor is one change in so many.
_FEW: Final = 3
_ONE_IN: Final = 500


def _defaults(
    evidence: Evidence,
    as_recorded: Outcome,
    by_default: Outcome,
    exported: Exported,
    others: set[int],
) -> list[Finding]:
    """Return what is said of entitlements that were skipped although they are the default."""
    skipped = skipped_defaults(evidence, as_recorded, by_default)
    if not skipped:
        return []
    amounts = _differences(as_recorded.rests, by_default.rests)
    findings = []
    has_links = not exported.tables or exported.tables >= _LINKS
    is_told = exported.is_logged("incident", "entitlementid") and has_links
    for contract in evidence.contracts(sorted(set(skipped) - others)):
        id = int(contract.row["entitlement_id"])
        first = skipped[id][0]
        for channel, balance in contract.balances.items():
            amount = amounts.get((id, balance.code), 0)
            if not amount:
                continue
            if is_told and first.has_served:
                finding = Finding(
                    contract, channel, Class.PARTS, Kind.DEFAULT_SKIPPED, first.at, first.case,
                    "created",
                )  # fmt: skip
            else:
                finding = Finding(
                    contract, channel, Class.UNDECIDED, candidates=[Kind.DEFAULT_SKIPPED],
                    why=_SINCE_WHEN if has_links else _FOR_WHOM,
                    decided_by=_DEFAULTS if has_links else "links to products and contacts",
                )  # fmt: skip
            finding.amount = amount
            finding.case_source_id = first.source_id
            findings.append(finding)
    return findings


def _differences(rests: Rests, others: Rests) -> dict[tuple[int, int], int]:
    """Return by how much balances are above others, by entitlement and code of the channel."""
    keys = np.union1d(rests.keys, others.keys)
    amounts = rests.at(keys)[1] - others.at(keys)[1]
    keys, amounts = keys[amounts != 0], amounts[amounts != 0]
    return dict(zip(balances_named(keys), amounts.tolist(), strict=True))


def by_contract(findings: Iterable[Finding]) -> dict[int, list[Finding]]:
    """Return findings by the number of their entitlement."""
    grouped: dict[int, list[Finding]] = defaultdict(list)
    for finding in findings:
        grouped[id_of(finding)].append(finding)
    return dict(grouped)
