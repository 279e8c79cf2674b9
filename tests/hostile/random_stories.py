"""Random stories: any action in any order, sensible or not, at the desk and by plain reading.

A story is plain data, as a file of stories would hold it, so that one which fails can be read and
played as any other::

    python tests/hostile/random_stories.py 5000 --seed 7

prints how many stories, steps and refusals there were, and where the two readings part.
"""

import argparse
import contextlib
import datetime as dt
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from plain_desk import SETTINGS, Impossible, PlainDesk, Refusals

from entitlement_sim.desk import Case, Desk, Refused, UnknownRecord
from entitlement_sim.desk.story_actions import STORY_ACTIONS
from entitlement_sim.desk.story_files import StoryStep, read_stories
from entitlement_sim.documents import DocumentError

OPENING = dt.date(2028, 2, 20)  # a leap year, some days before its leap day
STEPS = 26

CUSTOMERS = ["A"] * 14 + ["B", "B", "A/P"]
CONTACTS = ["A/P"] * 5 + ["A/Q", "A/Q", "B/R", None]
PRODUCTS = ["X", "X", "X", "Y", None]
ORIGINS = ["phone", "phone", "web", "email", None]
ROWS = ["phone", "web", "iot"]
TOTALS = [0, 1, 1, 2, 2, 3, 5, 2.5, 0.5, 1.25, -1]
MINUTES = [0, 1, 20, 30, 61, 90, 600]
FLAGS = [
    name
    for name, value in SETTINGS.items()
    if isinstance(value, bool)
    and name not in ("close_children_with_parent", "children_block_parent")
]

#: How often each action is tried, for those that are not tried once in a while.
WEIGHTS = {
    "create_case": 16,
    "update_case": 18,
    "resolve_case": 9,
    "cancel_case": 6,
    "reactivate_case": 9,
    "add_activity": 7,
    "merge_cases": 5,
    "advance_to": 4,
    "create_entitlement": 4,
    "activate": 3,
    "deactivate": 4,
    "set_default": 3,
    "edit_entitlement": 6,
    "edit_channel": 3,
    "add_channel": 2,
    "renew": 2,
}


#: States in which an entitlement or a case is mostly chosen for an action, since it is done then.
LIKELY = {
    "edit_entitlement": ("draft",),
    "add_channel": ("draft",),
    "edit_channel": ("draft",),
    "remove_channel": ("draft",),
    "add_contact": ("draft",),
    "add_product": ("draft",),
    "activate": ("draft",),
    "deactivate": ("active", "waiting"),
    "cancel": ("active", "waiting"),
    "renew": ("expired", "cancelled"),
    "delete": ("draft", "expired", "cancelled"),
    "resolve_case": ("active",),
    "cancel_case": ("active",),
    "reactivate_case": ("resolved", "cancelled"),
    "merge_cases": ("active",),
    "create_case": ("active",),
    "update_case": ("active",),
}


#: What only offerings with several balances know, of which the second reading has one for all
#: cases; random histories play them at the desk and in the engine.
OF_BLOCKS = ("top_up",)


