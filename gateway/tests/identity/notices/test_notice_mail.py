"""What is mailed, when and in which words."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from chassis.notices import raised
from gateway.identity.notices.mailing import mail
from gateway.identity.notices.templates import TEMPLATES
from gateway.identity.notices.wording import Words
from sqlalchemy import text

LATE = datetime.fromisoformat("2026-03-02T22:00+08:00")
MORNING = datetime.fromisoformat("2026-03-03T07:30+08:00")
ADDRESS = "chen@example.com"


@pytest.fixture
def reader(identity, people):
    """Somebody with an e-mail address."""
    identity.change("UPDATE users SET email = :email WHERE username = 'shanghai.rep1'", email=ADDRESS)
    return people["shanghai.rep1"]


@pytest.fixture
def like(identity, reader):
    def change(**values):
        defaults = {
            "language": "zh",
            "email_enabled": True,
            "muted_groups": [],
            "quiet_from": "21:00",
            "quiet_to": "07:30",
        }
        identity.change("DELETE FROM notice_preferences")
        identity.change(
            "INSERT INTO notice_preferences VALUES (:user_id, :language, :email_enabled, :muted_groups,"
            " :quiet_from, :quiet_to, 1)",
            user_id=reader,
            **defaults | values,
        )

    return change


@pytest.fixture
def mailed(identity):
    """Runs the sweep and returns the mails that are owed."""

    def run():
        [sweep] = [each for each in identity.parts.sweeps if each.name == "mail-notices"]
        sweep.run()
        with identity.database.reading() as connection:
            query = "SELECT payload FROM job_intents WHERE kind = 'send-mail' ORDER BY id"
            return list(connection.execute(text(query)).scalars())

    return run


def notice(reader, key="1", template="visitPlans.late", **parameters):
    return raised(
        "visit", template, recipients=[reader], parameters={"week": "2026-03-02"} | parameters, dedupe_key=key
    )


def test_a_notice_is_mailed_once_in_the_language_of_its_reader(reader, tell, mailed, like, identity):
    tell(notice(reader))
    [chinese] = mailed()
    assert (chinese["to"], chinese["subject"]) == (ADDRESS, "拜访计划迟交")
    assert "2026-03-02" in chinese["text"]
    assert chinese["key"] == str(identity.value("SELECT id FROM notices"))
    assert mailed() == [chinese]
    tell(notice(reader))
    assert mailed() == [chinese]
    like(language="en")
    tell(notice(reader, "2"))
    assert [each["subject"] for each in mailed()] == ["拜访计划迟交", "Visit plan was late"]


def test_quiet_hours_delay_mail_and_never_the_inbox(reader, tell, mailed, told, clock):
    clock(LATE)
    tell(notice(reader, "1"), at=LATE)
    tell(notice(reader, "2"), at=LATE)
    assert told() == ["shanghai.rep1"] * 2
    assert mailed() == []
    clock(MORNING - timedelta(seconds=1))
    assert mailed() == []
    clock(MORNING)
    [both] = mailed()
    assert both["subject"] == "您有 2 条新消息"
    assert both["text"].count("拜访计划迟交") == 2


def test_what_was_read_meanwhile_is_not_mailed(identity, reader, tell, mailed, clock):
    clock(LATE)
    tell(notice(reader), at=LATE)
    identity.change("UPDATE notices SET read_at = now()")
    clock(MORNING)
    assert mailed() == []


@pytest.mark.parametrize("values", [{"email_enabled": False}, {"muted_groups": ["visitPlans"]}])
def test_preferences_hold_when_they_were_changed_before_or_meanwhile(
    reader, tell, mailed, like, clock, values
):
    like(**values)
    tell(notice(reader, "before"))
    like(quiet_from="00:00", quiet_to="23:00")
    tell(notice(reader, "meanwhile"))
    like(**values)
    clock(MORNING.replace(hour=23))
    assert mailed() == []


PROTECTS = (
    "devices.approved",
    "devices.askedFor",
    "devices.revoked",
    "users.oidcUnlinked",
    "users.passwordChanged",
    "users.passwordReset",
    "users.totpDisabled",
    "users.totpReset",
)


@pytest.mark.parametrize("template", PROTECTS)
def test_what_protects_the_account_is_mailed_at_once_whatever_its_holder_wants(
    identity, reader, tell, mailed, like, clock, template
):
    clock(LATE)
    like(email_enabled=False, muted_groups=["devices", "users"])
    tell(notice(reader, template=template), at=LATE)
    identity.change("UPDATE notices SET read_at = now()")
    [sent] = mailed()
    assert (sent["to"], sent["subject"]) == (ADDRESS, TEMPLATES[template].chinese[0])


def test_who_mutes_a_group_is_spared_what_does_not_protect_the_account(reader, tell, mailed, like):
    like(muted_groups=["devices"])
    tell(
        notice(reader, template="devices.toDecide", user=reader, unit=""),
        notice(reader, "2", "devices.rejected"),
    )
    assert mailed() == []


@pytest.mark.parametrize("change", ["UPDATE users SET email = ''", "UPDATE users SET state = 'DISABLED'"])
def test_nobody_without_an_address_or_with_a_closed_account_is_mailed(identity, reader, tell, mailed, change):
    tell(notice(reader))
    identity.change(change)
    assert mailed() == []


def test_the_names_in_a_mail_are_those_that_its_reader_may_see(reader, people, tell, mailed, identity):
    names = {"amount": "1", "month": "3", "step": "FINANCE"}
    seen = {"user": reader, "unit": identity.unit_id("shanghai")}
    unseen = {"user": people["hangzhou.rep1"], "unit": identity.unit_id("hangzhou")}
    tell(notice(reader, "1", "spendPlans.submitted", **names, **seen))
    tell(notice(reader, "2", "spendPlans.submitted", **names, **unseen))
    [both] = mailed()
    assert "上海业务员1(上海区域)" in both["text"]
    assert "同事(其他单元)" in both["text"]


def test_processes_that_mail_at_once_mail_each_notice_once(reader, people, tell, mailed, identity):
    identity.change("UPDATE users SET email = username || '@example.com'")
    tell(*[notice(user_id, user_id) for user_id in people.values()])
    with ThreadPoolExecutor(4) as processes:
        list(processes.map(lambda _: mailed(), range(4)))
    sent = [mail["to"] for mail in mailed()]
    assert len(sent) == len(set(sent)) == len(people)


def test_what_is_overdue_shows(identity, reader, tell, clock):
    tell(notice(reader))
    clock(datetime.fromisoformat("2026-03-02T12:05+08:00"))
    value = identity.runtime.metrics.registry.get_sample_value
    assert value("journeyman_notices_unsent_seconds", {"channel": "email"}) == 300
    assert value("journeyman_notices_unsent_seconds", {"channel": "webhook"}) == 0


def test_several_notices_are_one_mail_in_english_too():
    sent = mail(ADDRESS, "en", [Words("One", "First."), Words("Two", "Second.")], key="k")
    assert sent.subject == "2 notices"
    assert sent.text.startswith("One\nFirst.\n\nTwo\nSecond.\n\n-- \n")
    assert mail(ADDRESS, "en", [Words("One", "First.")], key="k").text.startswith("First.\n")
