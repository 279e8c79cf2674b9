"""Mutated YAML: scenarios and stories with something wrong in them, by text and by bytes.

Run it for its figures: ``python tests/hostile/yaml_fuzzer.py --inputs 5000 --seed 3``.
"""

import argparse
import contextlib
import io
import random
import re
import resource
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from entitlement_sim.cli import answer
from entitlement_sim.scenario.shipped import shipped_scenarios

STORIES = Path(__file__).parents[1] / "stories"

#: Processor seconds after which an input counts as a hang.
PATIENCE = 20.0
#: Of the scenarios that are still right, every so many-th is simulated.
SIMULATED = 8

#: What takes the place of a value, a key or a letter.
NASTY = [
    "", "~", "null", "true", "no", "-1", "0", "1e309", "1.0e+309", ".nan", ".inf",
    "1.0e-320", "5.0e-324", "1.0e-9", "0x7fffffff", "0b11", "017", "1_000", "9" * 30, "9" * 5000,
    "0x" + "f" * 300, "99999999999999", "100000000", "36525", "2025-02-30", "9999-12-31",
    "0001-01-01", "2025-01-01 25:00",
    "2025-01-01T00:00:00+99:99", "12:61", "17:00", "''", '""', '"', "'", "[", "]", "{", "}", "|",
    ">", "? x", ": ", "- ", "#", "%", "@", "`", "&a", "*a", "&a [*a]", "{<<: *a}", "<<: {a: 1}",
    "&a {b: *a}", "!!binary x", "!!binary '\u1234'", "!!set {a, b}", "!!omap [a: 1]", "!!int x",
    "!!float x", "!!bool perhaps", "!!timestamp x", "!!python/name:os.system", "!!str 5", "!<x>",
    "! x", '"\\U00110000"', '"\\ud800"', '"\\x00"', "\x00", "\x07", "\t", "\r", "\x85", "\u2028",
    "\ufeff", "\U0001f600", "Ω", "\u202e", "[" * 500, "{a: " * 500, "- " * 500, "x" * 3000,
    "[1, 2, 3]", "{a: 1}", "{}", "[]", "---", "...", "= ", "<<", "a.b[0]", "$x", "../x",
]  # fmt: skip


class HangError(BaseException):
    """An input took more than :data:`PATIENCE`; no handler of the package takes it for its own."""


@dataclass
class Figures:
    """What came of the inputs."""

    inputs: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        answers = ", ".join(f"{name} {count}" for name, count in sorted(self.answers.items()))
        return (
            f"{self.inputs} inputs in {self.seconds:.0f} CPU s: {answers}; "
            f"{len(self.faults)} faults"
        )


# ------------------------------------------------------------------------------- inputs

#: Changes of shipped scenarios, of which most name something that is there.
OVERRIDES = [
    "calendar.days=365", "calendar.start=2025-01-31", "calendar.weekdays[0]=2", "seed=7",
    "calendar.season={amplitude: 0.5, peak: 06-15}", "templates.'Pack 10'.total_terms=12",
    "segments.small.customers=100", "segments.everyone.cases={per_year: 12, shape: 0.5}",
    "segments.small.holds[0].share=0.5", "bursts=[{product: Mail, per_year: 3}]",
    "rules.gate_on_reactivate=true", "segments.small.resolve_hours={fixed: 3}",
]  # fmt: skip


def seeds_of_scenarios() -> list[str]:
    """The shipped scenarios with few customers, so that they can be simulated."""
    return [
        re.sub(r"customers: *[\d_]+", "customers: 2", file.read_text(encoding="utf-8"))
        for file in shipped_scenarios().values()
    ]


def seeds_of_stories() -> list[str]:
    """Single stories of the project's own."""
    return [
        f"- story:{story}"
        for file in sorted(STORIES.glob("*.yaml"))
        for story in file.read_text(encoding="utf-8").split("- story:")[1:]
    ]


