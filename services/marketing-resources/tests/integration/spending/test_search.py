"""Spend plans, budgets and funds are found by a word, in the caller's scope."""

import pytest
from chassis.access import Scope
from journeyman.search.v1 import search_pb2

BRANCH = "00000000-0000-7000-8000-0000000000a2"
SEEING = ("spendPlans.read", "budgets.read", "funds.read")


@pytest.fixture
def budget(world):
    return world.budget(100_000)


@pytest.fixture
def planner(world):
    return world.planner()


@pytest.fixture
def seer(world):
    return world.caller(*SEEING)


def found(caller, query, **fields):
    answer = caller.search.Search(search_pb2.SearchRequest(query=query, **fields))
    return [(result.kind, result.title, result.subtitle) for result in answer.results]


@pytest.mark.rule("R145")
@pytest.mark.parametrize("query", ["双十一", "shuangshiyi", "ssy", "十一 大", "双十一大促"])
def test_a_spend_plan_is_found_by_part_of_its_title_its_pinyin_and_initials_R145(planner, query):
    plan = planner.draft(title="双十一大促")
    planner.draft(title="March")
    (result,) = planner.search.Search(search_pb2.SearchRequest(query=query)).results
    assert (result.resource, result.title, result.subtitle) == (
        f"spendPlans/{plan.id}",
        "双十一大促",
        "2026-03",
    )


def test_what_is_called_so_comes_before_what_has_it_in_its_name(planner):
    for title in ("Banner of banners", "My banner", "banner"):
        planner.draft(title=title)
    assert found(planner, "Banner")[0][1] == "banner"
    assert len(found(planner, "Banner", page_size=2)) == 2


def test_a_plan_is_found_by_its_new_title_and_no_longer_by_the_old_one(planner):
    plan = planner.draft(title="Spring")
    planner.change(plan, "title", title="Summer")
    assert found(planner, "spring") == []
    assert found(planner, "summer") == [("spendPlans", "Summer", "2026-03")]


@pytest.mark.usefixtures("budget")
def test_a_fund_and_its_budgets_are_found_by_code_funder_and_fee(seer):
    for query in ("f-0", "总部", "cuxiao"):
        assert found(seer, query) == [
            ("budgets", "F-0 advertising", "2026-03-01 – 2026-03-31"),
            ("funds", "F-0", "总部 促销费"),
        ]


def test_what_lies_outside_the_scope_is_not_found(world, planner, budget):
    planner.draft(title="Secret")
    there = world.caller(*SEEING, unit=BRANCH, scope=Scope.SUBTREE)
    assert found(there, "secret") == []
    assert [kind for kind, _, _ in found(there, "f-0")] == ["funds"]
    assert [kind for kind, _, _ in found(world.caller(*SEEING, scope=Scope.SELF), "secret")] == []
    assert budget


def test_without_the_permission_nothing_of_a_kind_is_found(world, planner, budget):
    planner.draft(title="F-0 in March")
    assert [kind for kind, _, _ in found(world.caller("budgets.read"), "f-0")] == ["budgets"]
    assert found(world.caller("customers.read"), "f-0") == []
    assert budget
