"""`make bench`: what a request costs here, beside what a team would write instead."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from local_stack.stack import Stack
from local_stack.state import temporary_folder

from tests.load import measure, monoliths, platform, shops, streams
from tests.load.report import lines
from tests.load.sides import Side, workloads


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def started() -> Iterator[Stack]:
    """The platform with data that it must not lose, as it would run for people."""
    with temporary_folder() as folder:
        began = time.monotonic()
        with Stack(folder, durable=True) as stack:
            say(
                f"start-up: {time.monotonic() - began:.1f} s from nothing to ready, databases made on the way"
            )
            yield stack


def prepare(stack: Stack) -> tuple[Side, dict[str, list[str]], list[str]]:
    customers = list(shops.shops())
    url = stack.url("gateway")
    ours = platform.fill(stack, customers, platform.owners(url))
    theirs = {name: monoliths.make_database(stack, name, customers) for name in monoliths.MODULES}
    for database in ("journeyman_customer", *(f"{platform.BENCH_DATABASE}{name}" for name in theirs)):
        with psycopg.connect(platform.superuser_url(stack, database), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
    words = shops.words([customer["name"] for customer in customers])
    return platform.side(stack, platform.managers(url), ours), theirs, words


def compare_answers(sides: dict[str, Side], words: list[str]) -> None:
    """Nobody is measured who finds something else."""
    for word in words:
        found = {name: side.found(word) for name, side in sides.items()}
        if len({tuple(names) for names in found.values()}) != 1:
            counts = {name: len(names) for name, names in found.items()}
            sys.exit(f"the answers for {word} differ: {counts}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument(
        "--only", default="ABCDEM", help="letters of workloads, E: events and tracks, M: memory"
    )
    parser.add_argument("--rounds", type=int, default=measure.ROUNDS)
    only = parser.parse_args()
    with started() as stack:
        ours, ids, words = prepare(stack)
        postmaster = platform.process_id(stack, "postgres")
        with monoliths.running(stack, stack.folder / "monoliths", ids) as theirs:
            sides = {"ours": ours, **theirs}
            compare_answers(sides, words)
            for workload in workloads(words):
                if workload.letter in only.only:
                    more = {"unexpired": monoliths.unexpired(sides["orm"])} if workload.letter == "A" else {}
                    figures = measure.in_turn(workload, sides | more, postmaster, only.rounds)
                    for line in lines(workload, figures):
                        say(line)
        if "E" in only.only:
            for line in streams.lines(stack):
                say(line)
        if "M" in only.only:
            say(platform.memory(stack))


if __name__ == "__main__":
    main()