class Writer:
    """Writes one random story; it plays along, so as to speak mostly of what there is."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.plain = PlainDesk(dt.datetime.combine(OPENING, dt.time()), {})
        self.entitlements: list[str] = []
        self.templates: list[str] = []
        self.cases: list[str] = []
        self.clock = dt.datetime.combine(OPENING, dt.time())

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, values: list[Any]) -> Any:
        return self.random.choice(values)

    def sometimes(self, share: float, **values: Any) -> dict[str, Any]:
        return {key: value for key, value in values.items() if self.chance(share)}

    def story(self) -> dict[str, Any]:
        settings: dict[str, Any] = {name: not SETTINGS[name] for name in FLAGS if self.chance(0.2)}
        for name in ("auto_apply_on_create", "auto_apply_on_update"):
            settings[name] = self.chance(0.5)
        if self.chance(0.5):
            settings[self.pick(["close_children_with_parent", "children_block_parent"])] = True
        if self.chance(0.2):
            settings["tz"] = self.pick(["Asia/Tokyo", "America/Phoenix"])
            settings["job_time"] = self.pick(["00:00", "06:30", "23:59"])
        self.plain.set |= settings
        actions = [action for action in STORY_ACTIONS if action not in OF_BLOCKS]
        weights = [WEIGHTS.get(action, 1) for action in actions]
        plot = ["create_template", "in force", "in force", "in force", *["create_case"] * 4]
        plot += self.random.choices(actions, weights, k=STEPS - len(plot))
        steps = [self.played(self.step(action)) for action in plot]
        return {"story": "random", "today": self.day(0), "settings": settings, "steps": steps}

    def played(self, step: dict[str, Any]) -> dict[str, Any]:
        ((action, arguments),) = step.items()
        with contextlib.suppress(Refusals, Impossible):
            self.plain.do(action, {"moment": arguments} if action == "advance_to" else arguments)
        return step

    def one_of(self, ids: list[str], action: str) -> str:
        """One of some ids, mostly one that is there and in a state that fits the action."""
        there = {**self.plain.entitlements, **self.plain.cases}
        alive = [id for id in ids if id in there]
        likely = [
            id for id in alive if there[id]["state"] in LIKELY.get(action, there[id]["state"])
        ]
        for fitting, share in ((likely, 0.85), (alive, 0.9)):
            if fitting and self.chance(share):
                return self.pick(fitting)
        return self.pick(ids)

    def day(self, *range_of_days: int) -> dt.date:
        first, last = (*range_of_days, *range_of_days)[:2]
        return OPENING + dt.timedelta(self.random.randint(first, last))

    # ------------------------------------------------------------------------ its records

    def new_id(self, letter: str, ids: list[str]) -> str:
        ids.append(f"{letter}{len(ids) + 1}")
        return ids[-1]

    def template(self) -> dict[str, Any]:
        says = {
            **self.sometimes(0.3, allocation="hours", restrict=True, sla="Gold"),
            **self.sometimes(0.5, total_terms=self.pick(TOTALS), start=self.day(-5, 3)),
            **self.sometimes(0.5, end=self.day(-1, 20), channels=self.channels()),
            **self.sometimes(0.4, decrease_on=self.pick(["creation", "resolution"])),
            **self.sometimes(0.2, products=["X"]),
        }
        return {"create_template": {"id": self.new_id("T", self.templates), **says}}

    def channels(self, small: bool = False) -> dict[str, Any]:
        totals = [0, 1] if small else TOTALS
        return {self.pick(ROWS): self.pick(totals) for _ in range(self.random.randint(1, 2))}

    def entitlement(self, in_force: bool = False) -> dict[str, Any]:
        says: dict[str, Any] = {"customer": "A" if in_force else self.pick(CUSTOMERS)}
        mode = self.pick(["creation", "creation", "resolution", "hours"])
        says |= {"allocation": "hours"} if mode == "hours" else {"decrease_on": mode}
        start = self.day(-3, 0) if in_force else self.day(-12, 6)
        says |= {"start": start, "end": start + dt.timedelta(self.random.randint(0, 20))}
        if self.chance(0.9):
            says["total_terms"] = self.pick([1, 2, 2, 3, 5] if in_force else TOTALS)
        says |= self.sometimes(0.55, restrict=True)
        says |= self.sometimes(0.3, channels=self.channels(in_force))
        says |= self.sometimes(0.12, products=["X"], contacts=["A/P"], sla=self.pick(["S", "G"]))
        if in_force or self.chance(0.4):
            says |= {"state": "active", **self.sometimes(0.4, default=True)}
        if not in_force and self.templates and self.chance(0.2):
            says["template"] = self.pick(self.templates)
            for name in self.random.sample(list(says), 2):
                del says[name]
        return {"create_entitlement": {"id": self.new_id("E", self.entitlements), **says}}

    def new_case(self) -> dict[str, Any]:
        says: dict[str, Any] = {"customer": self.pick(CUSTOMERS)}
        says |= self.sometimes(0.7, origin=self.pick(ORIGINS), product=self.pick(PRODUCTS))
        says |= self.sometimes(0.5, contact=self.pick(CONTACTS))
        says |= self.sometimes(0.15, decrement=False, privileged=False)
        if self.chance(0.6):
            says["entitlement"] = self.one_of(self.entitlements, "create_case")
        if self.cases and self.chance(0.3):
            says["parent"] = self.one_of(self.cases, "create_case")
            if self.chance(0.5):
                del says["customer"]
        id = self.new_id("C", self.cases)
        if self.chance(0.03):
            times = self.pick([2, 3, 99, 101])
            self.cases[-1:] = [f"{id}x{number}" for number in (1, 2)]
            return {"id": f"{id}x", "times": times, **says}
        return {"id": id, **says}

    # -------------------------------------------------------------------------- its steps

    def step(self, action: str) -> dict[str, Any]:
        if action == "create_template":
            return self.template()
        if action in ("in force", "create_entitlement"):
            return self.entitlement(in_force=action == "in force")
        if action == "create_case":
            return {"create_case": self.new_case()}
        case, entitlement = (self.one_of(ids, action) for ids in (self.cases, self.entitlements))
        arguments: Any
        if action == "update_case":
            arguments = {"id": case, "set": self.changes(), **self.sometimes(0.1, privileged=False)}
        elif action == "edit_entitlement":
            arguments = {"id": entitlement, "set": self.edits()}
        elif action == "advance_to":
            self.clock += dt.timedelta(
                minutes=self.pick([1, 389, 390, 540, 1439, 1440, 4320, 9999])
            )
            arguments = self.clock
        elif action == "renew":
            arguments = {"entitlement": entitlement, "as": self.new_id("E", self.entitlements)}
        elif action == "email_case":
            arguments = {"id": self.new_id("C", self.cases), "from": self.pick(["A/P", "B/R", "A"])}
            arguments |= self.sometimes(0.5, needs_entitlement=False)
        elif action == "merge_cases":
            others = [self.one_of(self.cases, action) for _ in range(self.pick([1, 1, 2]))]
            arguments = {"into": case, "from": others}
        elif action.endswith("_case") or action == "add_activity":
            arguments = {"case": case, **self.about_work(action)}
        else:
            arguments = {"entitlement": entitlement, **self.about_lists(action, entitlement)}
        return {action: arguments}

    def about_work(self, action: str) -> dict[str, Any]:
        if action == "add_activity":
            return {"minutes": self.pick(MINUTES), **self.sometimes(0.3, status="open")}
        if action == "resolve_case":
            minutes = self.sometimes(0.25, billable_minutes=self.pick(MINUTES))
            return minutes | self.sometimes(0.4, cancel_open_activities=True)
        return {}

    def about_lists(self, action: str, entitlement: str) -> dict[str, Any]:
        rows = list(self.plain.entitlements.get(entitlement, {}).get("channels", ())) or ROWS
        if action == "add_channel":
            nowhere = self.sometimes(0.1, entitlement=None)
            return {"channel": self.pick(ROWS), "total_terms": self.pick(TOTALS), **nowhere}
        if action in ("edit_channel", "remove_channel"):
            amount = {"total_terms": self.pick(TOTALS)} if action == "edit_channel" else {}
            return {"channel": self.pick(rows), **amount}
        if action == "add_contact":
            return {"contact": self.pick(["A/P", "B/R"])}
        return {"product": self.pick(["X", "Y"])} if action == "add_product" else {}

    def changes(self) -> dict[str, Any]:
        says = {
            **self.sometimes(0.3, entitlement=self.one_of(self.entitlements, "create_case")),
            **self.sometimes(0.1, entitlement=None),
            **self.sometimes(0.12, customer=self.pick([*CUSTOMERS, None])),
            **self.sometimes(0.3, contact=self.pick(CONTACTS), product=self.pick(PRODUCTS)),
            **self.sometimes(0.2, origin=self.pick(ORIGINS), parent=self.pick([*self.cases, None])),
            **self.sometimes(0.3, decrement=self.chance(0.4)),
        }
        return says or {"title": "Changed"}

    def edits(self) -> dict[str, Any]:
        says = {
            **self.sometimes(0.4, total_terms=self.pick([*TOTALS, None])),
            **self.sometimes(0.15, remaining=self.pick(TOTALS), end=self.day(-3, 20)),
            **self.sometimes(0.15, restrict=self.chance(0.5), sla=self.pick(["S", None])),
            **self.sometimes(0.1, customer=self.pick(CUSTOMERS), default=self.chance(0.5)),
            **self.sometimes(0.1, allocation=self.pick(["cases", "hours"]), start=self.day(-9, 9)),
            **self.sometimes(0.1, decrease_on=self.pick(["creation", "resolution"])),
        }
        return says or {"restrict": True}


# ------------------------------------------------------------------------------- two readings


@dataclass
class Figures:
    """What a number of stories came to."""

    stories: int = 0
    steps: int = 0
    refused: int = 0
    impossible: int = 0
    done: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            f"{self.stories} stories, {self.steps} steps, {self.refused} refused, "
            f"{self.impossible} on what is not there",
            f"{len(self.done)} actions done, {len(self.refusals)} names of refusals",
            f"{len(self.disagreements)} disagreements",
        ]
        return "\n".join([*lines, *self.disagreements[:5]])


def read_desk(desk: Desk) -> dict[str, Any]:
    """What the desk holds, as the plain reading has it."""
    return {
        "templates": sorted(desk.templates),
        "entitlements": {
            id: {
                "customer": one.customer,
                "start": one.start,
                "end": one.end,
                "allocation": one.allocation.label,
                "decrease_on": one.decrease_on.label,
                "restrict": one.restrict,
                "total": one.total,
                "left": one.remaining,
                "blank": one.total_is_blank,
                "channels": {
                    origin.label: {"total": row.total, "left": row.remaining}
                    for origin, row in one.channels.items()
                },
                "products": one.products,
                "contacts": one.contacts,
                "sla": one.sla,
                "state": one.state.label,
                "default": one.is_default,
            }
            for id, one in desk.entitlements.items()
        },
        "cases": {
            id: {
                "customer": one.customer,
                "contact": one.contact,
                "product": one.product,
                "origin": None if one.origin is None else one.origin.label,
                "entitlement": one.entitlement,
                "sla": one.sla,
                "parent": one.parent,
                "decrement": one.decrement,
                "state": one.state.label,
                "status": int(one.status),
                "held": _held(one),
                "work": [
                    {"minutes": work.minutes, "status": work.status.label, "billed": work.billed}
                    for work in one.activities
                ],
            }
            for id, one in desk.cases.items()
        },
    }


def _held(case: Case) -> dict[str, Any] | None:
    if not case.takings:
        return None
    rows = [taking.origin.label for taking in case.takings if taking.origin is not None]
    whole = case.takings[0]
    return {"by": whole.entitlement, "row": rows[0] if rows else None, "amount": whole.amount}


def read_plain(desk: PlainDesk) -> dict[str, Any]:
    """The same of the plain reading."""
    return {
        "templates": sorted(desk.templates),
        "entitlements": {
            id: {key: value for key, value in one.items() if key != "template"}
            for id, one in desk.entitlements.items()
        },
        "cases": {
            id: {key: value for key, value in one.items() if key not in ("title", "times")}
            for id, one in desk.cases.items()
        },
    }


def differences(first: Any, second: Any, path: str = "") -> Iterator[str]:
    """Places at which two readings part."""
    if first == second:
        return
    if isinstance(first, dict) and isinstance(second, dict):
        for key in {**first, **second}:
            yield from differences(first.get(key), second.get(key), f"{path}.{key}")
    else:
        yield f"{path.removeprefix('.')}: desk {first!r}, plainly {second!r}"


def played(desk: Desk, step: StoryStep) -> str | None:
    """Do a step at the desk; the name of its refusal, None if it is done."""
    try:
        STORY_ACTIONS[step.action].do(desk, dict(step.arguments))
    except Refused as refused:
        return refused.name
    except (UnknownRecord, ValueError) as error:
        raise Impossible from error
    return None


def attempts(desk: Desk, plain: PlainDesk, step: StoryStep, written: Any) -> tuple[Any, Any]:
    """What the desk makes of a step, and all that it may be plainly: names, None, impossible."""
    try:
        answer: Any = played(desk, step)
    except Impossible:
        answer = Impossible
    try:
        arguments = {"moment": written} if step.action == "advance_to" else written
        plain.do(step.action, arguments)
    except Refusals as refusals:
        return answer, refusals.names
    except Impossible:
        return answer, Impossible
    return answer, {None}


def compare(story: dict[str, Any], figures: Figures) -> str | None:
    """Play a story both ways; say where the two part, if they do."""
    (read,) = read_stories(story)
    desk = Desk(read.today, read.settings)
    plain = PlainDesk(read.today, story["settings"])
    figures.stories += 1
    for step, written in zip(read.steps, story["steps"], strict=True):
        (arguments,) = written.values()
        figures.steps += 1
        answer, due = attempts(desk, plain, step, arguments)
        if due is Impossible:  # who asks for what is not there may be refused for something else
            figures.impossible += 1
            if answer is None:
                return f"step {step.number}, {step.text}: done, though it is impossible"
        elif answer not in due:
            return f"step {step.number}, {step.text}: desk {answer!r}, plainly one of {due}"
        elif answer is None:
            figures.done[step.action] += 1
        else:
            figures.refused += 1
            figures.refusals[answer] += 1
        unlike = list(differences(read_desk(desk), read_plain(plain)))
        if unlike:
            return f"step {step.number}, {step.text}: {'; '.join(unlike)}"
    return None


def smallest(story: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a story whatever is not needed for its two readings to part."""
    for part in ("steps", "settings"):
        for key in reversed(list(range(len(story[part])) if part == "steps" else story[part])):
            less = story | {part: story[part].copy()}
            del less[part][key]
            try:
                if compare(less, Figures()):
                    story = less
            except DocumentError:  # it names what nobody makes any more
                continue
    return story


def play(stories: int, seed: int = 0, seconds: float = float("inf")) -> Figures:
    """Play random stories until there are enough or their CPU time is over."""
    figures = Figures()
    until = time.process_time() + seconds
    for number in range(stories):
        if time.process_time() > until:
            break
        story = Writer(seed * 1_000_003 + number).story()
        if compare(story, figures):
            story = smallest(story)
            text = yaml.safe_dump([story], sort_keys=False, default_flow_style=None, width=150)
            figures.disagreements.append(f"# {compare(story, Figures())}\n{text}")
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stories", type=int, nargs="?", default=1000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    figures = play(chosen.stories, chosen.seed)
    print(figures)
    print(f"{time.process_time():.0f} s of CPU time")
    print("done:", dict(figures.done.most_common()))
    print("refused:", dict(figures.refusals.most_common()))
