"""How often intervals of a fit hold what a portfolio was made with, over many seeds.

::

    python -m tests.fitting.recovery 200             # without follow-ups
    python -m tests.fitting.recovery 200 0.27        # with this mean number of them
"""

import sys
from collections import defaultdict

from entitlement_sim import Scenario, fit, simulate

TEXT = """
scenario: recovery
calendar:
  start: 2024-01-01
  days: 730
  weekdays: [1.18, 0.94, 0.99, 0.95, 0.94, 0.13, 0.12]
templates:
  Pack: { term: { months: 3 }, price: 100 }
segments:
  small:
    customers: 1000
    holds: [{ template: Pack }]
    cases: { per_year: 6, shape: 0.4, follow_ups: { mean: MEAN } }
    origins: { phone: 50, email: 30, web: 20 }
    resolve_hours: { lognormal: { median: 30, sigma: 1.5 } }
    renewal:
      inclination: { beta_geometric: { alpha: 0.7041, beta: 1.1820 } }
"""

#: By key and part, what it was made with.
TRUTH = {
    ("cases.per_year", ""): 6.0,
    ("cases.shape", ""): 0.4,
    ("weekdays", "mon"): 1.18,
    ("weekdays", "sat"): 0.13,
    ("origins", "phone"): 0.5,
    ("resolve_hours", "median 1"): 30.0,
    ("inclination", "alpha"): 0.7041,
    ("inclination", "beta"): 1.1820,
}


def recovery(seeds: int, mean: float = 0.0) -> dict[tuple[str, str], list[bool]]:
    """Return of each number whether its interval held the truth, by seed."""
    scenario = Scenario.parse(TEXT.replace("MEAN", str(mean)))
    truth = dict(TRUTH)
    if mean:
        truth["cases.follow_ups", "mean"] = mean
    held = defaultdict(list)
    for seed in range(1, seeds + 1):
        with simulate(scenario, seed=seed, threads=1) as run:
            frame = fit(run).frame()
        for (key, part), value in truth.items():
            rows = frame[frame["key"].str.endswith(f".{key}") & (frame["part"] == part)]
            held[key, part].extend(rows["low"].le(value) & rows["high"].ge(value))
        if seed % 10 == 0 or seed == seeds:
            said = ", ".join(
                f"{' '.join(name).strip()} {sum(own)}/{len(own)}" for name, own in held.items()
            )
            print(f"{seed}: {said}", flush=True)
    return held


if __name__ == "__main__":
    recovery(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0)
