"""How long somebody who moves a slider waits for figures, after the lives are kept."""

import time
from typing import Any

from entitlement_sim import OfferingDesigner, Scenario

from .measuring import Result
from .summing_speed import DEMO

_REPLICATIONS = 20

#: By portfolio: its scenario, what makes it a thousand customers, moves, and what is asked.
_PORTFOLIOS: dict[str, tuple[str, list[str], list[tuple[str, Any]], str]] = {
    "the demo": (
        "demo",
        DEMO,
        [("total_terms", terms) for terms in (11, 12, 13, 14, 15)],
        "below 0.5 s",
    ),
    "the reference": (
        "reference",
        ["segments.everyone.customers=1000"],
        [("total_terms", terms) for terms in (8, 9, 11, 12, 13)],
        "below 0.15 s",
    ),
}


def measure() -> list[Result]:
    """Measure moves of 1,000 customers x 3 years x 20 replications on all processors."""
    results: list[Result] = []
    for name, (scenario, overrides, moves, asked) in _PORTFOLIOS.items():
        designer = OfferingDesigner(Scenario.load(scenario, overrides), replications=_REPLICATIONS)
        begun = time.perf_counter()
        designer.keep()
        kept = time.perf_counter() - begun
        first: list[float] = []
        last: list[float] = []
        whole: list[float] = []
        processor: list[float] = []
        for label, value in moves:
            designer.move(label, value)
            begun = time.perf_counter()
            seen = []
            for _ in designer.answers():
                seen.append(time.perf_counter() - begun)
            first.append(seen[0])
            last.append(seen[-1])
            # The same without the looks between: all replications at once.
            begun, begun_cpu = time.perf_counter(), time.process_time()
            designer.answer({label: value + 20})
            whole.append(time.perf_counter() - begun)
            processor.append(time.process_time() - begun_cpu)
        designer.reset()
        designer.move("price", 1733)
        begun = time.perf_counter()
        designer.answer()
        priced = time.perf_counter() - begun
        what = f"designer of {name}: 1,000 customers, {_REPLICATIONS} replications"
        results += [
            Result(f"{what}, all of them at once", _median(whole), "s", asked, whole),
            Result(f"{what}, all of them at once, CPU", _median(processor), "s", "", processor),
            Result(f"{what}, the first answer", _median(first), "s", asked, first),
            Result(f"{what}, refined to the last", _median(last), "s", "", last),
            Result(f"{what}, another price", priced, "s", "", [priced]),
            Result(f"{what}, keeping the lives", kept, "s", "", [kept]),
        ]
    return results


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
