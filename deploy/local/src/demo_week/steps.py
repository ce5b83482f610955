"""Steps of the demo on the screen: what is under way, how far, and how long it took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_COLUMNS = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


class Steps:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Times a block and says that it is done."""
        started = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - started
        self.console.print(f"{self.seconds[name]:6.1f} s  {name}")

    @contextmanager
    def long_step(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        """Like `step`, with a bar that the yielded function sets to so much done."""
        with (
            self.step(name),
            Progress(
                *_COLUMNS, console=self.console, transient=True, disable=not self.console.is_terminal
            ) as progress,
        ):
            task = progress.add_task(name, total=total)
            yield lambda done: progress.update(task, completed=done)
