"""What a process reads from its environment, once, before it does anything else."""

from base64 import b64decode
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def _address(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal():
        message = "must be written host:port"
        raise ValueError(message)
    return value


Address = Annotated[str, AfterValidator(_address)]


class Settings(BaseSettings):
    """Settings every process has; a service adds its own in its `settings.py`.

    The variable of a field is `JOURNEYMAN_` and its name in capitals.
    """

    model_config = SettingsConfigDict(
        env_prefix="JOURNEYMAN_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    env: Literal["local", "production"] = "production"
    clock_file: Path | None = None
    redis_url: SecretStr
    listen: Address = "127.0.0.1:50051"
    ops_listen: Address
    state_folder: Path

    @model_validator(mode="after")
    def _clock_is_real_outside_local(self) -> Self:
        if self.clock_file and self.env != "local":
            message = "JOURNEYMAN_CLOCK_FILE is for JOURNEYMAN_ENV=local only"
            raise ValueError(message)
        return self


class ServiceSettings(Settings):
    """Settings of a gRPC service with a database."""

    database_url: SecretStr
    identity_target: Address
    client_id: str
    client_secret: SecretStr
    customer_target: Address | None = None
    visit_target: Address | None = None
    marketing_target: Address | None = None
    reporting_target: Address | None = None
    files_folder: Path | None = None
    files_url: str = ""
    files_key: SecretStr = SecretStr("")

    def files_key_bytes(self) -> bytes:
        """Return the key that signs links of the folder store."""
        return b64decode(self.files_key.get_secret_value())

    def target(self, source: str) -> str:
        """Return the gRPC address of another service. Raises LookupError when it is not set."""
        address: str | None = getattr(self, f"{source}_target", None)
        if address is None:
            message = f"JOURNEYMAN_{source.upper()}_TARGET is not set"
            raise LookupError(message)
        return address


class MigrationSettings(BaseSettings):
    """Settings of `migrate`, the only one that knows the owner's password."""

    model_config = SettingsConfigDict(
        env_prefix="JOURNEYMAN_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    owner_database_url: SecretStr
