"""Actions on templates and entitlements."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypedDict, TypeVar, Unpack

from ..rules.allotment import (
    refuse_blank_total,
    refuse_channel_total,
    refuse_contact,
    refuse_decrease_on,
    refuse_new_total,
    refuse_remaining,
    refuse_second_channel,
    refuse_template_total,
    refuse_total,
    refuse_total_for_channel,
    remaining_after_edit,
)
from ..rules.amounts import WrittenAmount, hundredths
from ..rules.days import day_number, day_of
from ..rules.lifecycle import (
    fills,
    refuse_activate,
    refuse_cancel,
    refuse_channel_edit,
    refuse_dates,
    refuse_deactivate,
    refuse_delete,
    refuse_edit,
    refuse_set_default,
    refuse_set_expired,
    refuse_top_up,
    state_on_activation,
)
from ..rules.prices import unused_price
from ..rules.renewal import refuse_renew, renewed_end, renewed_remaining, state_of_old
from ..rules.words import (
    Allocation,
    BalanceKind,
    DecreaseOn,
    Origin,
    Reason,
    Refusal,
    RuleId,
    State,
    Trigger,
)
from .allowances import Allowances
from .records import Balance, Entitlement, EntitlementTemplate, Offering
from .refused import Refused, require


class EntitlementChanges(TypedDict, total=False):
    """Fields that `edit_entitlement` takes; a `total_terms` of None is blank."""

    customer: str
    start: date
    end: date
    allocation: Allocation
    total_terms: WrittenAmount | None
    remaining: WrittenAmount
    decrease_on: DecreaseOn
    restrict: bool
    sla: str | None
    template: str | None
    default: bool


Value = TypeVar("Value")


def belongs_to(contact: str, customer: str) -> bool:
    """Whether a contact, written ``customer/name``, is one of a customer's."""
    return contact == customer or contact.rpartition("/")[0] == customer


