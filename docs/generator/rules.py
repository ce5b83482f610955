"""docs/rules.md: every rule of the rulebook with its state, from docs/rules.csv, the code and its tests."""

import ast
import csv
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

TESTED_FOLDERS = ("chassis", "directory", "gateway", "services", "deploy", "tests")
HEAD = """\
# Rules

The rulebook that the platform follows: 254 rules, collected from the published rules of 57 systems for field
sales, marketing spend, customer care and appraisal. A rule's id (`R016`) stands in the contracts, in the code
that decides it, on its test and here.

| State | Meaning | Rules |
|---|---|---|
| tested | at least one test proves it; the test is marked `@pytest.mark.rule("R016")` | {tested} |
| parameter | the code has its value as a documented default, no test names it yet | {parameter} |
| open | not built yet | {open} |
| policy only | nothing for software to do; the reason stands there | {policy only} |

"Numbers" are those of the source. "Default" is what the code does when nobody sets another value.

This page is generated from `docs/rules.csv`, `docs/readings.csv`, the code and the tests: `make docs`.

| Rule | System | Owner | Rule in short | Numbers | Default | State |
|---|---|---|---|---|---|---|
"""


READINGS_HEAD = """
## Readings

Where the source is silent or contradicts itself, this is how it is read until somebody knows better. Code
that follows a reading names it (`A31`). A name in code type is that of a parameter, which may not be built
yet.

| Reading | Question | Choice |
|---|---|---|
"""


class UnknownRule(Exception):
    """A test is marked with a rule that does not exist."""


class Rule(NamedTuple):
    """One row of docs/rules.csv.

    Attributes:
        defaults: where the code keeps the rule's values, `module:attribute`, separated by blanks.
        reason: why software has nothing to do with it; for rules of scope `policy` only.
    """

    rule: str
    system: str
    owner: str
    scope: str
    text: str
    numbers: str
    defaults: str
    reason: str

    def values(self) -> list[str]:
        return [_value(reference) for reference in self.defaults.split()]

    def state(self, tested: set[str]) -> str:
        if self.rule in tested:
            return "tested"
        if self.scope == "policy":
            return "policy only"
        return "parameter" if self.defaults else "open"


def _value(reference: str) -> str:
    module, _, path = reference.partition(":")
    holder, _, name = path.rpartition(".")
    found = import_module(module)
    value = getattr(attrgetter(holder)(found)(), name) if holder else getattr(found, name)
    return f"`{path}` = {value}"


def rules(root: Path) -> list[Rule]:
    with (root / "docs/rules.csv").open(encoding="utf-8", newline="") as file:
        return [Rule(**row) for row in csv.DictReader(file)]


def tested_rules(root: Path) -> set[str]:
    """Return the rules that tests are marked with: read from the source, nothing is run."""
    files = (file for folder in TESTED_FOLDERS for file in (root / folder).rglob("test_*.py"))
    return {rule for file in files for rule in _marks(ast.parse(file.read_text()))}


def _marks(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.rule":
            yield ast.literal_eval(node.args[0])


def page(root: Path) -> str:
    """Return the whole page. Raises UnknownRule."""
    all_rules, tested = rules(root), tested_rules(root)
    if unknown := tested - {rule.rule for rule in all_rules}:
        raise UnknownRule(", ".join(sorted(unknown)))
    counts = Counter(rule.state(tested) for rule in all_rules)
    states = {state: counts[state] for state in ("tested", "parameter", "open", "policy only")}
    rows = [_row(rule, rule.state(tested)) for rule in all_rules]
    return "".join([HEAD.format(**states), *rows, READINGS_HEAD, *_readings(root)])


def _readings(root: Path) -> Iterator[str]:
    with (root / "docs/readings.csv").open(encoding="utf-8", newline="") as file:
        for reading, question, choice in list(csv.reader(file))[1:]:
            yield _line(f'<a id="{reading}"></a>{reading}', question, choice)


def _row(rule: Rule, state: str) -> str:
    shown = f"policy only: {rule.reason}" if state == "policy only" else state
    return _line(
        f'<a id="{rule.rule}"></a>{rule.rule}',
        rule.system,
        rule.owner,
        rule.text,
        rule.numbers,
        ", ".join(rule.values()),
        shown,
    )


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
