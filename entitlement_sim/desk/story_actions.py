"""The actions of a story: what each of them is told, and how it is done at the desk."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..documents import DataPath
from ..rules.weights import SEVERITIES
from ..rules.words import ActivityStatus, State
from .desk import Desk
from .story_offerings import OFFERING_FIELDS, total_terms, with_offering
from .story_values import (
    MOST_TIMES,
    Kind,
    Read,
    Reader,
    allocation,
    amount,
    calendar_day,
    channels,
    decrease_on,
    fields,
    flag,
    list_of,
    minutes,
    moment,
    one_of,
    optional,
    origin,
    reference,
    text,
    whole,
)

Arguments = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoryAction:
    """One action of a story.

    Attributes
    ----------
    table : Mapping
        Reader of each argument.
    needed : tuple of str
        Arguments that must be written.
    do : callable
        Does it at a desk; the arguments are those that were written.
    makes : Kind or None
        What comes into being under the id that `id_argument` names.
    """

    table: Mapping[str, Read]
    needed: tuple[str, ...]
    do: Callable[[Desk, Arguments], object]
    makes: Kind | None = None
    id_argument: str = "id"

    def made_ids(self, arguments: Arguments) -> list[str]:
        """Return the ids of the records that the action is to make."""
        id = arguments.get(self.id_argument)
        if self.makes is None or id is None:
            return []
        return ids_of_times(id, arguments.get("times"))


#: Largest number of a customer's account.
MOST_ACCOUNTS: Final = 1_000_000

#: States in which an entitlement may be written down.
_OPENING_STATES: Final = (State.DRAFT, State.ACTIVE)
#: States in which an activity may be written down.
_WRITTEN: Final = (ActivityStatus.OPEN, ActivityStatus.COMPLETED)


def ids_of_times(id: str, times: int | None) -> list[str]:
    """Return the ids of ``times`` records: ``C`` makes ``C1`` … ``Cn``."""
    return [id] if times is None else [f"{id}{number}" for number in range(1, times + 1)]


# ------------------------------------------------------------------------------ their arguments

_template = reference(Kind.TEMPLATE)
_entitlement = reference(Kind.ENTITLEMENT)
_case = reference(Kind.CASE)
_account = whole(1, MOST_ACCOUNTS)

#: Fields of a template, as given and as made in a step.
TEMPLATE_FIELDS: Final[dict[str, Read]] = {
    "allocation": allocation,
    "total_terms": optional(total_terms),
    "decrease_on": optional(decrease_on),
    "restrict": flag,
    "start": optional(calendar_day),
    "end": optional(calendar_day),
    "channels": channels,
    "products": list_of(text),
    "sla": optional(text),
    **OFFERING_FIELDS,
}

#: Fields of an entitlement, as given and as made in a step; null is the same as not written.
ENTITLEMENT_FIELDS: Final[dict[str, Read]] = {
    "customer": optional(text),
    "start": optional(calendar_day),
    "end": optional(calendar_day),
    "allocation": optional(allocation),
    "total_terms": optional(total_terms),
    "decrease_on": optional(decrease_on),
    "restrict": optional(flag),
    "channels": optional(channels),
    "products": optional(list_of(text)),
    "contacts": list_of(text),
    "template": optional(_template),
    "sla": optional(text),
    "default": flag,
    "state": one_of(_OPENING_STATES, "state to be written down"),
    "accepts_overage": flag,
    "account": optional(_account),
    **OFFERING_FIELDS,
}

#: Fields of a case, as given and as made in a step.
CASE_FIELDS: Final[dict[str, Read]] = {
    "customer": optional(text),
    "contact": optional(text),
    "product": optional(text),
    "origin": optional(origin),
    "entitlement": optional(_entitlement),
    "decrement": flag,
    "privileged": flag,
    "parent": optional(_case),
    "severity": whole(1, SEVERITIES),
    "outside_hours": flag,
    "on_holiday": flag,
    "account": optional(_account),
    "times": whole(1, MOST_TIMES),
}

#: Fields that an edit of an entitlement may set.
EDITED_FIELDS: Final[dict[str, Read]] = {
    "customer": text,
    "start": calendar_day,
    "end": calendar_day,
    "allocation": allocation,
    "total_terms": optional(amount),
    "remaining": amount,
    "decrease_on": decrease_on,
    "restrict": flag,
    "template": optional(_template),
    "sla": optional(text),
    "default": flag,
}

#: Fields that an update of a case may set; null clears.
UPDATED_FIELDS: Final[dict[str, Read]] = {
    "entitlement": optional(_entitlement),
    "customer": optional(text),
    "contact": optional(text),
    "product": optional(text),
    "origin": optional(origin),
    "title": optional(text),
    "decrement": flag,
    "parent": optional(_case),
}


def _set(table: Mapping[str, Read]) -> Read:
    def read_set(reader: Reader, path: DataPath, value: Any) -> Arguments:
        return fields(reader, path, value, table)

    return read_set


# ------------------------------------------------------------------------------ how they are done


def _at_once(desk: Desk, work: Callable[[Desk], None]) -> None:
    """Do several things as one: all of them, or none if one is refused."""
    trial = copy.deepcopy(desk)
    work(trial)
    vars(desk).update(vars(trial))


def _create_entitlement(desk: Desk, arguments: Arguments) -> None:
    given = with_offering(arguments)
    id, state = given.pop("id"), given.pop("state", State.DRAFT)
    default = given.pop("default", False)
    accepts = given.pop("accepts_overage", True)

    def make(trial: Desk) -> None:
        trial.create_entitlement(id, **given).accepts_overage = accepts
        if state == State.ACTIVE:
            trial.activate(id)
        if default:
            trial.set_default(id)

    _at_once(desk, make)


def _create_case(desk: Desk, arguments: Arguments) -> None:
    given = dict(arguments)
    id, times = given.pop("id"), given.pop("times", None)
    if times is None:
        desk.create_case(id, **given)
        return

    def make(trial: Desk) -> None:
        for case_id in ids_of_times(id, times):
            trial.create_case(case_id, **given)

    _at_once(desk, make)


def _resolve_case(desk: Desk, arguments: Arguments) -> None:
    given = dict(arguments)
    desk.resolve_case(given.pop("case"), **given)


def _update_case(desk: Desk, arguments: Arguments) -> None:
    privileged = arguments.get("privileged", True)
    desk.update_case(arguments["id"], privileged=privileged, **arguments["set"])


def _email_case(desk: Desk, arguments: Arguments) -> None:
    needs = arguments.get("needs_entitlement", True)
    desk.email_case(arguments["id"], arguments["from"], needs_entitlement=needs)


def _add_activity(desk: Desk, arguments: Arguments) -> None:
    status = arguments.get("status", ActivityStatus.COMPLETED)
    desk.add_activity(arguments["case"], arguments["minutes"], status)


def _of_entitlement(method: Callable[[Desk, str], object]) -> StoryAction:
    table = {"entitlement": _entitlement}
    return StoryAction(
        table, ("entitlement",), lambda desk, given: method(desk, given["entitlement"])
    )


def _of_case(method: Callable[[Desk, str], object]) -> StoryAction:
    return StoryAction({"case": _case}, ("case",), lambda desk, given: method(desk, given["case"]))


#: Every action of a story by its name.
STORY_ACTIONS: Final[dict[str, StoryAction]] = {
    "create_template": StoryAction(
        {"id": text, **TEMPLATE_FIELDS},
        ("id",),
        lambda desk, given: desk.create_template(**with_offering(given)),
        makes=Kind.TEMPLATE,
    ),
    "create_entitlement": StoryAction(
        {"id": text, **ENTITLEMENT_FIELDS}, ("id",), _create_entitlement, makes=Kind.ENTITLEMENT
    ),
    "edit_entitlement": StoryAction(
        {"id": _entitlement, "set": _set(EDITED_FIELDS)},
        ("id", "set"),
        lambda desk, given: desk.edit_entitlement(given["id"], **given["set"]),
    ),
    "add_channel": StoryAction(
        {"entitlement": optional(_entitlement), "channel": origin, "total_terms": amount},
        ("channel", "total_terms"),
        lambda desk, given: desk.add_channel(
            given.get("entitlement"), given["channel"], given["total_terms"]
        ),
    ),
    "edit_channel": StoryAction(
        {"entitlement": _entitlement, "channel": origin, "total_terms": amount},
        ("entitlement", "channel", "total_terms"),
        lambda desk, given: desk.edit_channel(
            given["entitlement"], given["channel"], given["total_terms"]
        ),
    ),
    "remove_channel": StoryAction(
        {"entitlement": _entitlement, "channel": origin},
        ("entitlement", "channel"),
        lambda desk, given: desk.remove_channel(given["entitlement"], given["channel"]),
    ),
    "add_contact": StoryAction(
        {"entitlement": _entitlement, "contact": text},
        ("entitlement", "contact"),
        lambda desk, given: desk.add_contact(given["entitlement"], given["contact"]),
    ),
    "add_product": StoryAction(
        {"entitlement": _entitlement, "product": text},
        ("entitlement", "product"),
        lambda desk, given: desk.add_product(given["entitlement"], given["product"]),
    ),
    "activate": _of_entitlement(Desk.activate),
    "deactivate": _of_entitlement(Desk.deactivate),
    "cancel": _of_entitlement(Desk.cancel),
    "delete": _of_entitlement(Desk.delete),
    "set_expired": _of_entitlement(Desk.set_expired),
    "set_default": _of_entitlement(Desk.set_default),
    "renew": StoryAction(
        {"entitlement": _entitlement, "as": text},
        ("entitlement", "as"),
        lambda desk, given: desk.renew(given["entitlement"], given["as"]),
        makes=Kind.ENTITLEMENT,
        id_argument="as",
    ),
    "create_case": StoryAction({"id": text, **CASE_FIELDS}, ("id",), _create_case, makes=Kind.CASE),
    "email_case": StoryAction(
        {"id": text, "from": text, "needs_entitlement": flag},
        ("id", "from"),
        _email_case,
        makes=Kind.CASE,
    ),
    "update_case": StoryAction(
        {"id": _case, "set": _set(UPDATED_FIELDS), "privileged": flag},
        ("id", "set"),
        _update_case,
    ),
    "add_activity": StoryAction(
        {"case": _case, "minutes": minutes, "status": one_of(_WRITTEN, "status of an activity")},
        ("case", "minutes"),
        _add_activity,
    ),
    "resolve_case": StoryAction(
        {
            "case": _case,
            "billable_minutes": optional(minutes),
            "cancel_open_activities": flag,
        },
        ("case",),
        _resolve_case,
    ),
    "cancel_case": _of_case(Desk.cancel_case),
    "reactivate_case": _of_case(Desk.reactivate_case),
    "delete_case": _of_case(Desk.delete_case),
    "merge_cases": StoryAction(
        {"into": _case, "from": list_of(_case)},
        ("into", "from"),
        lambda desk, given: desk.merge_cases(given["into"], given["from"]),
    ),
    "advance_to": StoryAction(
        {"moment": moment}, ("moment",), lambda desk, given: desk.advance_to(given["moment"])
    ),
}
