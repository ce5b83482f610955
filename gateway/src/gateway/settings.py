"""What the gateway reads from its environment."""

from pathlib import Path
from typing import Annotated

from chassis.settings import Address, Settings
from pydantic import BeforeValidator, NonNegativeInt, PositiveInt, SecretStr
from pydantic_settings import NoDecode

from gateway.contracts import BACKENDS


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class GatewaySettings(Settings):
    """Settings of `serve`."""

    identity_target: Address
    customer_target: Address
    visit_target: Address
    marketing_target: Address
    reporting_target: Address
    client_id: str
    client_secret: SecretStr
    # Origins whose web pages may call the API, such as https://console.example.com.
    cors_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = ()
    # Requests a minute that one signed-in caller, or one address without a token, may make over all replicas.
    requests_per_minute: PositiveInt = 30_000
    # Proxies of ours in front of the gateway, whose X-Forwarded-For and X-Forwarded-Proto are believed.
    proxy_hops: NonNegativeInt = 0

    def targets(self) -> dict[str, str]:
        return {name: getattr(self, f"{name}_target") for name in BACKENDS}


class FilesSettings(Settings):
    """Settings of `files`, the process that takes and serves files by signed link."""

    files_folder: Path
    files_key: SecretStr
