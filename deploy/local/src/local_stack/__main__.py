"""`python -m local_stack run`: the platform until Ctrl-C; `clean` removes what it kept.

`backup FOLDER` and `restore FOLDER` keep it and bring it back.
"""

import argparse
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from local_stack import backup, state
from local_stack.errors import LocalStackError
from local_stack.stack import Stack, of_this_checkout

ACCOUNTS = (
    ("admin", "administrator"),
    ("hq.marketing  hq.market  hq.finance  ioc.planner", "headquarters"),
    ("group.marketing  consumer.admin", "group marketing, administrator of a section"),
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
    for verb, act, words in (
        ("backup", back_up, "back everything up to a new folder, while it runs or not"),
        ("restore", restore, "restore a backup into a state that has no data yet"),
    ):
        chosen = commands.add_parser(verb, help=words)
        chosen.add_argument("folder", type=Path)
        chosen.set_defaults(command=act)
    arguments = parser.parse_args()
    for number in ENDING:  # explicitly, as a shell ignores SIGINT in what it starts in its background
        signal.signal(number, signal.default_int_handler)
    try:
        return int(arguments.command(arguments))
    except LocalStackError as error:
        console.print(f"journeyman: {error}", style="red", markup=False, soft_wrap=True)
        return 1


def run(_: argparse.Namespace) -> int:
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


def clean(_: argparse.Namespace) -> int:
    state.remove(state.default_folder())
    return 0


def back_up(arguments: argparse.Namespace) -> int:
    target = arguments.folder.absolute()
    manifest = backup.take(state.default_folder(), target, os.environ.get("JOURNEYMAN_POSTGRES_URL"))
    _say(f"Backed up to {target}, as of {manifest.taken_at}.")
    _say("It holds keys and personal data: keep it as you keep the databases.")
    return 0


def restore(arguments: argparse.Namespace) -> int:
    source = arguments.folder.absolute()
    manifest = backup.restore(state.default_folder(), source, os.environ.get("JOURNEYMAN_POSTGRES_URL"))
    _say(f"Restored as of {manifest.taken_at}. `make run` starts it.")
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
