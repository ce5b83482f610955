"""Rounds in turn, and what they come to."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.load.client import drive
from tests.load.sides import Meter, Side, Workload

ROUNDS = 5
SECONDS = 1.5
WARM_UP_SECONDS = 0.4


@dataclass
class Figures:
    """What a workload costs on one side: CPU seconds for 1,000 requests of each round, and all latencies."""

    application: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    def add(self, application: float, database: float, latencies: Sequence[float], seconds: float) -> None:
        each = 1000 / len(latencies)
        self.application.append(application * each)
        self.database.append(database * each)
        self.latencies.extend(latencies)
        self.rates.append(len(latencies) / seconds)

    @property
    def total(self) -> float:
        """The CPU seconds of the median round."""
        return statistics.median(map(sum, zip(self.application, self.database, strict=True)))

    def milliseconds(self, percentile: int) -> float:
        return sorted(self.latencies)[len(self.latencies) * percentile // 100] * 1000


def ratio(ours: Figures, theirs: Figures) -> float:
    """Return the median of the rounds' ratios: neighbours in time share the machine's noise."""
    rounds = zip(
        map(sum, zip(ours.application, ours.database, strict=True)),
        map(sum, zip(theirs.application, theirs.database, strict=True)),
        strict=True,
    )
    return statistics.median(our / their for our, their in rounds)


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
                figures[name].add(*meter.stop(), load.latencies, load.seconds)
    return figures
