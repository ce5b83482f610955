"""Who is told what of account changes, and when."""

from datetime import datetime, timedelta

import pytest
from chassis.calendar import BUSINESS_ZONE
from gateway.identity.notices import wording
from gateway.identity.notices.wording import Names
from journeyman.identity.v1 import account_changes_pb2 as pb

Change = pb.AccountChange
FRIDAY = datetime(2026, 3, 6, 9, tzinfo=BUSINESS_ZONE)
DAY = "2026-03-06"


@pytest.fixture
def sweep(identity):
    """Runs the sweep so many days after Friday."""
    (run,) = [each.run for each in identity.parts.sweeps if each.name == "overdue-account-changes"]

    def running(days):
        identity.set_time(FRIDAY + timedelta(days=days))
        run()

    return running


def told(desk, template):
    return [notice for notice in desk.notices() if notice.template == template]


def test_a_successor_is_told_once_that_the_work_of_a_leaver_is_theirs(identity, desk):
    closing = desk.close("shanghai.rep1", "shanghai.rep2")
    desk.approve(closing)
    assert told(desk, "accountChanges.handedOver") == []
    desk.carry_out(closing)
    (notice,) = told(desk, "accountChanges.handedOver")
    leaver = desk.id_of("shanghai.rep1")
    assert (list(notice.recipient_ids), notice.recipient_permission) == ([desk.id_of("shanghai.rep2")], "")
    assert dict(notice.parameters) == {"user": leaver, "unit": identity.unit_id("shanghai")}
    words = wording.words(notice, Names({leaver: "陈晨"}, {identity.unit_id("shanghai"): "上海"}), "zh")
    assert words.text == "陈晨(上海)已离职,其客户和未完成的任务由您接手。"


def test_whoever_freezes_directly_is_not_told_what_they_have_just_done(desk):
    desk.freeze("shanghai.rep1")
    assert desk.notices() == []
    filed = desk.file(Change.KIND_FREEZE, "shanghai.rep2")
    desk.approve(filed)
    (notice,) = told(desk, "accountChanges.carriedOut")
    assert list(notice.recipient_ids) == [desk.id_of("consumer.admin")]


def test_a_rejection_says_whom_it_is_about_and_carries_no_free_text(identity, desk):
    for person in ("shanghai.rep1", "shanghai.rep2"):
        desk.reject(desk.file(Change.KIND_FREEZE, person), note="仍在岗")
    first, second = told(desk, "accountChanges.rejected")
    assert first.parameters["user"] == desk.id_of("shanghai.rep1")
    assert "仍在岗" not in str(first.parameters)
    names = Names({desk.id_of("shanghai.rep2"): "陈晨"}, {identity.unit_id("shanghai"): "Shanghai"})
    assert "陈晨 (Shanghai) was rejected." in wording.words(second, names, "en").text


def test_the_rejection_of_a_newcomer_names_nobody(identity, desk):
    filed = desk.file(Change.KIND_OPEN, new_person=desk.newcomer(), new_unit_id=identity.unit_id("shanghai"))
    desk.reject(filed)
    (notice,) = told(desk, "accountChanges.rejected")
    assert "同事" in wording.words(notice, Names(), "zh").text


@pytest.mark.rule("R155")
def test_who_decides_is_told_once_when_the_working_day_has_passed_R155(identity, desk, sweep):
    identity.set_time(FRIDAY)
    waiting = desk.close("shanghai.rep1", "shanghai.rep2", event_date=DAY)
    done = desk.close("shanghai.rep3", "shanghai.rep2", event_date=DAY)
    desk.approve(done)
    desk.carry_out(done)
    sweep(3)  # Monday
    assert told(desk, "accountChanges.overdue") == []
    for days in (4, 4, 5):
        sweep(days)
    (notice,) = told(desk, "accountChanges.overdue")
    assert notice.resource == f"accountChanges/{waiting.id}"
    assert (notice.recipient_permission, notice.recipient_unit_id) == (
        "accountChanges.decide",
        identity.unit_id("shanghai"),
    )
    assert set(notice.passed_over_ids) == {desk.id_of("consumer.admin"), desk.id_of("shanghai.rep1")}
    assert "已超过一个工作日" in wording.words(notice, Names(), "zh").text
    assert told(desk, "accountChanges.overdueToCarryOut") == []


@pytest.mark.rule("R155")
def test_who_carries_out_is_told_of_what_was_approved_and_not_done_R155(identity, desk, sweep):
    identity.set_time(FRIDAY)
    approved = desk.approve(desk.close("shanghai.rep1", "shanghai.rep2", event_date=DAY))
    sweep(4)
    (notice,) = told(desk, "accountChanges.overdueToCarryOut")
    assert (notice.recipient_permission, notice.resource) == (
        "accountChanges.carryOut",
        f"accountChanges/{approved.id}",
    )
    assert list(notice.passed_over_ids) == [desk.id_of("shanghai.rep1")]
    assert told(desk, "accountChanges.overdue") == []


@pytest.mark.rule("R155")
def test_a_change_filed_late_says_so_at_once_and_is_not_told_again_R155(identity, desk, sweep):
    identity.set_time(FRIDAY + timedelta(days=4))
    desk.close("shanghai.rep1", "shanghai.rep2", event_date=DAY)
    sweep(5)
    (notice,) = desk.notices()
    assert (notice.template, notice.recipient_permission) == (
        "accountChanges.filedLate",
        "accountChanges.decide",
    )
    assert "one working day for it has passed" in wording.words(notice, Names(), "en").text
