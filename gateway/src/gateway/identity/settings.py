"""What identity reads from its environment."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Self

from chassis.settings import ServiceSettings
from chassis.uploads.links import key_from_text
from pydantic import Field, SecretStr, StringConstraints, field_validator, model_validator

from gateway.identity.audit_reviews.rules import REVIEW_DAY
from gateway.identity.mail.smtp import SmtpServer

ClientId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,62}[a-z0-9]$")]
# A digest of the secret is kept that is quick to compute: the secret itself must be too long to guess.
ClientSecret = Annotated[SecretStr, StringConstraints(min_length=32)]


class IdentitySettings(ServiceSettings):
    """Settings of identity. It signs its own tokens, so it needs no client of its own.

    The files folder is where imports arrive and exports lie.
    """

    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    files_folder: Path
    files_url: str
    files_key: SecretStr
    # The clients of the other services with their secrets, made or renewed at every start.
    service_clients: Mapping[ClientId, ClientSecret] = Field(default_factory=dict)
    # Day of the month from which the month before must have been reviewed (R173).
    audit_review_day: Annotated[int, Field(ge=1, le=28)] = REVIEW_DAY
    # Where e-mail goes and whom it comes from; both or neither.
    smtp_url: SecretStr = SecretStr("")
    mail_from: Annotated[str, StringConstraints(pattern=r"^([^@\s<>]+@[^@\s<>]+)?$")] = ""

    # Where people find the console, https://console.example.com: links in mails lead there.
    console_url: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s#?]+)?$")] = ""

    # The company's own identity provider; without an issuer people sign in by password alone. The addresses
    # to which the browser may come back are a JSON list.
    oidc_issuer: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s#?]+)?$")] = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_display_name: str = "SSO"
    oidc_account_claim: Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")] = "preferred_username"
    oidc_redirect_uris: Sequence[str] = ()
    # For how many days what a phone had queued when it was replaced is still taken from it.
    device_queue_days: Annotated[int, Field(ge=0, le=90)] = 7

    @property
    def sources(self) -> tuple[str, ...]:
        """The services whose events identity follows: itself, and those that it was told the address of."""
        others = ("customer", "visit", "marketing", "reporting")
        return ("identity", *(name for name in others if getattr(self, f"{name}_target")))

    @property
    def smtp_server(self) -> SmtpServer | None:
        """The server that takes mail, or None: mail is off."""
        url = self.smtp_url.get_secret_value()
        return SmtpServer.parse(url) if url else None

    @field_validator("files_key")
    @classmethod
    def _key_can_sign(cls, value: SecretStr) -> SecretStr:
        key_from_text(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _provider_is_complete(self) -> Self:
        if not self.oidc_issuer:
            return self
        if not (
            self.oidc_client_id and self.oidc_client_secret.get_secret_value() and self.oidc_redirect_uris
        ):
            message = "JOURNEYMAN_OIDC_ISSUER needs _CLIENT_ID, _CLIENT_SECRET and _REDIRECT_URIS beside it"
            raise ValueError(message)
        if self.env != "local" and not self.oidc_issuer.startswith("https://"):
            message = "JOURNEYMAN_OIDC_ISSUER is an https address"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _mail_has_a_server_and_a_sender(self) -> Self:
        if (self.smtp_server is None) != (not self.mail_from):
            message = "JOURNEYMAN_SMTP_URL and JOURNEYMAN_MAIL_FROM go together"
            raise ValueError(message)
        return self
