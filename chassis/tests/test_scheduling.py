"""How the kernel gives processor time to a process."""

import subprocess
import sys

import pytest

TELL = """
import os
from chassis.scheduling import let_the_running_run
let_the_running_run()
print(os.sched_getscheduler(0) == os.SCHED_BATCH)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows of it")
def test_who_wakes_up_waits_for_who_runs():
    told = subprocess.run([sys.executable, "-c", TELL], capture_output=True, text=True, check=True)
    assert told.stdout == "True\n"
