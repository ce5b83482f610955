"""`python -m docs.generator` writes the generated pages; `--check` only says which are not current."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generator import errors, events, rules

ROOT = Path(__file__).parents[2]
PAGES: Mapping[str, Callable[[Path], str]] = {
    "docs/errors.md": errors.page,
    "docs/events.md": events.page,
    "docs/rules.md": rules.page,
}


def outdated() -> list[str]:
    """Return the pages that differ from what code, contracts and tests say now."""
    return [name for name, page in PAGES.items() if not _is_current(ROOT / name, page(ROOT))]


def _is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        names = outdated()
        if names:
            sys.stderr.write(f"not current, run make docs: {' '.join(names)}\n")
        return len(names)
    for name, page in PAGES.items():
        (ROOT / name).write_text(page(ROOT), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
