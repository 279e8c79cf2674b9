"""A second reading of the rules, written apart from the first: plain dictionaries, nothing shared.

It reads steps of stories as they are written. Every action first gathers all refusals that are due,
by their names, since no rulebook says which of them comes first; where none is due, it is done.
Amounts are whole hundredths of a term.
"""

import copy
import datetime as dt
import pickle
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

Record = dict[str, Any]

#: What is refused without a published name.
NAMELESS = ""
OPEN_WORK = "0x8004440a"
LARGEST = 100_000_000_000 * 100
MOST_CHILDREN = 100
_HOURS_OF = {"UTC": 0, "Asia/Tokyo": 9, "America/Phoenix": -7}

SETTINGS: dict[str, Any] = {
    "auto_apply_on_create": False,
    "auto_apply_on_update": False,
    "close_children_with_parent": False,
    "children_block_parent": False,
    "gate_literal_below_zero": False,
    "minimal_dialog_bills_zero": False,
    "renew_marks_old_cancelled": False,
    "renew_copies_remaining": False,
    "allow_blank_total": False,
    "refund_on_detach": True,
    "gate_on_reactivate": False,
    "exclude_billed_minutes": False,
    "default_failure_blocks": False,
    "contact_rolls_up_to_account": False,
    "opt_out_keeps_charge": False,
    "empty_default_is_skipped": False,
    "resolved_cases_locked": False,
    "utc_midnight_mode": False,
    "tz": "UTC",
    "job_time": "00:00",
}


class Refusals(Exception):
    """An action that is refused; `names` are those of all refusals that are due."""

    def __init__(self, names: set[str]) -> None:
        super().__init__(names)
        self.names = names


class Impossible(Exception):
    """An action on what is not there."""


