from datetime import UTC, datetime, timedelta

from gateway.identity.webhooks.rules import DisabledReason, next_attempt, to_disable, wants

AT = datetime(2026, 3, 2, 4, tzinfo=UTC)


def test_ten_attempts_take_three_days():
    at, attempts = AT, 1
    while (later := next_attempt(attempts, at)) is not None:
        assert later > at
        at, attempts = later, attempts + 1
    assert attempts == 10
    assert timedelta(days=3) < at - AT < timedelta(days=4)


def test_an_endpoint_is_given_up_when_it_is_gone_or_nothing_arrives_for_five_days():
    assert to_disable(410, AT, AT) is DisabledReason.GONE
    assert to_disable(500, AT, AT + timedelta(days=5)) is DisabledReason.FAILING
    assert to_disable(500, AT, AT + timedelta(days=5) - timedelta(seconds=1)) is None


def test_an_endpoint_without_groups_wants_all():
    assert wants([], "spendPlans")
    assert wants(["visitPlans", "spendPlans"], "spendPlans")
    assert not wants(["visitPlans"], "spendPlans")
