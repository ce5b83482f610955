"""The lines that the bench prints."""

import statistics
from collections.abc import Iterator, Mapping

from tests.load.measure import Figures, ratio
from tests.load.sides import Workload


def lines(workload: Workload, figures: Mapping[str, Figures]) -> Iterator[str]:
    ours, orm, raw = figures["ours"], figures["orm"], figures["raw"]
    yield (
        f"{workload.letter} {workload.title}: ratio {ratio(ours, orm):.2f}"
        f" ({cost(ours)} to {cost(orm)} of Flask + ORM)"
    )
    yield f"raw {workload.letter}: {ratio(ours, raw):.2f} times Flask + psycopg ({cost(raw)})"
    for name, side in figures.items():
        yield f"   {name:4} {latency(side)}"


def cost(side: Figures) -> str:
    application, database = statistics.median(side.application), statistics.median(side.database)
    return f"{side.total:.2f} CPU s per 1,000 = {application:.2f} + {database:.2f} PostgreSQL"


def latency(side: Figures) -> str:
    rate = statistics.median(side.rates)
    return f"p50 {side.milliseconds(50):.0f} ms, p99 {side.milliseconds(99):.0f} ms, {rate:.0f} requests/s"
