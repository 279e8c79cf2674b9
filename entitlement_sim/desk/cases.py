"""Actions on cases, and what they do to the entitlements that the cases use."""

import dataclasses
from collections.abc import Callable
from typing import TypedDict, Unpack

from ..rules.allotment import (
    billable_minutes,
    charge_on_attach,
    charge_on_reactivate,
    charge_on_resolve,
    is_own_customer,
    is_reopened_uncharged,
    minutes_when_none_given,
    refund_on_cancel,
    refund_on_detach,
    refund_on_merge,
    refund_on_opt_out,
    refund_on_reactivate,
    refusal_by_default,
    refuse_match,
    refuse_reactivation,
    refuse_state_for_case,
    refuse_terms,
    rule_of_charge,
    rule_of_refund,
)
from ..rules.balances import is_channel_of
from ..rules.burning import NO_LIMIT, gate_balance, restricts
from ..rules.cases import (
    applies_default_on_create,
    applies_default_on_update,
    clears_entitlement,
    closes_with_parent,
    rechecks_match,
    refuse_cancel_case,
    refuse_cancel_parent,
    refuse_child,
    refuse_decrement_change,
    refuse_locked,
    refuse_merge,
    refuse_merge_of_families,
    refuse_primary_contact,
    refuse_reactivate_case,
    refuse_resolve,
    refuse_resolve_parent,
)
from ..rules.weights import (
    PLAIN_WEIGHT,
    UNWEIGHED,
    minutes_in_steps,
    passes_gate,
    weighed,
    weight_of,
)
from ..rules.words import (
    ActivityStatus,
    CaseState,
    CaseStatus,
    Charge,
    Origin,
    Reason,
    Refund,
    Refusal,
    RuleId,
    State,
)
from .allowances import blocks_to_burn
from .entitlements import EntitlementActions, belongs_to
from .records import Activity, Balance, Case, Entitlement, Taking
from .refused import Refused, require


class CaseChanges(TypedDict, total=False):
    """Fields that `update_case` takes; None clears one."""

    entitlement: str | None
    customer: str | None
    contact: str | None
    product: str | None
    origin: Origin | None
    title: str | None
    decrement: bool
    parent: str | None