class EntitlementActions(Allowances):
    """What can be done with templates and entitlements."""

    # ---------------------------------------------------------------- templates

    def create_template(
        self,
        id: str,
        *,
        start: date | None = None,
        end: date | None = None,
        allocation: Allocation = Allocation.CASES,
        total_terms: WrittenAmount | None = None,
        decrease_on: DecreaseOn | None = None,
        restrict: bool = False,
        channels: Mapping[Origin, WrittenAmount] | None = None,
        products: Sequence[str] = (),
        sla: str | None = None,
        offering: Offering | None = None,
    ) -> EntitlementTemplate:
        """Make a template (rule P1).

        Raises
        ------
        Refused
            Start after end, a fractional total in cases, hours that decrease on creation, or a
            channel above the total.
        """
        self._require_new(id, self.templates)
        total = None if total_terms is None else hundredths(total_terms)
        rows = {origin: hundredths(amount) for origin, amount in (channels or {}).items()}
        if start is not None and end is not None:
            require(refuse_dates(day_number(start), day_number(end)), id)
        require(refuse_decrease_on(allocation, decrease_on or DecreaseOn.RESOLUTION), id)
        for amount in (*rows.values(), *(() if total is None else (total,))):
            require(refuse_template_total(amount, allocation), id)
        if total is not None:
            for amount in rows.values():
                require(refuse_channel_total(amount, total), id)
        template = EntitlementTemplate(
            id=id,
            start=start,
            end=end,
            sla=sla,
            allocation=allocation,
            decrease_on=decrease_on,
            total=total,
            restrict=restrict,
            channels=rows,
            products=list(products),
            offering=offering or Offering(),
        )
        self.templates[id] = template
        return template

    # ------------------------------------------------------- making and editing

    def create_entitlement(
        self,
        id: str,
        *,
        customer: str | None = None,
        start: date | None = None,
        end: date | None = None,
        allocation: Allocation | None = None,
        total_terms: WrittenAmount | None = None,
        decrease_on: DecreaseOn | None = None,
        restrict: bool | None = None,
        channels: Mapping[Origin, WrittenAmount] | None = None,
        products: Sequence[str] | None = None,
        contacts: Sequence[str] = (),
        sla: str | None = None,
        template: str | None = None,
        offering: Offering | None = None,
        account: int | None = None,
    ) -> Entitlement:
        """Make a draft with all its terms (rules L1, T8); a template fills what is None (P1).

        Without a template the allocation is cases, decreasing on resolution, not restricting;
        a blank total counts as 0. What an `account` of the customer holds, by its number, serves
        its cases alone (rule B7).

        Raises
        ------
        Refused
            Customer or dates missing, start after end, a total that does not suit, a channel
            above it, hours that decrease on creation, or a contact of somebody else.
        ValueError
            The id is in use, or the template is a top-up.
        """
        self._require_new(id, self.entitlements)
        source = EntitlementTemplate("") if template is None else self.template(template)
        if source.offering.top_up is not None:
            raise ValueError(f"'{template}' is a top-up, which is added to an entitlement")
        start, end = _filled(start, source.start), _filled(end, source.end)
        if customer is None or start is None or end is None:
            raise Refused(Refusal.RequiredFieldMissing, id)
        total = _filled(None if total_terms is None else hundredths(total_terms), source.total)
        rows = _filled(_totals(channels), source.channels) or {}
        entitlement = Entitlement(
            id=id,
            customer=customer,
            start=start,
            end=end,
            allocation=_filled(allocation, source.allocation) or Allocation.CASES,
            decrease_on=_filled(decrease_on, source.decrease_on) or DecreaseOn.RESOLUTION,
            restrict=_filled(restrict, source.restrict) or False,
            blocks=[
                Balance(
                    BalanceKind.WHOLE,
                    None,
                    start,
                    end,
                    total or 0,
                    total or 0,
                    (offering or source.offering).priority,
                )
            ],
            offering=offering or source.offering,
            total_is_blank=total is None,
            channels={
                origin: Balance(BalanceKind.CHANNEL, origin, start, end, amount, amount)
                for origin, amount in rows.items()
            },
            products=list(_filled(products, source.products) or ()),
            contacts=list(contacts),
            sla=_filled(sla, source.sla),
            template=template,
            account=account,
        )
        self._grant_first(entitlement)
        self._require_fields(entitlement)
        for row in entitlement.channels.values():
            self._require_channel_total(entitlement, row.total)
        self._open(entitlement)
        return entitlement

    def enter_entitlement(self, entitlement: Entitlement) -> None:
        """Put a draft on the desk as it is known to have been made (rules L1, L10, T8).

        Nothing is refused of it. Where it renews one that can be renewed, that is left as renewals
        leave it, and gives on what remains if renewals do so and both are the same offering.
        """
        self._require_new(entitlement.id, self.entitlements)
        self._grant_first(entitlement)
        old = None
        if entitlement.predecessor in self.entitlements:
            old = self.entitlement(entitlement.predecessor)
        if old is None or refuse_renew(old.state) != Refusal.NONE:
            self._open(entitlement)
            return
        has_allowance = entitlement.offering.allowance is not None
        copies = self.settings.renew_copies_remaining
        before: dict[Origin | None, int] = {None: old.remaining}
        before |= {origin: row.remaining for origin, row in old.channels.items()}
        for balance in entitlement.balances:
            is_same = entitlement.template == old.template and balance.origin in before
            is_same = is_same and not has_allowance
            remaining = before.get(balance.origin, 0)
            balance.remaining = renewed_remaining(balance.total, remaining, is_same, copies)
        self._open(entitlement)
        self._leave_renewed(old)

    def write_balance(
        self, id: str, remaining: int, reason: Reason, channel: Origin | None = None
    ) -> None:
        """Write what remains on a balance, in hundredths, past all checks; the ledger says why.

        Raises
        ------
        Refused
            There is no row of that channel.
        """
        entitlement = self.entitlement(id)
        if channel is None:
            self._post(entitlement, remaining - entitlement.base.remaining, reason, RuleId.T8)
        elif channel in entitlement.channels:
            row = entitlement.channels[channel]
            self._post_channel(entitlement, row, remaining - row.remaining, reason)
        else:
            raise Refused(Refusal.ChannelMissing, id)

    def edit_entitlement(self, id: str, **changes: Unpack[EntitlementChanges]) -> None:
        """Change fields of a draft; a new total moves what remains (rules L8, T8).

        Raises
        ------
        Refused
            The record is no draft, or the result would not be allowed as a new record either. The
            ledger notes a total that was refused.
        """
        entitlement = self.entitlement(id)
        require(refuse_edit(entitlement.state), id)
        if entitlement.offering.allowance is not None and "total_terms" in changes:
            self._edit_allowance(entitlement, changes)
            return
        after = _edited(entitlement, changes)
        try:
            remaining = self._require_edit(entitlement, after, changes)
        except Refused:
            if "total_terms" in changes:
                self._post(entitlement, 0, Reason.REFUSED, RuleId.T8)
            raise
        delta = remaining - entitlement.base.remaining
        for field in dataclasses.fields(after):
            setattr(entitlement, field.name, getattr(after, field.name))
        if delta:
            self._post(entitlement, delta, Reason.ADJUST, RuleId.T8)

    def _edit_allowance(self, entitlement: Entitlement, changes: EntitlementChanges) -> None:
        """Change what a draft's allowance grants; its dates and other fields stay (rule B1)."""
        allowance, base = entitlement.offering.allowance, entitlement.base
        total = changes["total_terms"]
        if allowance is None or total is None or set(changes) != {"total_terms"}:
            raise ValueError("an allowance is edited by its total_terms alone, and not left blank")
        granted = hundredths(total)
        try:
            require(refuse_total(granted, entitlement.allocation), entitlement.id)
            refusal = refuse_new_total(base.remaining, allowance.terms, granted)
            require(refusal, entitlement.id)
            for row in entitlement.channels.values():
                require(refuse_total_for_channel(granted, row.total), entitlement.id)
        except Refused:
            self._post(entitlement, 0, Reason.REFUSED, RuleId.T8)
            raise
        self._change_allowance(entitlement, granted)

    def _require_edit(
        self, entitlement: Entitlement, after: Entitlement, changes: EntitlementChanges
    ) -> int:
        """Refuse an edit that leads to what is not allowed; return what would remain after it."""
        id = entitlement.id
        self._require_fields(after)
        for row in after.channels.values():
            require(refuse_total(row.total, after.allocation), id)
            require(refuse_total_for_channel(after.base.total, row.total), id)
        if changes.get("default"):
            require(refuse_set_default(after.state), id)
        if "remaining" in changes:
            remaining = hundredths(changes["remaining"])
            require(refuse_remaining(remaining, after.base.total), id)
            return remaining
        base = entitlement.base
        require(refuse_new_total(base.remaining, base.total, after.base.total), id)
        return remaining_after_edit(base.remaining, base.total, after.base.total)

    def add_contact(self, id: str, contact: str) -> None:
        """List a contact of the entitlement's customer on a draft (rules A2, L8)."""
        entitlement = self.entitlement(id)
        require(refuse_edit(entitlement.state), id)
        require(refuse_contact(belongs_to(contact, entitlement.customer)), id)
        if contact not in entitlement.contacts:
            entitlement.contacts.append(contact)

    def add_product(self, id: str, product: str) -> None:
        """List a product on a draft (rules A2, L8)."""
        entitlement = self.entitlement(id)
        require(refuse_edit(entitlement.state), id)
        if product not in entitlement.products:
            entitlement.products.append(product)

    # ------------------------------------------------------------------ top-ups

    def top_up(
        self,
        id: str,
        *,
        template: str | None = None,
        total_terms: WrittenAmount | None = None,
        end: date | None = None,
        priority: int | None = None,
        price: WrittenAmount | None = None,
    ) -> Balance:
        """Add a block to an entitlement, from today on (rule B6); a template fills what is None.

        Parameters
        ----------
        end : date, optional
            Its last day; without one, and never later, it ends with the entitlement.

        Returns
        -------
        Balance
            The block.

        Raises
        ------
        Refused
            The entitlement has ended, a fractional total in cases, or an end before today.
        ValueError
            The template is no top-up, or none of this entitlement; or there is no total.
        """
        entitlement = self.entitlement(id)
        source = EntitlementTemplate("") if template is None else self.template(template)
        if template is not None:
            _require_adding(source, entitlement)
        total = _filled(None if total_terms is None else hundredths(total_terms), source.total)
        if total is None:
            raise ValueError("a top-up needs total_terms, of its own or of its template")
        own = source.offering
        last = _filled(end, source.end if own.top_up is None or own.top_up.own_end else None)
        block = Balance(
            BalanceKind.TOPUP,
            None,
            max(self.today, entitlement.start),
            min(last or entitlement.end, entitlement.end),
            total,
            0,
            own.priority if priority is None else priority,
            own.price if price is None else hundredths(price),
        )
        self.enter_top_up(id, block)
        return block

    def enter_top_up(self, id: str, block: Balance) -> None:
        """Add a block as it is known to have been sold (rule B6).

        Raises
        ------
        Refused
            The entitlement has ended, a fractional total in cases, or an end before its start.
        """
        entitlement = self.entitlement(id)
        require(refuse_top_up(entitlement.state), id)
        require(refuse_total(block.total, entitlement.allocation), id)
        require(refuse_dates(day_number(block.starts), day_number(block.ends)), id)
        entitlement.blocks.append(block)
        self._post(entitlement, block.total, Reason.TOPUP, RuleId.B6, block=block)

    # ----------------------------------------------------------------- channels

    def add_channel(self, id: str | None, channel: Origin, total_terms: WrittenAmount) -> None:
        """Add the row of a channel to a draft (rules L8, C3).

        Raises
        ------
        Refused
            No entitlement, not a draft, a second row for the channel, or too large a total.
        """
        if id is None:
            raise Refused(Refusal.EntitlementChannelWithoutEntitlementId, channel.name.lower())
        entitlement = self.entitlement(id)
        total = hundredths(total_terms)
        require(refuse_channel_edit(entitlement.state), id)
        require(refuse_second_channel(channel in entitlement.channels), id)
        self._require_channel_total(entitlement, total)
        row = Balance(BalanceKind.CHANNEL, channel, entitlement.start, entitlement.end, total, 0)
        entitlement.channels[channel] = row
        self._post_channel(entitlement, row, total, Reason.ALLOT)

    def edit_channel(self, id: str, channel: Origin, total_terms: WrittenAmount) -> None:
        """Give a channel row of a draft a new total; what remains moves along (L8, C3, T8).

        Raises
        ------
        Refused
            Not a draft, no such row, too large a total, or one below what is used.
        """
        entitlement = self.entitlement(id)
        total = hundredths(total_terms)
        row = self._require_channel(entitlement, channel)
        self._require_channel_total(entitlement, total)
        require(refuse_new_total(row.remaining, row.total, total), id)
        delta = remaining_after_edit(row.remaining, row.total, total) - row.remaining
        row.total = total
        if delta:
            self._post_channel(entitlement, row, delta, Reason.ADJUST)

    def remove_channel(self, id: str, channel: Origin) -> None:
        """Remove a channel row of a draft (rule L8).

        What cases have taken of it will only come back to the whole balance.

        Raises
        ------
        Refused
            Not a draft, or no such row.
        """
        entitlement = self.entitlement(id)
        row = self._require_channel(entitlement, channel)
        if row.remaining:
            self._post_channel(entitlement, row, -row.remaining, Reason.ADJUST)
        del entitlement.channels[channel]
        for case in self.cases.values():
            case.takings = [
                taking
                for taking in case.takings
                if taking.entitlement != id or taking.origin != channel
            ]

    # ------------------------------------------------------------------- states

    def activate(self, id: str) -> None:
        """Activate a draft; by its dates it lands in active, waiting or expired (L2, L3)."""
        entitlement = self.entitlement(id)
        require(refuse_activate(entitlement.state), id)
        start, end = day_number(entitlement.start), day_number(entitlement.end)
        landing = state_on_activation(day_number(self.today), start, end)
        self._resume_period(entitlement)
        self._move_state(entitlement, landing, Trigger.ACTIVATED)
        if landing == State.EXPIRED:
            self._close_for_good(entitlement)

    def deactivate(self, id: str) -> None:
        """Make an active or waiting entitlement a draft again (rule L4)."""
        entitlement = self.entitlement(id)
        require(refuse_deactivate(entitlement.state), id)
        self._move_state(entitlement, State.DRAFT, Trigger.DEACTIVATED)

    def cancel(self, id: str) -> None:
        """Cancel an active or waiting entitlement (rule L5); some give back what is unused."""
        entitlement = self.entitlement(id)
        require(refuse_cancel(entitlement.state), id)
        self._move_state(entitlement, State.CANCELLED, Trigger.CANCELLED)
        if entitlement.offering.refunds_unused:
            sold = [(entitlement.offering.price, entitlement.start, entitlement.end)]
            for block in entitlement.blocks:
                if block.kind == BalanceKind.TOPUP:
                    sold.append((block.price, block.starts, block.ends))
            entitlement.refunded = sum(
                unused_price(price, day_number(first), day_number(last), day_number(self.today))
                for price, first, last in sold
            )
        self._close_for_good(entitlement)

    def set_expired(self, id: str) -> None:
        """Try to expire an entitlement by hand, which is always refused (rule L6)."""
        self.entitlement(id)
        require(refuse_set_expired(), id)

    def set_default(self, id: str) -> None:
        """Make an active entitlement its customer's default, instead of any other (rule A3).

        What an account holds is the default of that account (rule B7).
        """
        entitlement = self.entitlement(id)
        require(refuse_set_default(entitlement.state), id)
        for other in self.entitlements.values():
            if other.customer == entitlement.customer and other.account == entitlement.account:
                other.is_default = False
        entitlement.is_default = True

    def delete(self, id: str) -> None:
        """Delete an entitlement with its channels; its cases stay, without it (rule L7)."""
        require(refuse_delete(self.entitlement(id).state), id)
        del self.entitlements[id]
        for case in self.cases.values():
            if case.entitlement == id:
                case.entitlement = None
            case.takings = [taking for taking in case.takings if taking.entitlement != id]

    def renew(self, id: str, new_id: str) -> Entitlement:
        """Renew an expired or cancelled entitlement as a new draft from today (L9, L10).

        Channels, products and contacts are copied; the new record is nobody's default.

        Raises
        ------
        Refused
            The record is neither expired nor cancelled.
        ValueError
            The new record would end after the last day of the calendar, or its id is in use.
        """
        old = self.entitlement(id)
        require(refuse_renew(old.state), id)
        self._require_new(new_id, self.entitlements)
        start, end = (
            self.today,
            _last_day(
                renewed_end(day_number(self.today), day_number(old.start), day_number(old.end))
            ),
        )
        renewed = dataclasses.replace(
            old,
            id=new_id,
            start=start,
            end=end,
            blocks=[self._renewed(old.blocks[0], start, end)],
            base_number=0,
            moved={},
            period=0,
            has_closed=False,
            channels={
                origin: self._renewed(row, start, end) for origin, row in old.channels.items()
            },
            products=list(old.products),
            contacts=list(old.contacts),
            predecessor=id,
            state=State.DRAFT,
            is_default=False,
            refunded=0,
        )
        self._grant_first(renewed)
        self._open(renewed)
        self._leave_renewed(old)
        return renewed

    # ------------------------------------------------------------------ helpers

    def _leave_renewed(self, old: Entitlement) -> None:
        """Bring a record into the state of one that has been renewed (rule L10, Q3)."""
        state = State(state_of_old(old.state, self.settings.renew_marks_old_cancelled))
        if state != old.state:
            self._move_state(old, state, Trigger.RENEWED_OLD_CANCELLED)

    def _grant_first(self, entitlement: Entitlement) -> None:
        """Let an allowance take the place of a total, on a new record (rule B1)."""
        allowance = entitlement.offering.allowance
        if allowance is not None:
            block = self._first_block(entitlement, allowance, day_number(self.today))
            block.remaining = block.total
            entitlement.blocks = [block]
            for row in entitlement.channels.values():
                row.remaining = row.total

    def _renewed(self, balance: Balance, start: date, end: date) -> Balance:
        """Return a balance as the renewed record begins with it (rule L10)."""
        copies = self.settings.renew_copies_remaining
        remaining = renewed_remaining(balance.total, balance.remaining, True, copies)
        return dataclasses.replace(balance, starts=start, ends=end, remaining=remaining, opened=-1)

    def _require_fields(self, entitlement: Entitlement) -> None:
        """Refuse what no entitlement may hold, whether new or edited."""
        id = entitlement.id
        require(refuse_dates(day_number(entitlement.start), day_number(entitlement.end)), id)
        require(refuse_decrease_on(entitlement.allocation, entitlement.decrease_on), id)
        if entitlement.total_is_blank and entitlement.offering.needs_total:
            allowed = self.settings.allow_blank_total
            require(refuse_blank_total(entitlement.restrict, allowed), id)
        require(refuse_total(entitlement.base.total, entitlement.allocation), id)
        for contact in entitlement.contacts:
            require(refuse_contact(belongs_to(contact, entitlement.customer)), id)

    def _require_channel(self, entitlement: Entitlement, channel: Origin) -> Balance:
        require(refuse_channel_edit(entitlement.state), entitlement.id)
        if channel not in entitlement.channels:
            raise Refused(Refusal.ChannelMissing, entitlement.id)
        return entitlement.channels[channel]

    def _require_channel_total(self, entitlement: Entitlement, total: int) -> None:
        require(refuse_total(total, entitlement.allocation), entitlement.id)
        if not entitlement.offering.unlimited:
            require(refuse_channel_total(total, entitlement.total), entitlement.id)

    def _open(self, entitlement: Entitlement) -> None:
        """Put a new record on the desk; its balances start by entries of the ledger."""
        allotted = [balance.remaining for balance in entitlement.balances]
        for balance in entitlement.balances:
            balance.remaining = 0
        self.entitlements[entitlement.id] = entitlement
        self._move_state(entitlement, State.DRAFT, Trigger.CREATED)
        rule = RuleId.T8 if entitlement.offering.allowance is None else RuleId.B1
        self._post(entitlement, allotted[0], Reason.ALLOT, rule)
        for row, amount in zip(entitlement.channels.values(), allotted[1:], strict=True):
            self._post_channel(entitlement, row, amount, Reason.ALLOT)


