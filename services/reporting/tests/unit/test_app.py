import pytest
from chassis.service import Runtime
from pydantic import ValidationError
from reporting.app import build
from reporting.settings import ReportingSettings

ADDRESS = "127.0.0.1:1"
ENVIRONMENT = {
    "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:1/nowhere",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "LISTEN": ADDRESS,
    "OPS_LISTEN": ADDRESS,
    "STATE_FOLDER": "/nowhere",
    "IDENTITY_TARGET": ADDRESS,
    "CUSTOMER_TARGET": ADDRESS,
    "VISIT_TARGET": ADDRESS,
    "MARKETING_TARGET": ADDRESS,
    "CLIENT_ID": "reporting",
    "CLIENT_SECRET": "secret",
}


@pytest.fixture
def settings(monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(f"JOURNEYMAN_{name}", value)
    return ReportingSettings


def test_it_is_put_together_without_asking_anybody(settings):
    parts = build(Runtime("reporting", settings()))
    contracts = {servicer.contract.full_name for servicer in parts.servicers}
    assert contracts == {
        "journeyman.reporting.v1.ReportService",
        "journeyman.events.v1.EventFeedService",
    }
    sources = {subscription.source for subscription in parts.subscriptions}
    assert sources == {"identity", "visit", "customer", "marketing"}


@pytest.mark.parametrize("source", ["VISIT", "CUSTOMER", "MARKETING"])
def test_it_does_not_start_without_knowing_whom_to_follow(settings, monkeypatch, source):
    monkeypatch.delenv(f"JOURNEYMAN_{source}_TARGET")
    with pytest.raises(ValidationError, match=f"{source.lower()}_target"):
        settings()
