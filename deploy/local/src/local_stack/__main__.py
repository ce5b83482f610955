"""`python -m local_stack run`: the platform until Ctrl-C; `clean` removes what it kept."""

import argparse
import signal
import sys
import threading
import time
from contextlib import suppress

from rich.console import Console

from local_stack import state
from local_stack.errors import LocalStackError
from local_stack.stack import Stack, of_this_checkout

ACCOUNTS = (
    ("admin", "administrator"),
    ("hq.marketing  hq.market  hq.finance  ioc.planner", "headquarters"),
    ("east.manager  shanghai.manager", "managers of a region and an area"),
    ("shanghai.rep1 … shanghai.rep8  hangzhou.rep1 …", "field sales"),
    ("auditor", "reads everything, writes nothing"),
)
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

console = Console(highlight=False)


def main() -> int:
    parser = argparse.ArgumentParser(prog="local_stack", description="The platform on this machine.")
    commands = parser.add_subparsers(required=True)
    commands.add_parser("run", help="start everything, stop it on Ctrl-C").set_defaults(command=run)
    commands.add_parser("clean", help="remove the data, secrets and logs").set_defaults(command=clean)
    command = parser.parse_args().command
    for number in ENDING:  # explicitly, as a shell ignores SIGINT in what it starts in its background
        signal.signal(number, signal.default_int_handler)
    try:
        return int(command())
    except LocalStackError as error:
        console.print(f"journeyman: {error}", style="red", markup=False, soft_wrap=True)
        return 1


def run() -> int:
    started = time.monotonic()
    stack = of_this_checkout(lambda text: _say(f"{time.monotonic() - started:5.1f} s  {text}"))
    try:
        stack.start()
        _welcome(stack, time.monotonic() - started)
        threading.Event().wait()
    except KeyboardInterrupt:
        for number in ENDING:  # a second Ctrl-C would leave half of it running
            signal.signal(number, signal.SIG_IGN)
        _say("Stopping …")
    finally:
        stack.stop()
    _say("Stopped.")
    return 0


def clean() -> int:
    state.remove(state.default_folder())
    return 0


def _say(text: str) -> None:
    with suppress(OSError):  # the terminal may be gone; the stack has to stop all the same
        console.print(text, markup=False, soft_wrap=True)


def _welcome(stack: Stack, seconds: float) -> None:
    url = stack.url("gateway")
    lines = (
        f"Journeyman is ready after {seconds:.1f} s: {url}  (documentation: {url}/docs)",
        "Demo accounts, password journeyman-demo:",
        *(f"  {names:50} {what}" for names, what in ACCOUNTS),
        "Machine client finance-erp, secret journeyman-demo",
        f"Logs: {stack.folder / 'logs'}",
        "Ctrl-C stops all of it.",
    )
    _say("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
