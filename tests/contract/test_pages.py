"""The generated pages of docs/ are current, and the rulebook they show is whole."""

from docs.generator.__main__ import outdated
from docs.generator.rules import rules


def test_the_generated_pages_are_current():
    assert outdated() == []  # make docs


def test_every_rule_that_software_leaves_alone_says_why(root):
    assert [rule.rule for rule in rules(root) if (rule.scope == "policy") != bool(rule.reason)] == []


def test_every_rule_stands_once(root):
    names = [rule.rule for rule in rules(root)]
    assert names == [f"R{number:03}" for number in range(1, len(names) + 1)]
