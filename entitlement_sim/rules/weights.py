"""What a case weighs: minutes that are billed in steps, and hours, days and severities that count
more.

A weight is in hundredths: 150 means that a case takes one and a half times its terms.
"""

#: Severities are the numbers from 1, the most severe one, to this; 0 stands for none.
SEVERITIES = 5
#: Weight of a case by which nothing is weighed, and one that nothing says.
PLAIN_WEIGHT = 100
UNWEIGHED = -1


def minutes_in_steps(minutes: int, at_least: int, step: int) -> int:
    """Minutes that a resolution takes terms for: at least so many, rounded up to steps (rule B4).

    No minutes stay none.
    """
    if minutes <= 0:
        return minutes
    counted = max(minutes, at_least)
    return (counted + step - 1) // step * step


def weight_of(outside_hours: int, weekend: int, holiday: int, severity: int) -> int:
    """Weight of a case: the largest of those that apply to it, at its creation (rule B4).

    Each of them is :data:`UNWEIGHED` where it does not apply; where none does, it weighs once.
    """
    weight = max(outside_hours, weekend, holiday, severity)
    return PLAIN_WEIGHT if weight == UNWEIGHED else weight


def weighed(amount: int, weight: int) -> int:
    """Terms that a case takes by its weight, to the nearest hundredth, halves up (rules B4, T6)."""
    return (amount * weight + PLAIN_WEIGHT // 2) // PLAIN_WEIGHT


def passes_gate(decrement: bool, weight: int) -> bool:
    """Whether a case is one that the gate does not look at: it takes nothing (rules B4, D1, G1)."""
    return not decrement or weight == 0