class CaseActions(EntitlementActions):
    """What can be done with cases."""

    # --------------------------------------------------------- creating, updating

    def create_case(
        self,
        id: str,
        *,
        customer: str | None = None,
        contact: str | None = None,
        product: str | None = None,
        origin: Origin | None = None,
        entitlement: str | None = None,
        decrement: bool = True,
        privileged: bool = True,
        parent: str | None = None,
        title: str | None = None,
        severity: int | None = None,
        outside_hours: bool = False,
        on_holiday: bool = False,
    ) -> Case:
        """Open a case, with an entitlement or with the customer's default (A1, A2, A4, G1, T1).

        Parameters
        ----------
        decrement : bool
            False marks the case do-not-decrement (rule D1), which needs `privileged` (rule D2).
        parent : str, optional
            The parent case; customer and title are taken from it where they are not given.
        severity : int, optional
        outside_hours, on_holiday : bool, default False
            When it is created; a desk has no business hours of its own (rule B4).

        Raises
        ------
        Refused
            The entitlement, or the default, is not active, does not match or has no terms; the
            privilege or the customer is missing; the contact is somebody else's; or the parent
            cannot have another child.
        """
        self._require_new(id, self.cases)
        require(refuse_decrement_change(not decrement, privileged), id)
        if parent is not None:
            self._require_child(id, parent)
            parent_case = self.case(parent)
            customer = customer or parent_case.customer
            title = title or parent_case.title
        if customer is None:
            raise Refused(Refusal.RequiredFieldMissing, id)
        case = Case(
            id=id,
            customer=customer,
            created_at=self.clock,
            contact=contact,
            product=product,
            origin=origin,
            decrement=decrement,
            parent=parent,
            title=title or "",
            severity=severity,
            outside_hours=outside_hours,
            on_holiday=on_holiday,
        )
        self._require_own_contact(case)
        chosen = None
        if entitlement is not None:
            chosen = self.entitlement(entitlement)
            self._require_attach(case, chosen, creating=True)
        elif applies_default_on_create(self.settings.auto_apply_on_create, False):
            chosen = self._fitting_default(case, creating=True)
        self.cases[id] = case
        if chosen is not None:
            self._attach(case, chosen)
        return case

    def email_case(self, id: str, sender: str, *, needs_entitlement: bool = True) -> Case | None:
        """Turn an e-mail into a case of the sender's account, or into none (rule A2).

        Parameters
        ----------
        sender : str
            A contact written ``customer/name``; without a slash, the customer.
        needs_entitlement : bool
            Make a case only if an active entitlement of the account covers the sender. Its terms
            are not looked at.

        Raises
        ------
        Refused
            The default entitlement has no terms, or does not fit (`default_failure_blocks`).
        """
        account, _, name = sender.rpartition("/")
        customer, contact = (account, sender) if account else (name, None)
        if needs_entitlement and not any(
            _covers_sender(entitlement, customer, contact)
            for entitlement in self.entitlements.values()
        ):
            return None
        return self.create_case(id, customer=customer, contact=contact, origin=Origin.EMAIL)

    def update_case(
        self, id: str, *, privileged: bool = True, **changes: Unpack[CaseChanges]
    ) -> None:
        """Change fields of a case; attaching an entitlement charges it (rules T1, A4, A5, D2).

        Terms of resolved and cancelled cases do not move. A changed customer clears the
        entitlement, a changed contact or product must fit it, a changed origin is not checked. An
        active case that is marked do-not-decrement gives its creation term back (rule D1), after
        what leaving an entitlement in the same save gives back.

        Raises
        ------
        Refused
            The entitlement is not active, does not match or has no terms; the privilege to change
            `decrement` is missing; the contact is somebody else's; the new parent cannot have
            the case as a child; or the case is resolved and locked.
        ValueError
            The case would be its own parent.
        """
        case = self.case(id)
        require(refuse_locked(case.state, self.settings.resolved_cases_locked), id)
        after = _updated(case, changes)
        require(refuse_decrement_change(after.decrement != case.decrement, privileged), id)
        customer_changed = after.customer != case.customer
        contact_changed = after.contact != case.contact
        if customer_changed or contact_changed:
            self._require_own_contact(after)
        if after.parent is not None and after.parent != case.parent:
            self._require_child(id, after.parent)
        product_changed = after.product != case.product
        if clears_entitlement("entitlement" in changes, customer_changed):
            after.entitlement = None
        chosen = None if after.entitlement is None else self.entitlement(after.entitlement)
        if chosen is not None and after.entitlement != case.entitlement:
            self._require_attach(after, chosen, creating=False)
        elif chosen is not None and (
            customer_changed or rechecks_match(contact_changed, product_changed)
        ):
            require(self._refuse_match(after, chosen), id)
        elif case.state == CaseState.ACTIVE and applies_default_on_update(
            self.settings.auto_apply_on_update,
            chosen is not None,
            customer_changed,
            contact_changed,
            product_changed,
        ):
            chosen = self._fitting_default(after, creating=False)
        payer = None if chosen is None else chosen.id
        changes_payer = payer != case.entitlement
        opts_out = case.decrement and not after.decrement
        for field in dataclasses.fields(after):
            if field.name != "entitlement":
                setattr(case, field.name, getattr(after, field.name))
        if changes_payer:
            self._detach(case)
            if chosen is not None:
                self._attach(case, chosen)
        if opts_out:
            self._opt_out(case)

    def add_activity(
        self, id: str, minutes: int, status: ActivityStatus = ActivityStatus.COMPLETED
    ) -> None:
        """Record work on a case, in whole minutes; only completed work is billed (rule T5).

        Raises
        ------
        Refused
            The case is resolved and locked.
        """
        if minutes < 0:
            raise ValueError(f"an activity cannot last {minutes} minutes")
        case = self.case(id)
        require(refuse_locked(case.state, self.settings.resolved_cases_locked), id)
        case.activities.append(Activity(minutes, status))

    # ------------------------------------------------------- closing, reopening

    def resolve_case(
        self,
        id: str,
        *,
        billable_minutes: int | None = None,
        cancel_open_activities: bool = False,
    ) -> None:
        """Resolve a case; on resolution it takes its terms, below zero if need be (T1, T4, G2).

        Its active children stay as they are, or keep it open, or are resolved with it, each paying
        for itself by its own work (rule M2).

        Parameters
        ----------
        billable_minutes : int, optional
            What the resolution bills; by default the minutes of the completed activities (T5).
        cancel_open_activities : bool
            Cancel open activities instead of being refused because of them.

        Raises
        ------
        Refused
            The case is not active or has open activities; or, by the settings, active children
            keep it open or one of those to be resolved with it has open activities.
        """
        if billable_minutes is not None and billable_minutes < 0:
            raise ValueError(f"a resolution cannot bill {billable_minutes} minutes")
        case = self.case(id)
        children = self._children_closing_with(id)
        for closing in (case, *children):
            open_activities = closing.count(ActivityStatus.OPEN)
            locked = self.settings.resolved_cases_locked
            require(
                refuse_resolve(closing.state, open_activities, cancel_open_activities, locked),
                closing.id,
            )
        blocks = self.settings.children_block_parent
        require(refuse_resolve_parent(self._active_children(id), blocks), id)
        for child in children:
            self._resolve(child, None)
        self._resolve(case, billable_minutes)

    def cancel_case(self, id: str) -> None:
        """Cancel an active case; on creation its term comes back (rule T2).

        Its active children stay as they are, or keep it open, or are cancelled with it (rule M2).

        Raises
        ------
        Refused
            The case is not active or has open activities; or, by the settings, active children
            keep it open or one of those to be cancelled with it has open activities.
        """
        case = self.case(id)
        children = self._children_closing_with(id)
        for closing in (case, *children):
            open_activities = closing.count(ActivityStatus.OPEN)
            require(refuse_cancel_case(closing.state, open_activities), closing.id)
        blocks = self.settings.children_block_parent
        require(refuse_cancel_parent(self._active_children(id), blocks), id)
        for closing in (*children, case):
            self._give_back(closing, refund_on_cancel, Refund.ON_CANCELLATION)
            closing.state, closing.status = CaseState.CANCELLED, CaseStatus.CANCELED

    def reactivate_case(self, id: str) -> None:
        """Open a resolved or cancelled case again (rules T2, T3).

        A cancelled case takes its creation term again; a resolved one gives back what its
        resolution took. One that was moved while it was closed to an entitlement that decreases
        on creation takes nothing, and an entry of the ledger says so: no rule takes terms when a
        resolved case is reactivated, and whoever reads the ledger shall see that it goes free.

        Raises
        ------
        Refused
            The case is active; or, with `gate_on_reactivate`, the entitlement would not take it.
        """
        case = self.case(id)
        require(refuse_reactivate_case(case.state), id)
        entitlement = None if case.entitlement is None else self.entitlement(case.entitlement)
        before = case.state

        def refund(decrease_on: int, taken: int) -> int:
            return refund_on_reactivate(before, decrease_on, taken)

        if entitlement is not None:
            self._require_reactivation(case, entitlement, refund)
        self._give_back(case, refund, Refund.ON_REACTIVATION)
        case.state, case.status = CaseState.ACTIVE, CaseStatus.IN_PROGRESS
        if entitlement is not None:
            charge = charge_on_reactivate(before, entitlement.decrease_on, case.decrement)
            self._charge(case, entitlement, charge, Charge.ON_REACTIVATION)
            pays = any(taking.entitlement == entitlement.id for taking in case.takings)
            if is_reopened_uncharged(before, entitlement.decrease_on, case.decrement, pays):
                channel = _channel_balance(case, entitlement)
                self._post(entitlement, 0, Reason.CONSUME, RuleId.T1, channel=channel, case=id)

    def merge_cases(self, into: str, losers: list[str]) -> None:
        """Merge active cases into another one (rule M1).

        The merged cases become cancelled and give back their creation terms; their activities and
        children move to the case that stays.

        Raises
        ------
        Refused
            One of the cases is not active, they are children of different parents, or the case
            that stays cannot have the children of the others.
        ValueError
            A case would be merged into itself, or twice.
        """
        if len({into, *losers}) != len(losers) + 1:
            raise ValueError("a case cannot be merged into itself or twice")
        survivor = self.case(into)
        merged = [self.case(id) for id in losers]
        locked = self.settings.resolved_cases_locked
        for case in (survivor, *merged):
            require(refuse_merge(case.state, case is survivor, locked), case.id)
        parents = {case.parent for case in (survivor, *merged)} - {None}
        moved = [child for loser in losers for child in self._children(loser)]
        children = {child.id for child in (*self._children(into), *moved)}
        is_child = survivor.parent is not None
        require(refuse_merge_of_families(len(parents), is_child, len(moved), len(children)), into)
        for child in moved:
            child.parent = into
        for case in merged:
            self._give_back(case, refund_on_merge, Refund.ON_MERGE)
            survivor.activities += case.activities
            case.activities = []
            case.master = into
            case.state, case.status = CaseState.CANCELLED, CaseStatus.MERGED

    def delete_case(self, id: str) -> None:
        """Delete a case; no balance moves (question Q18), and its children stand alone."""
        self.case(id)
        del self.cases[id]
        for other in self.cases.values():
            if other.parent == id:
                other.parent = None

    # ------------------------------------------------------- parents and children

    def _children(self, id: str) -> list[Case]:
        return [case for case in self.cases.values() if case.parent == id]

    def _active_children(self, id: str) -> int:
        return sum(child.state == CaseState.ACTIVE for child in self._children(id))

    def _children_closing_with(self, id: str) -> list[Case]:
        closes = self.settings.close_children_with_parent
        return [child for child in self._children(id) if closes_with_parent(child.state, closes)]

    def _require_child(self, id: str, parent: str) -> None:
        """Refuse a case as another child of a parent."""
        if id == parent:
            raise ValueError(f"'{id}' cannot be its own parent")
        is_child = self.case(parent).parent is not None
        siblings = len(self._children(parent))
        require(refuse_child(is_child, bool(self._children(id)), siblings), id)

    # ---------------------------------------------------------------- attaching

    def _require_own_contact(self, case: Case) -> None:
        """Refuse a contact who is not of the case's customer."""
        if case.contact is not None:
            own = belongs_to(case.contact, case.customer)
            require(refuse_primary_contact(own, "/" in case.customer), case.id)

    def _refuse_match(self, case: Case, entitlement: Entitlement) -> Refusal:
        own = is_own_customer(
            case.customer == entitlement.customer,
            belongs_to(case.customer, entitlement.customer),
            bool(entitlement.contacts),
            self.settings.contact_rolls_up_to_account,
        )
        return refuse_match(
            own,
            bool(entitlement.contacts),
            case.contact in entitlement.contacts,
            bool(entitlement.products),
            case.product in entitlement.products,
        )

    def _refuse_terms(self, case: Case, entitlement: Entitlement) -> Refusal:
        literal = self.settings.gate_literal_below_zero
        return refuse_terms(*_at_gate(case, entitlement), literal)

    def _refuse_attach(self, case: Case, entitlement: Entitlement, creating: bool) -> Refusal:
        refusal = refuse_state_for_case(entitlement.state, creating)
        if refusal == Refusal.NONE:
            refusal = self._refuse_match(case, entitlement)
        if refusal == Refusal.NONE and case.state == CaseState.ACTIVE:
            refusal = self._refuse_terms(case, entitlement)
        return refusal

    def _require_attach(self, case: Case, entitlement: Entitlement, creating: bool) -> None:
        self._require_or_note(self._refuse_attach(case, entitlement, creating), case, entitlement)

    def _require_reactivation(
        self, case: Case, entitlement: Entitlement, refund: Callable[[int, int], int]
    ) -> None:
        """Let a reactivated case pass the gate where the organisation asks for it (Q11).

        The gate looks at the balances as they are once the case has given back what it took.
        """
        restrict, decrement, remaining, has_channel, of_channel = _at_gate(case, entitlement)
        for taking in case.takings:
            if taking.entitlement == entitlement.id:
                back = refund(entitlement.decrease_on, taking.amount)
                if taking.origin is None:
                    remaining += 0 if entitlement.blocks[taking.block].is_over else back
                elif taking.origin == case.origin:
                    of_channel += back
        refusal = refuse_reactivation(
            self.settings.gate_on_reactivate,
            entitlement.state,
            restrict,
            decrement,
            remaining,
            has_channel,
            of_channel,
            self.settings.gate_literal_below_zero,
        )
        self._require_or_note(refusal, case, entitlement)

    def _require_or_note(self, refusal: Refusal, case: Case, entitlement: Entitlement) -> None:
        self._note(refusal, case, entitlement)
        require(refusal, case.id)

    def _note(self, refusal: Refusal, case: Case, entitlement: Entitlement) -> None:
        """Note in the ledger that a case found no terms; nothing moves."""
        if refusal == Refusal.InvalidEntitlementAssociationToCase:
            channel = _channel_balance(case, entitlement)
            self._post(entitlement, 0, Reason.REFUSED, RuleId.G1, channel=channel, case=case.id)

    def _fitting_default(self, case: Case, creating: bool) -> Entitlement | None:
        """Return the customer's default if the case may use it (rules A3, A4; Q14, Q23)."""
        for entitlement in self.entitlements.values():
            if not entitlement.is_default or entitlement.customer != case.customer:
                continue
            if entitlement.state != State.ACTIVE:
                return None
            refusal = self._refuse_attach(case, entitlement, creating)
            if refusal == Refusal.NONE:
                return entitlement
            self._note(refusal, case, entitlement)
            refusal_of_case = refusal_by_default(
                refusal,
                creating,
                self.settings.default_failure_blocks,
                self.settings.empty_default_is_skipped,
            )
            require(Refusal(refusal_of_case), case.id)
        return None

    def _attach(self, case: Case, entitlement: Entitlement) -> None:
        case.entitlement = entitlement.id
        if entitlement.sla is not None:  # rule S1
            case.sla = entitlement.sla
        if case.state == CaseState.ACTIVE:
            amount = charge_on_attach(entitlement.decrease_on, case.decrement)
            self._charge(case, entitlement, amount, Charge.ON_ATTACH)

    def _detach(self, case: Case) -> None:
        case.entitlement = None
        if case.state == CaseState.ACTIVE:
            gives_back = self.settings.refund_on_detach

            def refund(decrease_on: int, taken: int) -> int:
                return refund_on_detach(decrease_on, taken, gives_back)

            self._give_back(case, refund, Refund.ON_DETACH)
            case.takings = []

    def _opt_out(self, case: Case) -> None:
        keeps = self.settings.opt_out_keeps_charge

        def refund(decrease_on: int, taken: int) -> int:
            return refund_on_opt_out(case.state, decrease_on, taken, keeps)

        self._give_back(case, refund, Refund.ON_OPT_OUT)

    # ----------------------------------------------------------- moving terms

    def _resolve(self, case: Case, minutes: int | None) -> None:
        for activity in case.activities:
            if activity.status == ActivityStatus.OPEN:
                activity.status = ActivityStatus.CANCELLED
        if minutes is None:
            total = billable_minutes(
                case.completed_minutes, case.billed_minutes, self.settings.exclude_billed_minutes
            )
            minutes = minutes_when_none_given(total, self.settings.minimal_dialog_bills_zero)
        for activity in case.activities:
            activity.billed = activity.billed or activity.status == ActivityStatus.COMPLETED
        case.resolutions.append(minutes)
        case.state, case.status = CaseState.RESOLVED, CaseStatus.PROBLEM_SOLVED
        if case.entitlement is not None:
            payer = self.entitlement(case.entitlement)
            offering = payer.offering
            counted = minutes_in_steps(minutes, offering.at_least, offering.step)
            amount = charge_on_resolve(payer.allocation, payer.decrease_on, case.decrement, counted)
            self._charge(case, payer, amount, Charge.ON_RESOLUTION)

    def _charge(self, case: Case, entitlement: Entitlement, amount: int, event: Charge) -> None:
        """Take terms by weight from one block after the other, and from the channel's (C1, B2)."""
        amount = weighed(amount, _weight(case, entitlement))
        if amount == 0:
            return
        channel = _channel_balance(case, entitlement)
        case.takings = []
        for block, paid in blocks_to_burn(entitlement, amount):
            self._post(
                entitlement,
                -paid,
                Reason.CONSUME,
                rule_of_charge(event, entitlement.allocation),
                block=block,
                channel=channel,
                channel_amount=0 if channel is None else -paid,
                case=case.id,
            )
            number = next(n for n, each in enumerate(entitlement.blocks) if each is block)
            case.takings.append(Taking(entitlement.id, None, paid, number))
        if channel is not None:
            case.takings.append(Taking(entitlement.id, channel.origin, amount))
        if entitlement.has_closed or entitlement.base.is_over:  # rule M3; or no period runs
            self._settle(entitlement, owes_nothing=True)

    def _give_back(self, case: Case, rule: Callable[[int, int], int], event: Refund) -> None:
        """Return what a rule gives back of what the case took, to the balances that paid."""
        if not case.takings:
            return
        taken = [taking for taking in case.takings if taking.origin is None]
        payer = self.entitlement(case.takings[0].entitlement)
        back = rule(payer.decrease_on, sum(taking.amount for taking in taken))
        if back == 0:
            return
        origins = [taking.origin for taking in case.takings if taking.origin is not None]
        channel = payer.channels[origins[0]] if origins else None
        for taking in taken:
            block = payer.blocks[taking.block]
            returned = back if taking is taken[-1] else min(back, taking.amount)
            back -= returned
            moves = [(returned, Reason.RESTORE, rule_of_refund(event))]
            if block.is_over:
                moves.append((-returned, Reason.EXPIRE, RuleId.B2))
            for amount, reason, rule_id in moves:
                self._post(
                    payer,
                    amount,
                    reason,
                    rule_id,
                    block=block,
                    channel=channel,
                    channel_amount=0 if channel is None else amount,
                    case=case.id,
                )
        case.takings = []