def _require_adding(template: EntitlementTemplate, entitlement: Entitlement) -> None:
    """Refuse a template that is no top-up of an entitlement, or counts other terms."""
    top_up = template.offering.top_up
    if top_up is None:
        raise ValueError(f"'{template.id}' is no top-up; it lacks adds_to")
    if entitlement.template not in top_up.adds_to:
        known = ", ".join(f"'{name}'" for name in top_up.adds_to)
        raise ValueError(f"'{template.id}' adds to {known}, and '{entitlement.id}' is none of it")
    if template.allocation != entitlement.allocation:
        raise ValueError(
            f"'{template.id}' holds {template.allocation}, '{entitlement.id}' holds "
            f"{entitlement.allocation}"
        )


def _filled(written: Value | None, on_template: Value | None) -> Value | None:
    return on_template if fills(written is not None, on_template is not None) else written


def _totals(channels: Mapping[Origin, WrittenAmount] | None) -> dict[Origin, int] | None:
    if channels is None:
        return None
    return {origin: hundredths(amount) for origin, amount in channels.items()}


def _edited(entitlement: Entitlement, changes: EntitlementChanges) -> Entitlement:
    """Return the record as the changes would leave it; what remains is not moved yet."""
    start = changes.get("start", entitlement.start)
    end = changes.get("end", entitlement.end)
    after = dataclasses.replace(
        entitlement,
        customer=changes.get("customer", entitlement.customer),
        start=start,
        end=end,
        blocks=[
            dataclasses.replace(block, starts=start, ends=end)
            if block is entitlement.base
            else dataclasses.replace(
                block, ends=end if block.ends == entitlement.end else block.ends
            )
            for block in entitlement.blocks
        ],
        channels={
            origin: dataclasses.replace(row, starts=start, ends=end)
            for origin, row in entitlement.channels.items()
        },
        allocation=changes.get("allocation", entitlement.allocation),
        decrease_on=changes.get("decrease_on", entitlement.decrease_on),
        restrict=changes.get("restrict", entitlement.restrict),
        sla=changes.get("sla", entitlement.sla),
        template=changes.get("template", entitlement.template),
    )
    if after.customer != entitlement.customer:
        after.account = None  # accounts are numbered within their customer
    if "total_terms" in changes:
        total = changes["total_terms"]
        after.total_is_blank = total is None
        after.base.total = 0 if total is None else hundredths(total)
    if after.customer != entitlement.customer or changes.get("default") is False:
        after.is_default = False  # the mark belongs to the customer (rule A3)
    return after


def _last_day(number: int) -> date:
    try:
        return day_of(number)
    except (ValueError, OverflowError):
        raise ValueError("the renewed entitlement would end after the year 9999") from None
