import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "bootstrap.sh"
TOOLS = ("cat", "cksum", "dirname", "head", "ln", "mkdir", "sed", "sh")
OLD = '#!/bin/sh\ncase "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac\n'
WITHOUT_VENV = f"""#!/bin/sh
case "$2" in *ensurepip*) exit 1;; esac
exec {sys.executable} "$@"
"""


@pytest.fixture
def checkout(tmp_path):
    """A checkout and a PATH on which there is only what a test puts there."""
    script = tmp_path / "deploy" / "local" / "bootstrap.sh"
    script.parent.mkdir(parents=True)
    shutil.copy(SCRIPT, script)
    (tmp_path / "uv.lock").touch()
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    return tmp_path


def put(checkout, name, text):
    path = checkout / "bin" / name
    path.write_text(text)
    path.chmod(0o755)


def bootstrap(checkout):
    command = ("/bin/sh", str(checkout / "deploy" / "local" / "bootstrap.sh"))
    environment = {"PATH": str(checkout / "bin"), "HOME": str(checkout)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_an_old_python_gives_one_line_that_names_the_one_needed(checkout):
    put(checkout, "python3", OLD)
    done = bootstrap(checkout)
    assert done.stderr == "journeyman: Python 3.11 or later is missing; python3 here is: Python 3.9.2\n"
    assert done.returncode == 1


def test_a_later_python_beside_an_old_one_is_found(checkout):
    put(checkout, "python3", OLD)
    put(checkout, "python3.12", WITHOUT_VENV)
    assert "Python 3.11 or later is missing" not in bootstrap(checkout).stderr


def test_a_python_without_venv_gives_a_line_that_names_the_package(checkout):
    put(checkout, "python3", WITHOUT_VENV)
    done = bootstrap(checkout)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    expected = f"the venv module of {version} is missing: install the package {version}-venv, or uv"
    assert done.stderr == f"journeyman: {expected}\n"
    assert done.returncode == 1


def test_uv_on_the_path_comes_first_and_runs_only_when_the_lock_changed(checkout):
    (checkout / "bin" / "python3").symlink_to(sys.executable)
    put(
        checkout,
        "uv",
        f'#!/bin/sh\nmkdir -p .venv/bin\nln -sf {sys.executable} .venv/bin/python\necho "uv $1"\n',
    )
    assert bootstrap(checkout).stdout == "uv sync\n"
    assert bootstrap(checkout).stdout == ""
    (checkout / "uv.lock").write_text("changed")
    assert bootstrap(checkout).stdout == "uv sync\n"