def _channel_balance(case: Case, entitlement: Entitlement) -> Balance | None:
    """Return the balance of the case's channel, if the entitlement has one (C1, C2)."""
    if case.origin is None:
        return None
    for balance in entitlement.balances:
        origin = -1 if balance.origin is None else balance.origin
        if is_channel_of(balance.kind, origin, case.origin):
            return balance
    return None


def _weight(case: Case, entitlement: Entitlement) -> int:
    """Return what a case weighs, by when it was created and how severe it is (rule B4)."""
    weights = entitlement.offering.weights
    if weights is None:
        return PLAIN_WEIGHT
    is_weekend = case.created_at.weekday() >= 5
    return weight_of(
        weights.outside_hours if case.outside_hours else UNWEIGHED,
        weights.weekend if is_weekend else UNWEIGHED,
        weights.holiday if case.on_holiday else UNWEIGHED,
        weights.severity.get(case.severity or 0, UNWEIGHED),
    )


def _at_gate(case: Case, entitlement: Entitlement) -> tuple[bool, bool, int, bool, int]:
    """Return what the gate looks at (rule G1).

    Whether the entitlement restricts and the case decrements; what remains on the whole; whether
    the channel has a balance of its own, and what remains on it.
    """
    channel = _channel_balance(case, entitlement)
    overage = entitlement.offering.overage
    goes_over = overage is not None and entitlement.accepts_overage
    return (
        restricts(entitlement.restrict, overage is not None, entitlement.accepts_overage),
        not passes_gate(case.decrement, _weight(case, entitlement)),
        gate_balance(
            entitlement.remaining,
            entitlement.offering.unlimited,
            goes_over,
            0 if overage is None else overage.free,
            NO_LIMIT if overage is None else overage.at_most,
        ),
        channel is not None,
        0 if channel is None else channel.remaining,
    )


def _updated(case: Case, changes: CaseChanges) -> Case:
    """Return the case as the changes would leave it, before anything follows from them."""
    customer = changes.get("customer", case.customer)
    if customer is None:
        raise Refused(Refusal.RequiredFieldMissing, case.id)
    return dataclasses.replace(
        case,
        customer=customer,
        contact=changes.get("contact", case.contact),
        product=changes.get("product", case.product),
        origin=changes.get("origin", case.origin),
        title=changes.get("title", case.title) or "",
        decrement=changes.get("decrement", case.decrement),
        parent=changes.get("parent", case.parent),
        entitlement=changes.get("entitlement", case.entitlement),
    )


def _covers_sender(entitlement: Entitlement, customer: str, contact: str | None) -> bool:
    """Whether an entitlement lets an e-mail's sender open a case; products do not count yet."""
    active = refuse_state_for_case(entitlement.state, True) == Refusal.NONE
    match = refuse_match(
        entitlement.customer == customer,
        bool(entitlement.contacts),
        contact in entitlement.contacts,
        False,
        False,
    )
    return active and match == Refusal.NONE
