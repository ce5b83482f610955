import os
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[3] / ".ci" / "run"


@pytest.mark.parametrize(("red", "code"), [("none", 0), ("check", 1), ("test", 1)])
def test_ci_runs_the_checks_and_the_tests_and_fails_when_either_fails(tmp_path, red, code):
    make = tmp_path / "make"
    make.write_text(f'#!/bin/sh\necho "made $1"\ntest "$1" != {red}\n')
    make.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CI": "true"}
    done = subprocess.run(("bash", RUN), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stdout.startswith("made check\n")
    assert done.stdout.endswith("made test\n")
