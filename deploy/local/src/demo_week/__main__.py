"""`python -m demo_week [--data FOLDER]`: one working week of a field team through the public API."""

import argparse
import sys
from pathlib import Path

import httpx
from local_stack.errors import LocalStackError
from local_stack.stack import running_or_started
from rich.console import Console

from demo_week import report
from demo_week.demo import Demo
from demo_week.errors import DemoError
from demo_week.sources import source_of
from demo_week.steps import Steps
from demo_week.week import BusinessClock

_PAGE_WIDTH = 110  # of a file or a pipe


def main() -> int:
    parser = argparse.ArgumentParser(prog="demo_week", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of real files: stores/ and tracks/")
    data = parser.parse_args().data
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PAGE_WIDTH)
    try:
        with running_or_started(lambda text: console.print(text, markup=False)) as stack:
            steps = Steps(console)
            clock = BusinessClock(Path(stack.clock_file))
            outcome = Demo(stack.gateway_url, clock, source_of(data), steps).run()
            report.show(outcome, steps.seconds, console)
            return 0 if outcome.holds else 1
    except (LocalStackError, DemoError, OSError, httpx.HTTPError) as error:
        console.print(f"demo: {error}", style="red", markup=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("demo: stopped")
        return 130


if __name__ == "__main__":
    sys.exit(main())
