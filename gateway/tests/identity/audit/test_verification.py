"""The sealed log: what a proof finds, whoever changed it."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from chassis.metrics import Metrics
from chassis.pagination import page_of
from chassis.sealing.watch import Watch
from gateway.identity.audit_log.chain import AUDIT_LOG
from gateway.identity.audit_log.operator import verify_audit
from gateway.identity.audit_log.tables import audit_log
from gateway.identity.audit_log.verification import prove_next
from journeyman.identity.v1 import audit_log_pb2 as pb
from structlog.testing import capture_logs


@pytest.fixture
def sealed(log):
    """Five sealed entries, in the order of their positions."""
    log.ids = log.write({"resource": "customers/1", "changed_fields": ["name", "phone"], "request_id": "r"})
    for number in range(4):
        log.ids += log.write({"resource": f"visits/{number}"}, service="visit")
    return log


def named(log, token):
    """Return what a proof names, which is the same in stretches of any size."""
    findings, _ = log.verify(token)
    assert log.verify(token, page_size=1)[0] == findings
    return findings


def test_a_whole_log_has_no_findings(sealed, admin):
    for page_size in (0, 1, 2, 5):
        assert sealed.verify(admin, page_size) == ([], 5)


def test_the_columns_under_the_hash_are_those_of_the_table():
    assert set(AUDIT_LOG.columns) == set(audit_log.c.keys())


def test_a_hash_can_be_made_again_from_what_the_list_shows(sealed, admin):
    before = b""
    for entry in sorted(sealed.list(admin), key=lambda entry: entry.position):
        values = [
            entry.position,
            entry.id,
            seconds(entry.occur_time),
            seconds(entry.record_time),
            entry.service,
            entry.caller,
            entry.caller_unit_id or None,
            entry.on_behalf_of,
            entry.method,
            entry.resource,
            list(entry.changed_fields),
            entry.request_id,
        ]
        written = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        before = sha256(before + written.encode()).digest()
        assert entry.hash == before.hex()
    answer = sealed.stub(admin).VerifyAuditLog(pb.VerifyAuditLogRequest())
    assert (answer.head_position, answer.head_hash, answer.unsealed_count) == (5, before.hex(), 0)


def seconds(at):
    return f"{at.seconds}.{at.nanos // 1000:06}"


@pytest.mark.rule("R211")
@pytest.mark.parametrize(
    "change",
    [
        "caller = 'somebody else'",
        "caller_unit_id = gen_random_uuid()",
        "on_behalf_of = 'x'",
        "method = 'x'",
        "resource = 'customers/2'",
        "changed_fields = '{name}'",
        "request_id = ''",
        "recorded_at = recorded_at + interval '1 microsecond'",
    ],
)
def test_a_falsified_entry_is_named_R211(sealed, admin, change):
    sealed.tamper(f"UPDATE audit_log SET {change} WHERE id = '{sealed.ids[0]}'")
    assert named(sealed, admin) == [("CHANGED", sealed.ids[0], 1)]


def test_an_entry_with_another_time_is_missed_at_its_place_and_found_at_the_other(sealed, admin):
    one = sealed.ids[1]
    sealed.tamper(f"UPDATE audit_log SET occurred_at = occurred_at + interval '1 hour' WHERE id = '{one}'")
    assert named(sealed, admin) == [("REMOVED", one, 2), ("INSERTED", one, 0)]


@pytest.mark.rule("R211")
def test_a_removed_entry_is_named_R211(sealed, admin):
    sealed.tamper(f"DELETE FROM audit_log WHERE id = '{sealed.ids[2]}'")
    assert named(sealed, admin) == [("REMOVED", sealed.ids[2], 3)]


def test_an_entry_that_was_put_in_is_named(sealed, admin):
    sealed.tamper(
        "INSERT INTO audit_log SELECT '00000000-0000-7000-8000-0000000000ff', occurred_at, recorded_at,"
        " service, 'x', NULL, '', method, resource, '{}', '' FROM audit_log LIMIT 1"
    )
    assert named(sealed, admin) == [("INSERTED", "00000000-0000-7000-8000-0000000000ff", 0)]


def test_an_entry_removed_before_it_was_sealed_is_named(sealed, admin):
    received = sealed._received({}, datetime(2026, 3, 2, tzinfo=UTC), "customer")
    sealed.apply([received])
    answer = sealed.stub(admin).VerifyAuditLog(pb.VerifyAuditLogRequest())
    assert answer.unsealed_count == 1
    assert named(sealed, admin) == []
    sealed.tamper(f"DELETE FROM audit_log WHERE id = '{received.event.id}'")
    assert named(sealed, admin) == [("REMOVED", received.event.id, 0)]


def test_what_the_owner_dropped_for_its_age_is_not_missed_and_does_not_come_back(sealed, admin):
    april = datetime(2026, 4, 2, tzinfo=UTC)
    (young,) = sealed.write({}, at=april)
    with sealed.owner() as connection:
        assert connection.execute("SELECT drop_audit_log_before('2026-04-01')").fetchone() == (1,)
    again = sealed._received({}, april - timedelta(days=9), "customer")
    sealed.apply([again])
    assert sealed.verify(admin) == ([], 1)
    assert [entry.id for entry in sealed.list(admin, service="customer")] == [young]
    sealed.tamper(f"UPDATE audit_log SET caller = 'x' WHERE id = '{young}'")
    assert named(sealed, admin) == [("CHANGED", young, 6)]


@pytest.mark.parametrize(
    "cursor",
    ["", "seals:-1", "seals:x", "entries:1", "entries:2026-03-02|x", "reviews:1", "pages:1", 7, None],
)
def test_a_forged_place_to_go_on_from_is_refused(log, admin, refused, cursor):
    token = page_of(pb.VerifyAuditLogRequest(), keys=1).token((cursor,))
    with refused() as refusal:
        log.stub(admin).VerifyAuditLog(pb.VerifyAuditLogRequest(page_token=token))
    assert refusal.fields == ["pageToken"]


def test_an_operator_proves_the_log_and_a_script_sees_the_exit_code(sealed, identity, capsys):
    assert verify_audit(identity.database) == 0
    assert capsys.readouterr().out.startswith("5 entries proven, sealed to position 5 (hash ")
    sealed.tamper(f"UPDATE audit_log SET caller = 'x' WHERE id = '{sealed.ids[0]}'")
    assert verify_audit(identity.database) == 1
    assert capsys.readouterr().out.startswith(f"CHANGED\t{sealed.ids[0]}\t1\n")


def test_the_watch_finds_a_change_without_being_asked_and_tells_it_in_metrics(sealed, identity):
    metrics = Metrics()
    sealed.tamper(f"UPDATE audit_log SET caller = 'x' WHERE id = '{sealed.ids[0]}'")
    watch = Watch(AUDIT_LOG, prove_next, identity.database, metrics)
    with capture_logs() as logs:
        for _ in range(4):  # seals, entries, reviews, and a pause
            watch.run()
    assert [(each["event"], each["position"]) for each in logs] == [("not as it was sealed", 1)]
    value = metrics.registry.get_sample_value
    assert value("journeyman_seals_findings", {"chain": "audit"}) == 1
    assert value("journeyman_seals_waiting", {"chain": "audit"}) == 0
    assert value("journeyman_seals_proven_timestamp_seconds", {"chain": "audit"}) > 0
