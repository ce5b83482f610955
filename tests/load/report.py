"""The lines that the bench prints."""

import statistics
from collections.abc import Iterator, Mapping

from tests.load.measure import Figures, ratio
from tests.load.sides import Workload


def lines(workload: Workload, figures: Mapping[str, Figures]) -> Iterator[str]:
    ours, orm, raw = figures["ours"], figures["orm"], figures["raw"]
    totals = f"{ours.total:.2f} CPU s per 1,000 requests to {orm.total:.2f}"
    yield f"{workload.letter} {workload.title}: ratio {ratio(ours, orm):.2f} ({totals} of Flask + ORM)"
    yield f"raw {workload.letter}: {ratio(ours, raw):.2f} times Flask + psycopg ({raw.total:.2f})"
    if tuned := figures.get("unexpired"):
        yield (
            f"unexpired {workload.letter}: {ratio(ours, tuned):.2f} times Flask + ORM"
            f" that does not read again what it has written ({tuned.total:.2f})"
        )
    for name, side in figures.items():
        parts = ", ".join(f"{process} {seconds:.2f}" for process, seconds in side.by_process().items())
        yield f"   {name:9} {latency(side)}; {parts}"


def latency(side: Figures) -> str:
    rate = statistics.median(side.rates)
    return f"p50 {side.milliseconds(50):.0f} ms, p99 {side.milliseconds(99):.0f} ms, {rate:.0f} requests/s"
