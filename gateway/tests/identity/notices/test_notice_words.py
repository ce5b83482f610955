"""What is raised anywhere has words in both languages."""

import ast
import re
from pathlib import Path
from string import Formatter
from types import SimpleNamespace

import pytest
from gateway.identity.notices import wording
from gateway.identity.notices.messages import GROUPS
from gateway.identity.notices.templates import CODES, TEMPLATES, UNKNOWN
from gateway.identity.notices.wording import Names

ROOT = Path(__file__).parents[4]
SOURCES = [*ROOT.glob("chassis/src"), *ROOT.glob("gateway/src"), *ROOT.glob("services/*/src")]
FIELDS = Formatter()
SOMEBODY = "0197a1b2-0000-7000-8000-000000000001"


def raised_in_the_code():
    """Every call of chassis.notices.raised: place, template, parameters or None where they are computed."""
    for file in sorted(path for source in SOURCES for path in source.rglob("*.py")):
        text = file.read_text()
        if "notices" in text:
            tree = ast.parse(text)
            yield from calls(file.relative_to(ROOT), tree, set(names_of_raised(tree)))


def names_of_raised(tree):
    """What a file calls chassis.notices.raised."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "chassis.notices":
            yield from (alias.asname or alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module == "chassis":
            yield from (
                f"{alias.asname or alias.name}.raised" for alias in node.names if alias.name == "notices"
            )


def calls(place, tree, names):
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
                given = parameters_of(node)
                for template in templates_of(node.args[1], function, tree):
                    yield f"{place}:{node.lineno} {template}", template, given


def parameters_of(call):
    given = next((word.value for word in call.keywords if word.arg == "parameters"), ast.Dict([], []))
    literal = isinstance(given, ast.Dict) and all(isinstance(key, ast.Constant) for key in given.keys)
    return {key.value for key in given.keys} if literal else None


def templates_of(node, function, tree):
    """The keys that a call can be made with, or UNTOLD.

    A literal, a constant of the module, what fits an f-string, or what the function around it is called with.
    """
    if isinstance(node, ast.JoinedStr):
        return fitting(node) or [UNTOLD]
    if isinstance(node, ast.Name):
        return [*constants(tree, node.id), *given_to(function, node.id, tree)] or [UNTOLD]
    return [node.value if isinstance(node, ast.Constant) else UNTOLD]


def fitting(text):
    parts = [re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+" for part in text.values]
    return [key for key in TEMPLATES if re.fullmatch("".join(parts), key)]


def constants(tree, name):
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            yield node.value.value


def given_to(function, name, tree):
    names = [argument.arg for argument in function.args.args]
    for call in ast.walk(tree):
        if name in names and isinstance(call, ast.Call) and ast.unparse(call.func) == function.name:
            given = call.args[names.index(name)]
            yield given.value if isinstance(given, ast.Constant) else UNTOLD


UNTOLD = "a key that this test cannot read: write it as a literal"
RAISED = list(raised_in_the_code())


def named_in(text):
    return {name for _, name, _, _ in FIELDS.parse(text) if name is not None}


@pytest.mark.parametrize(("place", "template", "given"), RAISED, ids=[call[0] for call in RAISED])
def test_what_is_raised_has_words_for_no_more_than_it_gives(place, template, given):
    assert template in TEMPLATES, "add its words to gateway/identity/notices/templates.py"
    found = TEMPLATES[template]
    wanted = set().union(*map(named_in, (*found.english, *found.chinese)))
    assert given is None or wanted <= given


@pytest.mark.parametrize("key", TEMPLATES)
def test_words_are_there_in_both_languages_and_name_the_same(key):
    template = TEMPLATES[key]
    for english, chinese in zip(template.english, template.chinese, strict=True):
        assert english.isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
    named = [set().union(*map(named_in, words)) for words in (template.english, template.chinese)]
    assert named[0] == named[1]


def test_groups_are_named_as_resources_of_the_api():
    assert "spendPlans" in GROUPS
    assert all(group[0].islower() and group.isalpha() for group in GROUPS)


def said(template, language="en", names=None, **parameters):
    notice = SimpleNamespace(template=template, parameters=parameters)
    return wording.words(notice, names or Names(), language)


def test_codes_become_words():
    assert said("violations.found", date="2026-03-02", kind="LATE_CLOCK_IN").text.endswith("late clock-in.")
    assert "迟到" in said("violations.found", "zh", date="2026-03-02", kind="LATE_CLOCK_IN").text
    assert said("violations.found", date="2026-03-02", kind="NEW_KIND").text.endswith("NEW_KIND.")
    assert all(len(words) == 2 for words in CODES.values())


def test_names_come_from_ids_and_only_where_the_reader_sees_them():
    parameters = {"user": SOMEBODY, "unit": SOMEBODY, "amount": "1", "month": "2026-03", "step": "FINANCE"}
    named = Names({SOMEBODY: "陈晨"}, {SOMEBODY: "上海区域"})
    assert said("spendPlans.submitted", "zh", named, **parameters).text.startswith("陈晨(上海区域)")
    assert said("spendPlans.submitted", **parameters).text.startswith("a colleague (another unit)")
    assert SOMEBODY not in said("spendPlans.submitted", **parameters).text


@pytest.mark.parametrize(("language", "place"), [("en", "english"), ("zh", "chinese")])
@pytest.mark.parametrize("template", ["spendPlans.submitted", "newer.thing", "", "{"])
def test_what_cannot_be_said_is_said_neutrally(template, language, place):
    words = said(template, language, amount="1")
    assert (words.title, words.text) == getattr(UNKNOWN, place)


def test_braces_in_a_parameter_stay_what_they_are():
    words = said("disbursements.paid", amount="{user.__class__}", date="{0}")
    assert words.title == "{user.__class__} was paid"