def mutated(text: str, rng: random.Random) -> bytes:
    """Return a document with one to four things changed, as bytes."""
    for _ in range(rng.choices([1, 2, 3, 4], [8, 3, 2, 1])[0]):
        text = rng.choice(TEXT_MUTATIONS)(text, rng)
    raw = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.3:
        for _ in range(rng.randint(1, 3)):
            raw = rng.choice(BYTE_MUTATIONS)(raw, rng)
    return raw


def _lines(change: Callable[[list[str], int, random.Random], None]) -> Callable[..., str]:
    def mutation(text: str, rng: random.Random) -> str:
        lines = text.split("\n")
        change(lines, rng.randrange(len(lines)), rng)
        return "\n".join(lines)

    return mutation


def _delete_line(lines: list[str], at: int, rng: random.Random) -> None:
    del lines[at]
    if not lines:
        lines.append("")


def _repeat_line(lines: list[str], at: int, rng: random.Random) -> None:
    lines.insert(at, lines[at])


def _move_line(lines: list[str], at: int, rng: random.Random) -> None:
    line = lines.pop(at)
    lines.insert(rng.randint(0, len(lines)), line)


def _indent_line(lines: list[str], at: int, rng: random.Random) -> None:
    line = lines[at]
    lines[at] = " " * rng.randint(1, 3) + line if rng.random() < 0.5 else line[rng.randint(1, 3) :]


def _change_value(lines: list[str], at: int, rng: random.Random) -> None:
    key, colon, _ = lines[at].partition(": ")
    lines[at] = f"{key}: {rng.choice(NASTY)}" if colon else rng.choice(NASTY)


def _change_key(lines: list[str], at: int, rng: random.Random) -> None:
    key, colon, value = lines[at].partition(":")
    blank = key[: len(key) - len(key.lstrip())]
    lines[at] = f"{blank}{rng.choice(NASTY)}{colon}{value}"


def _anchor(lines: list[str], at: int, rng: random.Random) -> None:
    key, colon, value = lines[at].partition(":")
    lines[at] = f"{key}{colon} &a{value}"
    other = rng.randrange(len(lines))
    key, colon, _ = lines[other].partition(":")
    lines[other] = f"{key}{colon} *a"


def _change_word(text: str, rng: random.Random) -> str:
    words = list(re.finditer(r"[\w.-]+", text))
    if not words:
        return rng.choice(NASTY)
    word = rng.choice(words)
    return text[: word.start()] + rng.choice(NASTY) + text[word.end() :]


def _change_number(text: str, rng: random.Random) -> str:
    numbers = list(re.finditer(r"\d+(\.\d+)?", text))
    if not numbers:
        return text
    number = rng.choice(numbers)
    value = float(number[0]) * rng.choice([0, -1, 0.001, 0.5, 2, 10, 1000, 1e9])
    return text[: number.start()] + f"{value:.10g}" + text[number.end() :]


def _swap_words(text: str, rng: random.Random) -> str:
    words = sorted(
        rng.sample(spans, 2) if len(spans := list(re.finditer(r"\w+", text))) > 1 else [],
        key=lambda word: word.start(),
    )
    if not words:
        return text
    first, second = words
    return "".join(
        [
            text[: first.start()], second[0], text[first.end() : second.start()], first[0],
            text[second.end() :],
        ]
    )  # fmt: skip


def _insert(text: str, rng: random.Random) -> str:
    at = rng.randint(0, len(text))
    return text[:at] + rng.choice(NASTY) + text[at:]


def _delete_letters(text: str, rng: random.Random) -> str:
    at = rng.randint(0, len(text))
    return text[:at] + text[at + rng.randint(1, 5) :]


def _cut(text: str, rng: random.Random) -> str:
    return text[: rng.randint(0, len(text))]


TEXT_MUTATIONS: list[Callable[[str, random.Random], str]] = [
    *map(_lines, (_delete_line, _repeat_line, _move_line, _indent_line, _anchor)),
    *map(_lines, (_change_value, _change_value, _change_key)),
    _change_word, _change_word, _change_number, _change_number, _swap_words, _insert,
    _delete_letters, _cut,
]  # fmt: skip


def _flip_bit(raw: bytes, rng: random.Random) -> bytes:
    if not raw:
        return raw
    at = rng.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ (1 << rng.randrange(8))]) + raw[at + 1 :]


