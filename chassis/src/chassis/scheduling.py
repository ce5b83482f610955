"""How the kernel gives processor time to a process."""

import contextlib
import os
import sys


def let_the_running_run() -> None:
    """Have a thread that wakes up wait until one that runs is done, where the kernel knows of this.

    Threads of one interpreter wake each other to hand its lock on. One that interrupts whoever woke it finds
    the lock still taken and sleeps again: four changes of thread in place of one.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a sandbox may forbid it: then requests only cost more
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
