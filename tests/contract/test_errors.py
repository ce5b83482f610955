"""docs/errors.md holds every reason that a caller can meet, and each means one thing."""

import ast
import re
from collections import defaultdict

import grpc
import pytest
from chassis.resource_names import CHINESE
from chassis.uploads.problems import KINDS as FILES_KINDS

from docs.generator.__main__ import ROOT
from docs.generator.errors import field_reasons, reasons

NAME = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
STATUSES = {code.name for code in grpc.StatusCode}


@pytest.fixture(scope="module")
def known():
    return reasons()


def promised(comments, title, until=None):
    """Yield, with the method, the reasons that its comment names behind a title."""
    for name, comment in comments.items():
        if name.startswith("journeyman."):
            named = comment.partition(title)[2].partition(until)[0] if until else comment.partition(title)[2]
            yield from ((name, reason) for reason in NAME.findall(named) if reason not in STATUSES)


def test_every_reason_that_a_contract_names_is_answered_somewhere(known, comments):
    answered = {row.reason for row in known}
    named = promised(comments, "Errors:", "Field errors:")
    assert sorted((name, reason) for name, reason in named if reason not in answered) == []


def test_every_reason_of_a_field_that_a_contract_names_is_found_somewhere(comments):
    found = {reason for reasons in field_reasons(ROOT).values() for reason in reasons}
    named = promised(comments, "Field errors:")
    assert sorted((name, reason) for name, reason in named if reason not in found) == []


@pytest.mark.parametrize("kind", ["http", "grpc"])
def test_a_reason_has_one_status(known, kind):
    statuses = defaultdict(set)
    for row in known:
        if getattr(row, kind) != "–":
            statuses[row.reason].add(getattr(row, kind))
    assert {reason: found for reason, found in statuses.items() if len(found) > 1} == {}


def test_a_service_gives_a_reason_to_one_error_only(known):
    seen = defaultdict(set)
    for row in known:
        seen[row.reason, row.where].add(row.english)
    assert {place: words for place, words in seen.items() if len(words) > 1} == {}


def test_an_error_speaks_both_languages(known):
    assert [row.reason for row in known if not row.english.isascii() or row.chinese.isascii()] == []


def test_both_languages_fill_in_the_same_values(known):
    differing = [row.reason for row in known if _values(row.english) != _values(row.chinese)]
    in_words = {
        "INVALID_JSON",
        "NOT_FOUND",
        "STEP_BELOW_LADDER",
        "STEP_SKIPS_LADDER",
    }  # their values are words, in each
    assert [reason for reason in differing if reason not in in_words] == []


def test_whatever_is_not_found_has_a_name_in_chinese(root):
    modules = [*root.glob("*/src/**/*.py"), *root.glob("services/*/src/**/*.py")]
    found = (re.findall(r'\bNotFound\("([a-z ]+)"\)', module.read_text()) for module in modules)
    named = {name for names in found for name in names}
    assert named == set(CHINESE)


def _values(words):
    return set(re.findall(r"\{[a-z_]+\}", words))


def test_every_problem_of_the_files_process_has_words_and_no_other_has(root):
    found = {
        reason
        for name in ("server", "parts", "problems")
        for reason in _problems((root / f"chassis/src/chassis/uploads/{name}.py").read_text())
    }
    assert found == set(FILES_KINDS)


def _problems(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "ProblemError":
            yield ast.literal_eval(node.args[0])