def _insert_bytes(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randint(0, len(raw))
    return raw[:at] + rng.randbytes(rng.randint(1, 4)) + raw[at:]


def _delete_bytes(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randint(0, len(raw))
    return raw[:at] + raw[at + rng.randint(1, 20) :]


def _repeat_bytes(raw: bytes, rng: random.Random) -> bytes:
    at, until = sorted(rng.randint(0, len(raw)) for _ in range(2))
    return raw[:until] + raw[at : at + 500] * rng.randint(1, 5) + raw[until:]


BYTE_MUTATIONS: list[Callable[[bytes, random.Random], bytes]] = [
    _flip_bit, _insert_bytes, _delete_bytes, _repeat_bytes,
]  # fmt: skip


# ------------------------------------------------------------------------------- trying


@contextlib.contextmanager
def patience() -> Iterator[None]:
    """Interrupt what takes too much processor time, where there are such timers."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise HangError

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def judged(arguments: list[str], place: str) -> tuple[str, str]:
    """Give a command an input; return how it answered, and what is wrong with that, if anything."""
    out, errors = io.StringIO(), io.StringIO()
    status: Any = None
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors), patience():
            status = answer(arguments)
    except HangError:
        return "hang", f"took more than {PATIENCE:.0f} CPU s"
    except BaseException:
        return "traceback", traceback.format_exc()
    command = arguments[0]
    if status == 0 or (command == "story" and status == 1):
        return f"{command} {status}", ""
    if status != 2:
        return f"{command} {status}", f"exit code {status}"
    lines = errors.getvalue().splitlines()
    expected = re.compile(rf"({re.escape(place)}|--set .*):[1-9]\d*:[1-9]\d*: \S")
    if command == "run" and len(lines) == 1 and lines[0].startswith("entitlement-sim: "):
        return "run refused", ""  # too large to be simulated
    unplaced = [line for line in lines if not expected.match(line)]
    if not lines or unplaced:
        return f"{command} refused", f"lines without a place: {unplaced[:3]}"
    return f"{command} refused", ""


def fuzz(inputs: int, seed: int, folder: Path, seconds: float = float("inf")) -> Figures:
    """Try so many inputs, or as many as take so long: scenarios, stories, overrides."""
    rng = random.Random(seed)
    shipped = shipped_scenarios()
    scenarios, stories = seeds_of_scenarios(), seeds_of_stories()
    figures = Figures()
    begun = time.process_time()
    right = 0
    place = folder / "input.yaml"
    while figures.inputs < inputs and time.process_time() - begun < seconds:
        command = ("check", "story", "check", "story", "set")[figures.inputs % 5]
        if command == "set":
            name = rng.choice(sorted(shipped))
            raw = mutated(rng.choice(OVERRIDES), rng)
            changed = raw.decode("utf-8", "replace")
            kind, fault = judged(["check", name, "--set", changed], str(shipped[name]))
            kind = kind.replace("check", "check --set")
        else:
            raw = mutated(rng.choice(scenarios if command == "check" else stories), rng)
            place.write_bytes(raw)
            kind, fault = judged([command, str(place)], str(place))
        figures.inputs += 1
        figures.answers[kind] += 1
        if kind == "check 0":
            right += 1
            if right % SIMULATED == 0:
                runs = ["--out", str(folder / "runs"), "--name", f"run{figures.inputs}"]
                kind, fault = judged(["run", str(place), "--threads", "1", *runs], str(place))
                figures.answers[kind] += 1
        if fault:
            kept = folder / f"fault-{seed}-{figures.inputs}.yaml"
            kept.write_bytes(raw)
            figures.faults.append(f"{kept} ({kind}): {fault}")
    figures.seconds = time.process_time() - begun
    return figures


def main() -> None:
    """Fuzz as the command line says, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="yaml-fuzzer-"))
    figures = fuzz(chosen.inputs, chosen.seed, folder)
    print("\n".join([*figures.faults, str(figures)]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB; inputs with faults are in {folder}")


if __name__ == "__main__":
    main()
