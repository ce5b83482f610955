"""docs/errors.md: every reason that a caller can meet, from the tables that answer it."""

import ast
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from itertools import groupby, zip_longest
from pathlib import Path
from typing import NamedTuple

from chassis.errors import CHASSIS_ERRORS, INTERNAL, INVALID, ErrorKind, ErrorTable
from chassis.uploads.problems import KINDS as FILES_KINDS
from chassis.validation import CHINESE as VALIDATION_RULES
from gateway.kinds import KINDS
from gateway.service_errors import http_status

NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
SERVICES = {
    "identity": "gateway.identity",
    "customer": "customer",
    "visit": "visit",
    "marketing-resources": "marketing_resources",
    "reporting": "reporting",
}
HEAD = """\
# Errors

Every error answer is `application/problem+json` (RFC 9457). Programs look at `reason`; `detail` is for
people and comes in English or Chinese, as `Accept-Language` asks. Words in braces are filled in. How an
answer looks, and what to do about it, stands in [api.md](api.md#errors).

This page is generated from the error tables of the code: `make docs`.

## Reasons

"gRPC" is the status code that a service answers with when it is called directly; a dash marks what only the
gateway or the files process finds.

| Reason | HTTP | gRPC | English | 中文 | Where |
|---|---|---|---|---|---|
"""
FIELDS_HEAD = """
## Reasons of fields and rows

An answer with `INVALID_FIELDS` lists in `errors[]` each bad field by its path, with a reason of its own and
words in the caller's language; the result file of an import does so for each refused row. A reason that
begins with the name of a type, such as `STRING_UUID`, is a rule of the contract; `/openapi.json` shows it
with the field.

| Where | Reasons |
|---|---|
"""


class Reason(NamedTuple):
    """One row of the page."""

    reason: str
    http: int
    grpc: str
    english: str
    chinese: str
    where: str


def reasons() -> list[Reason]:
    """Return every reason that every place gives, sorted."""
    return sorted({*_of_chassis(), *_of_services(), *_of_gateway(), *_of_files()})


def _together(group: Iterator[Reason]) -> str:
    """Return the row of a reason; each wording of it stands once."""
    rows = list(group)
    english = {row.english: row for row in rows}
    grpc = sorted({row.grpc for row in rows} - {"–"}) or ["–"]
    cells = (
        f'<a id="{rows[0].reason}"></a>`{rows[0].reason}`',
        str(rows[0].http),
        ", ".join(grpc),
        "<br>".join(english),
        "<br>".join(row.chinese for row in english.values()),
        ", ".join(dict.fromkeys(row.where for row in rows)),
    )
    return f"| {' | '.join(cells)} |\n"


def _of_chassis() -> Iterator[Reason]:
    tables = [CHASSIS_ERRORS, *error_tables("chassis")]
    for kind in (INVALID, INTERNAL, *(kind for table in tables for kind in table.values())):
        yield _of_kind(kind, "every service")


def _of_services() -> Iterator[Reason]:
    for service, package in SERVICES.items():
        for table in error_tables(package):
            for kind in table.values():
                yield _of_kind(kind, service)


def error_tables(package: str) -> list[ErrorTable]:
    """Return the tables named ERRORS in all modules of a package."""
    modules = (import_module(module) for module in _modules(package))
    return [module.ERRORS for module in modules if hasattr(module, "ERRORS")]


def _modules(package: str) -> Iterator[str]:
    path = import_module(package).__path__
    for found in pkgutil.walk_packages(path, f"{package}."):
        if not found.name.endswith("__main__"):
            yield found.name


def _of_kind(kind: ErrorKind, where: str) -> Reason:
    status = http_status(kind.status, kind.reason).value
    return Reason(kind.reason, status, kind.status.name, kind.english, kind.chinese, where)


def _of_gateway() -> Iterator[Reason]:
    for kind in KINDS:
        yield Reason(kind.reason, kind.status.value, "–", kind.english, kind.chinese, "gateway")


def _of_files() -> Iterator[Reason]:
    for reason, (status, english, chinese) in FILES_KINDS.items():
        yield Reason(reason, status.value, "–", english, chinese, "files")


def field_reasons(root: Path) -> dict[str, list[str]]:
    """Return the reasons of fields by where they are found: read from the source, nothing is run."""
    sources = {
        "every service": [root / "chassis/src"],
        "gateway": sorted((root / "gateway/src/gateway").glob("*.py")),
        "identity": [root / "gateway/src/gateway/identity"],
        **{name: [root / f"services/{name}/src"] for name in SERVICES if name != "identity"},
    }
    found = {where: sorted(set(_literals(paths))) for where, paths in sources.items()}
    rules = sorted({rule.upper().replace(".", "_") for rule in VALIDATION_RULES})
    return {"rules of the contracts": rules} | {where: names for where, names in found.items() if names}


def _literals(paths: list[Path]) -> Iterator[str]:
    for path in paths:
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                yield from _reasons_of(node)


def _reasons_of(node: ast.AST) -> Iterator[str]:
    """Yield the reasons in a node: names in capitals in front of words in English and in Chinese."""
    called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
    if called in ("ErrorKind", "Kind"):  # whole errors, which have a table of their own
        return
    values = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
    for found, _, words in zip_longest(values, values[1:], values[2:]):
        if called in ("FieldProblem", "Expectation") or _is_chinese(words):
            yield from _names(found)
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "reason":
        yield from _names(node.value)


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from (*_names(node.body), *_names(node.orelse))
    elif isinstance(node, ast.Constant) and NAME.fullmatch(str(node.value)):
        yield str(node.value)


def _is_chinese(node: ast.AST | None) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and not node.value.isascii()
    return isinstance(node, ast.Name) and node.id == "chinese"


def page(root: Path) -> str:
    """Return the whole page."""
    rows = [_together(group) for _, group in groupby(reasons(), key=lambda row: row.reason)]
    fields = [
        f"| {where} | {', '.join(f'`{name}`' for name in names)} |\n"
        for where, names in field_reasons(root).items()
    ]
    return "".join([HEAD, *rows, FIELDS_HEAD, *fields])
