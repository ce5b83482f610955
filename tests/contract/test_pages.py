"""The pages of docs/ say what the code says, and the rulebook they show is whole."""

import ast
import re

from chassis.metrics import Metrics
from chassis.settings import MigrationSettings
from customer.settings import CustomerSettings
from gateway.identity.settings import IdentitySettings
from gateway.settings import FilesSettings, GatewaySettings
from reporting.settings import ReportingSettings
from visit.settings import VisitSettings

from docs.generator.__main__ import outdated
from docs.generator.rules import TESTED_FOLDERS, rules

SETTINGS = (
    CustomerSettings,
    FilesSettings,
    GatewaySettings,
    IdentitySettings,
    MigrationSettings,
    ReportingSettings,
    VisitSettings,
)


def test_the_generated_pages_are_current():
    assert outdated() == []  # make docs


def test_every_rule_that_software_leaves_alone_says_why(root):
    assert [rule.rule for rule in rules(root) if (rule.scope == "policy") != bool(rule.reason)] == []


def test_every_rule_stands_once(root):
    names = [rule.rule for rule in rules(root)]
    assert names == [f"R{number:03}" for number in range(1, len(names) + 1)]


def test_operations_names_every_setting_and_no_other(root):
    named = set(re.findall(r"`JOURNEYMAN_([A-Z_]+)`", (root / "docs/operations.md").read_text("utf-8")))
    assert named == {field.upper() for settings in SETTINGS for field in settings.model_fields}


def test_operations_names_every_metric_of_the_chassis(root):
    page = (root / "docs/operations.md").read_text("utf-8")
    families = [family.name for family in Metrics().registry.collect()]
    own = [name for name in families if not name.startswith("journeyman_process_")]
    assert [name for name in own if name not in page] == []


def test_a_rules_test_names_the_rule_as_its_mark_does(root):
    differing = [
        f"{file.relative_to(root)}: {test.name}"
        for folder in TESTED_FOLDERS
        for file in (root / folder).rglob("test_*.py")
        for test in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_")
        if set(re.findall(r"_(R\d{3})", test.name)) != _marks(test)
    ]
    assert differing == []


def _marks(test):
    calls = [mark for mark in test.decorator_list if isinstance(mark, ast.Call)]
    return {mark.args[0].value for mark in calls if ast.unparse(mark.func) == "pytest.mark.rule"}


def test_every_reading_that_code_follows_is_written_down(root):
    known = set(re.findall(r'<a id="(A\d\d)">', (root / "docs/rules.md").read_text("utf-8")))
    files = [file for folder in ("services", "gateway/src") for file in (root / folder).rglob("rules.py")]
    followed = {reading for file in files for reading in re.findall(r"\bA\d\d\b", file.read_text("utf-8"))}
    assert followed - known == set()