class Due:
    """Gathers the refusals of one action."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def add(self, name: str, is_due: bool) -> None:
        if is_due:
            self.names.add(name)

    def stop(self) -> None:
        """Refuse the action if anything is due so far."""
        if self.names:
            raise Refusals(self.names)


def cents(amount: Any) -> int:
    return round(Fraction(str(amount)) * 100)


def belongs(contact: str, customer: str) -> bool:
    return contact == customer or contact.startswith(f"{customer}/")


class PlainDesk:
    """Templates, entitlements and cases by id, and what can be done with them."""

    def __init__(self, now: dt.datetime, settings: Record) -> None:
        self.now = now
        self.set = {**SETTINGS, **settings}
        self.templates: dict[str, Record] = {}
        self.entitlements: dict[str, Record] = {}
        self.cases: dict[str, Record] = {}

    def do(self, action: str, arguments: Record) -> None:
        """Do a step wholly or not at all."""
        before = self.templates, self.entitlements, self.cases
        # A copy of all that there is, as `copy.deepcopy` makes it, in a tenth of its time.
        self.templates, self.entitlements, self.cases = pickle.loads(pickle.dumps(before, -1))
        try:
            getattr(self, action)(**arguments)
        except (Refusals, Impossible):
            self.templates, self.entitlements, self.cases = before
            raise

    # ------------------------------------------------------------------------------ clock

    def day(self, minutes_late: int = 0) -> dt.date:
        """The calendar day by which states change."""
        ahead = _HOURS_OF[self.set["tz"]] if self.set["utc_midnight_mode"] else 0
        return (self.now - dt.timedelta(hours=ahead, minutes=minutes_late)).date()

    def advance_to(self, moment: dt.datetime) -> None:
        hours, minutes = map(int, self.set["job_time"].split(":"))
        late = hours * 60 + minutes
        before = self.day(late)
        self.now = moment
        if self.day(late) > before:
            for entitlement in self.entitlements.values():
                if entitlement["state"] in ("active", "waiting"):
                    entitlement["state"] = _by_date(entitlement, self.day(late))

    # ------------------------------------------------------------------------- templates

    def create_template(self, id: str, **given: Any) -> None:
        due = Due()
        allocation = given.get("allocation", "cases")
        start, end = given.get("start"), given.get("end")
        due.add("EntitlementInvalidStartEndDate", bool(start and end and start > end))
        hours_early = allocation == "hours" and given.get("decrease_on") == "creation"
        due.add(NAMELESS, hours_early)
        total = given.get("total_terms")
        for amount in [*given.get("channels", {}).values(), *([] if total is None else [total])]:
            _judge_total(due, cents(amount), allocation, "EntitlementTemplateTotalTerms")
        for amount in given.get("channels", {}).values():
            too_much = total is not None and cents(amount) > cents(total)
            due.add("InvalidEntitlementChannelTerms", too_much)
        due.stop()
        self.templates[id] = given

    # ---------------------------------------------------------------------- entitlements

    def create_entitlement(self, id: str, **given: Any) -> None:
        source: Record = {}
        if given.get("template") is not None:
            source = {"allocation": "cases", **_found(self.templates, given["template"])}
        filled = {**source, **{key: value for key, value in given.items() if value is not None}}
        due = Due()
        for needed in ("customer", "start", "end"):
            due.add(NAMELESS, filled.get(needed) is None)
        due.stop()
        total = filled.get("total_terms")
        entitlement = {
            "customer": filled["customer"],
            "start": filled["start"],
            "end": filled["end"],
            "allocation": filled.get("allocation", "cases"),
            "decrease_on": filled.get("decrease_on") or "resolution",
            "restrict": filled.get("restrict", False),
            "total": 0 if total is None else cents(total),
            "blank": total is None,
            "channels": {
                origin: {"total": cents(amount), "left": cents(amount)}
                for origin, amount in filled.get("channels", {}).items()
            },
            "products": list(filled.get("products", [])),
            "contacts": list(filled.get("contacts", [])),
            "sla": filled.get("sla"),
            "state": "draft",
            "default": False,
        }
        entitlement["left"] = entitlement["total"]
        self._judge_fields(due, entitlement)
        for row in entitlement["channels"].values():
            _judge_total(due, row["total"], entitlement["allocation"], "EntitlementTotalTerms")
            due.add("InvalidEntitlementChannelTerms", row["total"] > entitlement["total"])
        due.stop()
        self.entitlements[id] = entitlement
        if given.get("state") == "active":
            self.activate(id)
        if given.get("default"):
            self.set_default(id)

    def _judge_fields(self, due: Due, entitlement: Record) -> None:
        due.add("EntitlementInvalidStartEndDate", entitlement["start"] > entitlement["end"])
        in_hours = entitlement["allocation"] == "hours"
        due.add(NAMELESS, in_hours and entitlement["decrease_on"] == "creation")
        blank = entitlement["blank"] and entitlement["restrict"]
        due.add("EntitlementBlankTerms", blank and not self.set["allow_blank_total"])
        total = entitlement["total"]
        _judge_total(due, total, entitlement["allocation"], "EntitlementTotalTerms")
        foreign = [c for c in entitlement["contacts"] if not belongs(c, entitlement["customer"])]
        due.add("InvalidEntitlementContacts", bool(foreign))

    def edit_entitlement(self, id: str, set: Record) -> None:
        entitlement = _found(self.entitlements, id)
        due = Due()
        due.add("EntitlementEditDraft", entitlement["state"] != "draft")
        due.stop()
        old_total, old_customer = entitlement["total"], entitlement["customer"]
        plain = ("customer", "start", "end", "allocation", "decrease_on", "restrict", "sla")
        entitlement.update({key: set[key] for key in plain if key in set})
        if "total_terms" in set:
            entitlement["blank"] = set["total_terms"] is None
            entitlement["total"] = 0 if entitlement["blank"] else cents(set["total_terms"])
        self._judge_fields(due, entitlement)
        for row in entitlement["channels"].values():
            _judge_total(due, row["total"], entitlement["allocation"], "EntitlementTotalTerms")
            due.add("InvalidEntitlementTotalTerms", entitlement["total"] < row["total"])
        due.add("CannotUpdateEntitlement", bool(set.get("default")))
        if "remaining" in set:
            entitlement["left"] = cents(set["remaining"])
            _judge_left(due, entitlement["left"], entitlement["total"])
        elif entitlement["total"] != old_total:
            entitlement["left"] += entitlement["total"] - old_total
            _judge_left(due, entitlement["left"], entitlement["total"])
        due.stop()
        if entitlement["customer"] != old_customer or set.get("default") is False:
            entitlement["default"] = False

    def add_channel(self, channel: str, total_terms: Any, entitlement: str | None = None) -> None:
        due = Due()
        due.add("EntitlementChannelWithoutEntitlementId", entitlement is None)
        due.stop()
        record = _found(self.entitlements, entitlement)
        due.add("EntitlementChannelInvalidState", record["state"] != "draft")
        due.add("InvalidChannelOrigin", channel in record["channels"])
        self._judge_row(due, record, cents(total_terms))
        due.stop()
        record["channels"][channel] = {"total": cents(total_terms), "left": cents(total_terms)}

    def edit_channel(self, entitlement: str, channel: str, total_terms: Any) -> None:
        record = _found(self.entitlements, entitlement)
        due = self._judge_channel(record, channel)
        self._judge_row(due, record, cents(total_terms))
        row = record["channels"].get(channel)
        if row is not None and cents(total_terms) != row["total"]:
            row["left"] += cents(total_terms) - row["total"]
            row["total"] = cents(total_terms)
            _judge_left(due, row["left"], row["total"])
        due.stop()

    def remove_channel(self, entitlement: str, channel: str) -> None:
        record = _found(self.entitlements, entitlement)
        self._judge_channel(record, channel).stop()
        del record["channels"][channel]
        for case in self.cases.values():
            held = case["held"]
            if held and held["by"] == entitlement and held["row"] == channel:
                held["row"] = None

    def _judge_channel(self, record: Record, channel: str) -> Due:
        due = Due()
        due.add("EntitlementChannelInvalidState", record["state"] != "draft")
        due.add(NAMELESS, channel not in record["channels"])
        return due

    def _judge_row(self, due: Due, record: Record, total: int) -> None:
        _judge_total(due, total, record["allocation"], "EntitlementTotalTerms")
        due.add("InvalidEntitlementChannelTerms", total > record["total"])

    def add_contact(self, entitlement: str, contact: str) -> None:
        record = _found(self.entitlements, entitlement)
        due = Due()
        due.add("EntitlementEditDraft", record["state"] != "draft")
        due.add("InvalidEntitlementContacts", not belongs(contact, record["customer"]))
        due.stop()
        if contact not in record["contacts"]:
            record["contacts"].append(contact)

    def add_product(self, entitlement: str, product: str) -> None:
        record = _found(self.entitlements, entitlement)
        due = Due()
        due.add("EntitlementEditDraft", record["state"] != "draft")
        due.stop()
        if product not in record["products"]:
            record["products"].append(product)

    # ----------------------------------------------------------------------------- states

    def _move(self, entitlement: str, to: str, refusals: dict[str, str]) -> None:
        record = _found(self.entitlements, entitlement)
        if record["state"] in refusals:
            raise Refusals({refusals[record["state"]]})
        record["state"] = to

    def activate(self, entitlement: str) -> None:
        states = dict.fromkeys(("waiting", "expired", "cancelled"), "InvalidEntitlementActivate")
        self._move(entitlement, "draft", states | {"active": "EntitlementAlreadyInactiveState"})
        record = self.entitlements[entitlement]
        record["state"] = _by_date(record, self.day())

    def deactivate(self, entitlement: str) -> None:
        over = dict.fromkeys(("expired", "cancelled"), "InvalidEntitlementDeactivate")
        self._move(entitlement, "draft", over | {"draft": "EntitlementAlreadyInDraftState"})

    def cancel(self, entitlement: str) -> None:
        others = dict.fromkeys(("draft", "expired"), "InvalidEntitlementCancel")
        again = {"cancelled": "EntitlementAlreadyInCanceledState"}
        self._move(entitlement, "cancelled", others | again)

    def delete(self, entitlement: str) -> None:
        in_force = dict.fromkeys(("active", "waiting"), "EntitlementInvalidState")
        self._move(entitlement, "draft", in_force)
        del self.entitlements[entitlement]
        for case in self.cases.values():
            if case["entitlement"] == entitlement:
                case["entitlement"] = None
            if case["held"] and case["held"]["by"] == entitlement:
                case["held"] = None

    def set_expired(self, entitlement: str) -> None:
        _found(self.entitlements, entitlement)
        raise Refusals({"InvalidEntitlementExpire"})

    def set_default(self, entitlement: str) -> None:
        record = _found(self.entitlements, entitlement)
        if record["state"] != "active":
            raise Refusals({"CannotUpdateEntitlement"})
        for other in self.entitlements.values():
            if other["customer"] == record["customer"]:
                other["default"] = False
        record["default"] = True

    def renew(self, entitlement: str, **new: str) -> None:
        old = _found(self.entitlements, entitlement)
        if old["state"] not in ("expired", "cancelled"):
            raise Refusals({"InvalidEntitlementRenew"})
        record = copy.deepcopy(old)
        record["start"], record["end"] = self.day(), self.day() + (old["end"] - old["start"])
        record["state"], record["default"] = "draft", False
        if not self.set["renew_copies_remaining"]:
            for balance in (record, *record["channels"].values()):
                balance["left"] = balance["total"]
        self.entitlements[new["as"]] = record
        if self.set["renew_marks_old_cancelled"]:
            old["state"] = "cancelled"

    # --------------------------------------------------------------------- making of cases

    def create_case(self, id: str, times: int | None = None, **given: Any) -> None:
        for number in range(times or 1):
            self._create_case(id if times is None else f"{id}{number + 1}", given)

    def _create_case(self, id: str, given: Record) -> None:
        due = Due()
        decrement = given.get("decrement", True)
        privileged = given.get("privileged", True)
        due.add("CannotSetEntitlementTermsDecrementBehavior", not decrement and not privileged)
        case = {
            **dict.fromkeys(
                ("customer", "contact", "product", "origin", "entitlement", "sla", "parent")
            ),
            **{key: value for key, value in given.items() if key != "privileged"},
            "decrement": decrement,
            "state": "active",
            "status": 1,
            "held": None,
            "work": [],
        }
        if case["parent"] is not None:
            parent = _found(self.cases, case["parent"])
            self._judge_child(due, id, case["parent"])
            case["customer"] = case["customer"] or parent["customer"]
        due.add(NAMELESS, case["customer"] is None)
        due.stop()
        _judge_contact(due, case)
        chosen, case["entitlement"] = case["entitlement"], None
        if chosen is not None:
            self._judge_attach(due, case, chosen, "EntitlementNotActiveInAssociationToCase")
        else:
            chosen = self._default_for(due, case, creating=True)
        due.stop()
        self.cases[id] = case
        if chosen is not None:
            self._attach(case, chosen)

    def email_case(self, id: str, needs_entitlement: bool = True, **sent: str) -> None:
        sender = sent["from"]
        customer = sender.split("/")[0]
        contact = sender if "/" in sender else None
        covered = any(
            entitlement["state"] == "active"
            and entitlement["customer"] == customer
            and (not entitlement["contacts"] or contact in entitlement["contacts"])
            for entitlement in self.entitlements.values()
        )
        if covered or not needs_entitlement:
            self.create_case(id, customer=customer, contact=contact, origin="email")

    def _judge_child(self, due: Due, id: str, parent: str) -> None:
        is_child = _found(self.cases, parent)["parent"] is not None
        due.add("MultilevelParentChildRelationshipNotAllowed", is_child)
        due.add("ParentCaseNotAllowedAsAChildCase", bool(self._children(id)))
        due.add("MaxChildCasesLimitExceeded", len(self._children(parent)) >= MOST_CHILDREN)

    def _children(self, id: str) -> list[str]:
        return [child for child, case in self.cases.items() if case["parent"] == id]

    # -------------------------------------------------------------- entitlements of cases

    def _fits(self, case: Record, entitlement: Record) -> bool:
        own = case["customer"] == entitlement["customer"]
        if self.set["contact_rolls_up_to_account"] and not entitlement["contacts"]:
            own = own or belongs(case["customer"], entitlement["customer"])
        known = not entitlement["contacts"] or case["contact"] in entitlement["contacts"]
        listed = not entitlement["products"] or case["product"] in entitlement["products"]
        return own and known and listed

    def _is_shut(self, case: Record, entitlement: Record, left: int, on_row: int | None) -> bool:
        lowest = -1 if self.set["gate_literal_below_zero"] else 0
        empty = left <= lowest or (on_row is not None and on_row <= lowest)
        return bool(entitlement["restrict"] and case["decrement"] and empty)

    def _finds_no_terms(self, case: Record, entitlement: Record) -> bool:
        row = entitlement["channels"].get(case["origin"])
        return self._is_shut(case, entitlement, entitlement["left"], row and row["left"])

    def _judge_attach(self, due: Due, case: Record, id: str, not_active: str) -> None:
        entitlement = _found(self.entitlements, id)
        due.add(not_active, entitlement["state"] != "active")
        unfit = not self._fits(case, entitlement)
        due.add("InvalidEntitlementForSelectedCustomerOrProduct", unfit)
        empty = case["state"] == "active" and self._finds_no_terms(case, entitlement)
        due.add("InvalidEntitlementAssociationToCase", empty)

    def _default_for(self, due: Due, case: Record, creating: bool) -> str | None:
        blocks = self.set["default_failure_blocks"]
        if not self.set["auto_apply_on_create" if creating else "auto_apply_on_update"]:
            return None
        for id, entitlement in self.entitlements.items():
            if not entitlement["default"] or entitlement["customer"] != case["customer"]:
                continue
            if entitlement["state"] != "active":
                return None
            if not self._fits(case, entitlement):
                due.add("InvalidEntitlementForSelectedCustomerOrProduct", blocks)
                return None
            if self._finds_no_terms(case, entitlement):
                if creating:
                    due.add("CannotCreateCase", not self.set["empty_default_is_skipped"])
                else:
                    due.add("InvalidEntitlementAssociationToCase", blocks)
                return None
            return id
        return None

    def _attach(self, case: Record, id: str) -> None:
        entitlement = self.entitlements[id]
        case["entitlement"] = id
        if entitlement["sla"] is not None:
            case["sla"] = entitlement["sla"]
        if case["state"] == "active" and entitlement["decrease_on"] == "creation":
            self._charge(case, 100)

    def _charge(self, case: Record, amount: int) -> None:
        if not case["decrement"] or amount == 0:
            return
        entitlement = self.entitlements[case["entitlement"]]
        entitlement["left"] -= amount
        row = case["origin"] if case["origin"] in entitlement["channels"] else None
        if row is not None:
            entitlement["channels"][row]["left"] -= amount
        case["held"] = {"by": case["entitlement"], "row": row, "amount": amount}

    def _give_back(self, case: Record, mode: str) -> None:
        """Give back what a case holds if its payer takes terms at that event."""
        held = case["held"]
        if held is None or self.entitlements[held["by"]]["decrease_on"] != mode:
            return
        payer = self.entitlements[held["by"]]
        payer["left"] += held["amount"]
        if held["row"] is not None:
            payer["channels"][held["row"]]["left"] += held["amount"]
        case["held"] = None

    # ---------------------------------------------------------------------- life of cases

    def update_case(self, id: str, set: Record, privileged: bool = True) -> None:
        case = _found(self.cases, id)
        due = Due()
        locked = case["state"] == "resolved" and self.set["resolved_cases_locked"]
        due.add("CaseAlreadyResolved", locked)
        before = dict(case)
        case.update({key: value for key, value in set.items() if key != "entitlement"})
        due.add(NAMELESS, case["customer"] is None)
        due.stop()
        marks = case["decrement"] != before["decrement"]
        due.add("CannotSetEntitlementTermsDecrementBehavior", marks and not privileged)
        about = [key for key in ("customer", "contact", "product") if case[key] != before[key]]
        if "customer" in about or "contact" in about:
            _judge_contact(due, case)
        if case["parent"] is not None and case["parent"] != before["parent"]:
            if case["parent"] == id:
                raise Impossible
            case["parent"], parent = before["parent"], case["parent"]
            self._judge_child(due, id, parent)
            case["parent"] = parent
        chosen = set.get("entitlement") if "entitlement" in set else before["entitlement"]
        if "customer" in about and "entitlement" not in set:
            chosen = None
        if chosen is not None and chosen != before["entitlement"]:
            self._judge_attach(due, case, chosen, "InvalidEntitlementStateAssociateToCase")
        elif chosen is not None and about:
            unfit = not self._fits(case, self.entitlements[chosen])
            due.add("InvalidEntitlementForSelectedCustomerOrProduct", unfit)
        elif chosen is None and about and case["state"] == "active":
            chosen = self._default_for(due, case, creating=False)
        due.stop()
        if chosen != before["entitlement"]:
            if case["state"] == "active":
                if self.set["refund_on_detach"]:
                    self._give_back(case, "creation")
                case["held"] = None
            case["entitlement"] = None
            if chosen is not None:
                self._attach(case, chosen)
        opts_out = marks and not case["decrement"] and case["state"] == "active"
        if opts_out and not self.set["opt_out_keeps_charge"]:
            self._give_back(case, "creation")

    def add_activity(self, case: str, minutes: int, status: str = "completed") -> None:
        record = _found(self.cases, case)
        if record["state"] == "resolved" and self.set["resolved_cases_locked"]:
            raise Refusals({"CaseAlreadyResolved"})
        record["work"].append({"minutes": minutes, "status": status, "billed": False})

    def _closing(self, due: Due, id: str, blocked: str) -> list[str]:
        """A case and the children that close with it; an active child may forbid it."""
        _found(self.cases, id)
        active = [child for child in self._children(id) if self.cases[child]["state"] == "active"]
        due.add(blocked, bool(active) and self.set["children_block_parent"])
        return [id, *active] if self.set["close_children_with_parent"] else [id]

    def resolve_case(
        self, case: str, billable_minutes: int | None = None, cancel_open_activities: bool = False
    ) -> None:
        due = Due()
        closing = self._closing(due, case, "CloseActiveChildCaseFirst")
        state = self.cases[case]["state"]
        locked = state == "resolved" and self.set["resolved_cases_locked"]
        due.add("CaseAlreadyResolved" if locked else NAMELESS, state != "active")
        if not cancel_open_activities:
            self._judge_open_work(due, closing)
        due.stop()
        for id in closing:
            self._resolve(self.cases[id], billable_minutes if id == case else None)

    def _resolve(self, case: Record, minutes: int | None) -> None:
        for work in case["work"]:
            if work["status"] == "open":
                work["status"] = "cancelled"
        done = [work for work in case["work"] if work["status"] == "completed"]
        if minutes is None:
            left_out = self.set["exclude_billed_minutes"]
            minutes = sum(w["minutes"] for w in done if not (left_out and w["billed"]))
            minutes = 0 if self.set["minimal_dialog_bills_zero"] else minutes
        for work in done:
            work["billed"] = True
        case["state"], case["status"] = "resolved", 5
        entitlement = self.entitlements.get(case["entitlement"])
        if entitlement is not None and entitlement["decrease_on"] == "resolution":
            in_hours = entitlement["allocation"] == "hours"
            self._charge(case, round(Fraction(minutes * 100, 60)) if in_hours else 100)

    def _judge_open_work(self, due: Due, ids: Iterable[str]) -> None:
        work = [work for id in ids for work in self.cases[id]["work"]]
        due.add(OPEN_WORK, any(one["status"] == "open" for one in work))

    def cancel_case(self, case: str) -> None:
        due = Due()
        closing = self._closing(due, case, "CancelActiveChildCaseFirst")
        due.add(NAMELESS, self.cases[case]["state"] != "active")
        self._judge_open_work(due, closing)
        due.stop()
        for id in closing:
            self._give_back(self.cases[id], "creation")
            self.cases[id]["state"], self.cases[id]["status"] = "cancelled", 6

    def reactivate_case(self, case: str) -> None:
        record = _found(self.cases, case)
        due = Due()
        due.add(NAMELESS, record["state"] == "active")
        due.stop()
        was = record["state"]
        if was == "resolved":
            self._give_back(record, "resolution")
        entitlement = self.entitlements.get(record["entitlement"])
        if entitlement is not None and self.set["gate_on_reactivate"]:
            not_active = entitlement["state"] != "active"
            due.add("InvalidEntitlementStateAssociateToCase", not_active)
            shut = self._finds_no_terms(record, entitlement)
            due.add("InvalidEntitlementAssociationToCase", shut)
        due.stop()
        record["state"], record["status"] = "active", 1
        takes = entitlement is not None and entitlement["decrease_on"] == "creation"
        if takes and was == "cancelled":
            self._charge(record, 100)

    def delete_case(self, case: str) -> None:
        _found(self.cases, case)
        for child in self._children(case):
            self.cases[child]["parent"] = None
        del self.cases[case]

    def merge_cases(self, into: str, **merged: list[str]) -> None:
        losers = merged["from"]
        if len({into, *losers}) <= len(losers):
            raise Impossible
        due = Due()
        for id in (into, *losers):
            state = _found(self.cases, id)["state"]
            if state == "resolved" and self.set["resolved_cases_locked"]:
                due.add("CaseAlreadyResolved", True)
            else:
                due.add(NAMELESS if id == into else "CannotMergeCase", state != "active")
        parents = {self.cases[id]["parent"] for id in (into, *losers)} - {None}
        due.add("NoIncidentMergeHavingSameParent", len(parents) > 1)
        moved = [child for loser in losers for child in self._children(loser)]
        is_child = self.cases[into]["parent"] is not None
        due.add("MultilevelParentChildRelationshipNotAllowed", is_child and bool(moved))
        family = {*self._children(into), *moved}
        due.add("MaxChildCasesLimitExceeded", len(family) > MOST_CHILDREN)
        due.stop()
        for child in moved:
            self.cases[child]["parent"] = into
        for id in losers:
            loser = self.cases[id]
            self._give_back(loser, "creation")
            self.cases[into]["work"] += loser["work"]
            loser["work"] = []
            loser["state"], loser["status"] = "cancelled", 2000


def _found(records: dict[str, Record], id: Any) -> Record:
    if id not in records:
        raise Impossible
    return records[id]


def _by_date(entitlement: Record, day: dt.date) -> str:
    if day > entitlement["end"]:
        return "expired"
    return "active" if day >= entitlement["start"] else "waiting"


def _judge_total(due: Due, total: int, allocation: str, fractional: str) -> None:
    due.add(NAMELESS, not 0 <= total <= LARGEST)
    due.add(fractional, allocation == "cases" and total % 100 != 0)


def _judge_left(due: Due, left: int, total: int) -> None:
    due.add("EntitlementInvalidTerms", left < 0)
    due.add("EntitlementInvalidRemainingTerms", left > total)


def _judge_contact(due: Due, case: Record) -> None:
    foreign = case["contact"] is not None and not belongs(case["contact"], case["customer"])
    kind = "Contact" if "/" in case["customer"] else "Account"
    due.add(f"InvalidPrimaryContactBasedOn{kind}", foreign)
