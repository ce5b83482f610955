"""Rounds in turn, and what they come to."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.load.client import Load, drive
from tests.load.sides import Meter, Side, Workload

ROUNDS = 5
SECONDS = 1.5
WARM_UP_SECONDS = 0.4


@dataclass
class Figures:
    """What a workload costs on one side.

    Attributes:
        rounds: CPU seconds for 1,000 requests, by process.
        latencies: seconds, of all rounds together.
        rates: requests a second.
    """

    rounds: list[Mapping[str, float]] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    def add(self, spent: Mapping[str, float], load: Load) -> None:
        self.rounds.append({name: seconds * 1000 / len(load) for name, seconds in spent.items()})
        self.latencies.extend(load.latencies)
        self.rates.append(len(load) / load.seconds)

    @property
    def total(self) -> float:
        """The CPU seconds of the median round."""
        return statistics.median(sum(round_.values()) for round_ in self.rounds)

    def by_process(self) -> dict[str, float]:
        return {name: statistics.median(round_[name] for round_ in self.rounds) for name in self.rounds[0]}

    def milliseconds(self, percentile: int) -> float:
        return sorted(self.latencies)[len(self.latencies) * percentile // 100] * 1000


def ratio(ours: Figures, theirs: Figures) -> float:
    """Return the median of the rounds' ratios: neighbours in time share the machine's noise."""
    rounds = zip(ours.rounds, theirs.rounds, strict=True)
    return statistics.median(sum(our.values()) / sum(their.values()) for our, their in rounds)


def in_turn(
    workload: Workload, sides: Mapping[str, Side], postmaster: int, rounds: int = ROUNDS
) -> dict[str, Figures]:
    figures = {name: Figures() for name in sides}
    numbers = dict.fromkeys(sides, 0)
    for round_ in range(-1, rounds):
        for name, side in sides.items():
            meter = Meter.start(side, postmaster)
            seconds = SECONDS if round_ >= 0 else WARM_UP_SECONDS
            load = drive(side.address, workload.make(side), seconds, numbers[name])
            numbers[name] += len(load)
            if round_ >= 0:
                figures[name].add(meter.stop(), load)
    return figures
