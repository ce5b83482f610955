import os
import subprocess
import sys

import pytest

REAL_DATA = os.environ.get("JOURNEYMAN_REAL_DATA")


def play(stack, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "demo_week", *arguments],
        env=os.environ | {"JOURNEYMAN_STATE": str(stack.folder), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_working_week_is_reported_as_it_was_done_and_again_in_the_week_after(stack):
    weeks = [play(stack), play(stack)]
    for week in weeks:
        assert week.returncode == 0, week.stdout + week.stderr
    assert not stack.clock_file.exists()


@pytest.mark.skipif(not REAL_DATA, reason="the files are fetched, not part of the project")
def test_a_week_of_real_shops_and_real_tracks_is_reported_as_it_was_done(stack):
    week = play(stack, "--data", REAL_DATA)
    assert week.returncode == 0, week.stdout + week.stderr
