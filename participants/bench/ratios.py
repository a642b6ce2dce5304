"""Ratios of times that were taken side by side: what is compared is measured in the same round."""

import math
import statistics
from dataclasses import dataclass

Rounds = list[dict[str, float]]  # of each round the seconds per case


@dataclass(frozen=True)
class Ratio:
    """The median of the ratios of all rounds, and the smallest and largest of them."""

    median: float
    least: float
    most: float

    def as_json(self) -> dict[str, float]:
        return {"median": round(self.median, 3), "least": round(self.least, 3), "most": round(self.most, 3)}


def ratio(rounds: Rounds, case: str, to: str, less: str = "") -> Ratio:
    """How many times as long one case took as another. With `less`, a third case is taken off both.

    >>> ratio([{"a": 3.0, "b": 2.0}, {"a": 4.0, "b": 2.0}, {"a": 9.0, "b": 3.0}], "a", "b").median
    2.0
    """
    found = [(one[case] - one.get(less, 0)) / (one[to] - one.get(less, 0)) for one in rounds]
    return Ratio(statistics.median(found), min(found), max(found))


def growth(ratio_of_times: float, ratio_of_sizes: float) -> float:
    """The exponent with which time grows with size: 0 does not grow, 1 grows as the data does.

    >>> growth(10, 10)
    1.0
    """
    return math.log(ratio_of_times) / math.log(ratio_of_sizes)
