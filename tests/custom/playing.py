"""Plays stories of habits: a scenario lives until the evening of each day that is expected of."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pandas as pd
from facts import FACTS, plain, rows_about
from lived import Tables, lived
from story_files import Expectation, Story, Subject


def play(story: Story, seed: int = 1) -> list[str]:
    """Play a story, and return everything that is not as expected, one line each."""
    evenings: dict[dt.date, Tables] = {}
    wrong = []
    for expectation in story.expectations:
        day = expectation.day
        if day not in evenings:
            days = (day - story.scenario.model.calendar.start).days + 1
            evenings[day] = lived(story.scenario.with_({"calendar.days": days}), seed)
        place = f"{story.file}:{expectation.line}: in the evening of {day}, "
        wrong += [place + words for words in _differences(expectation, evenings[day])]
    return wrong


def _differences(expectation: Expectation, tables: Tables) -> Iterator[str]:
    subject = expectation.subject
    rows = _chosen(subject, rows_about(tables, subject.about))
    if rows.empty:
        if subject.quantifier != "no":
            yield f"{expectation.written}: there is none"
        return
    first = rows.columns[0]
    found = [
        (row[first], list(_wrong(expectation, tables, row))) for row in rows.to_dict("records")
    ]
    right = [number for number, wrong in found if not wrong]
    if subject.quantifier == "some":
        if not right:
            words = f"there are {len(found)}, but none with {expectation.facts}"
            yield f"{expectation.written}: {words}"
    elif subject.quantifier == "no":
        if right:
            yield f"{expectation.written}: {subject.about} {right[0]} has {expectation.facts}"
    else:
        number, wrong = next(((n, words) for n, words in found if words), (0, []))
        yield from (f"{subject.about} {number}: {words}" for words in wrong)


def _chosen(subject: Subject, rows: pd.DataFrame) -> pd.DataFrame:
    if subject.number is not None:
        rows = rows[rows.iloc[:, 0] == subject.number]
    if subject.since is not None:
        rows = rows[rows["begun"] >= subject.since]
    if subject.before is not None:
        rows = rows[rows["begun"] < subject.before]
    return rows


def _wrong(expectation: Expectation, tables: Tables, row: dict[str, Any]) -> Iterator[str]:
    for name, expected in expectation.facts.items():
        value = plain(FACTS[expectation.subject.about][name].read(tables, row))
        if value != (None if expected == "none" else expected):
            yield f"{name} is {'none' if value is None else value}, not {expected}"
