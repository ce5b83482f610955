"""The commands in the documentation do what it says: the blocks marked `sh run` are run in their order."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A block, and what it prints where a `text` block follows it.
BLOCK = re.compile(r"^```sh run\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
LOCAL = "http://127.0.0.1:8080"
END = "-- end of an example --"


def pages():
    return [
        name
        for name in ("README.md", "README.zh-CN.md", "docs/api.md")
        if "```sh run\n" in (ROOT / name).read_text(encoding="utf-8")
    ]


@pytest.mark.parametrize("name", pages())
def test_the_examples_of_a_page_work(name, url, tmp_path):
    blocks = BLOCK.findall((ROOT / name).read_text(encoding="utf-8"))
    script = "".join(f"{commands}\necho '{END}'\n" for commands, _ in blocks)
    ran = subprocess.run(
        ["sh", "-eu", "-c", script.replace(LOCAL, url)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    printed = ran.stdout.split(f"{END}\n")
    assert ran.returncode == 0, f"stopped in: {blocks[len(printed) - 1][0]}\n{ran.stdout[-2000:]}{ran.stderr}"
    shown = [(expected, found) for (_, expected), found in zip(blocks, printed, strict=False) if expected]
    assert [found for _, found in shown] == [expected for expected, _ in shown]
