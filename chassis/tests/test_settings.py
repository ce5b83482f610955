import pytest
from chassis.settings import ServiceSettings
from pydantic import ValidationError

GOOD = {
    "JOURNEYMAN_REDIS_URL": "redis://127.0.0.1:1/0",
    "JOURNEYMAN_LISTEN": "127.0.0.1:0",
    "JOURNEYMAN_OPS_LISTEN": "127.0.0.1:0",
    "JOURNEYMAN_STATE_FOLDER": "/nowhere",
    "JOURNEYMAN_DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/d",
    "JOURNEYMAN_IDENTITY_TARGET": "127.0.0.1:2",
    "JOURNEYMAN_CLIENT_ID": "customer",
    "JOURNEYMAN_CLIENT_SECRET": "hunter2",
}


def read(monkeypatch, **changes):
    for name, value in {**GOOD, **changes}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    return ServiceSettings()


def test_the_mode_is_production_unless_said_otherwise(monkeypatch):
    assert read(monkeypatch).env == "production"


def test_a_clock_file_is_refused_outside_local_mode(monkeypatch):
    with pytest.raises(ValidationError, match="local only"):
        read(monkeypatch, JOURNEYMAN_CLOCK_FILE="/tmp/clock")
    local = read(monkeypatch, JOURNEYMAN_CLOCK_FILE="/tmp/clock", JOURNEYMAN_ENV="local")
    assert local.clock_file is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JOURNEYMAN_ENV", "staging"),
        ("JOURNEYMAN_LISTEN", "no-port"),
        ("JOURNEYMAN_LISTEN", ":80"),
        ("JOURNEYMAN_DATABASE_URL", None),
        ("JOURNEYMAN_CLIENT_SECRET", None),
    ],
)
def test_what_is_missing_or_wrong_is_named(monkeypatch, name, value):
    with pytest.raises(ValidationError) as refused:
        read(monkeypatch, **{name: value})
    assert name.removeprefix("JOURNEYMAN_").lower() in str(refused.value)


def test_secrets_do_not_show(monkeypatch):
    assert "hunter2" not in repr(read(monkeypatch))


def test_an_error_does_not_show_what_was_set(monkeypatch):
    with pytest.raises(ValidationError) as refused:
        read(monkeypatch, JOURNEYMAN_OPS_LISTEN="hunter2")
    assert "hunter2" not in str(refused.value)


def test_settings_do_not_change(monkeypatch):
    with pytest.raises(ValidationError):
        read(monkeypatch).env = "local"


def test_a_service_that_is_not_set_is_named(monkeypatch):
    settings = read(monkeypatch)
    assert settings.target("identity") == "127.0.0.1:2"
    with pytest.raises(LookupError, match="JOURNEYMAN_VISIT_TARGET"):
        settings.target("visit")
