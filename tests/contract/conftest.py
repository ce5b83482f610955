import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))  # for docs.generator, which no distribution holds


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def comments():
    """The comments of the contracts by full name."""
    return json.loads((ROOT / "gateway/src/gateway/comments.json").read_text(encoding="utf-8"))
