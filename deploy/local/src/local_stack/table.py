"""The table of the platform's processes: their commands, addresses and environment variables."""

import base64
import hashlib
import http.client
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from local_stack import state
from local_stack.databases import ServiceDatabase
from local_stack.ports import HOST, Ports
from local_stack.processes import Process

PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "identity": ("gateway", "identity"),
    "customer": ("customer",),
    "visit": ("visit",),
    "marketing": ("marketing_resources",),
    "reporting": ("reporting",),
}
SERVICES = tuple(PROGRAMS)
SERVERS = ("postgres", "valkey")
LISTENING = ("gateway", "files", *SERVICES)
BACKGROUND = tuple(f"{service}-background" for service in SERVICES)
CLIENTS = ("gateway", *(service for service in SERVICES if service != "identity"))
# What an installation may say about mail, the console and the company's own sign-in, and nothing needs.
IDENTITY_SETTINGS = tuple(
    f"JOURNEYMAN_{name}"
    for name in (
        "SMTP_URL",
        "MAIL_FROM",
        "CONSOLE_URL",
        "OIDC_ISSUER",
        "OIDC_CLIENT_ID",
        "OIDC_CLIENT_SECRET",
        "OIDC_REDIRECT_URIS",
        "OIDC_ACCOUNT_CLAIM",
        "OIDC_DISPLAY_NAME",
        "AUDIT_REVIEW_DAY",
        "DEVICE_QUEUE_DAYS",
    )
)
# The block is remembered: what people and links know by its port comes first, and services after it.
OFFSETS = {
    name: offset
    for offset, name in enumerate(
        (*SERVERS, *LISTENING, *(f"{name} ops" for name in (*LISTENING, *BACKGROUND))),
    )
}


@dataclass(frozen=True)
class Layout:
    """Where everything of one stack is."""

    folder: Path
    ports: Ports
    gateway_port: int | None
    databases: Mapping[str, ServiceDatabase]
    redis_url: str
    identity_settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def clock_file(self) -> Path:
        return self.folder / "clock.json"

    def address(self, process: str) -> str:
        if process == "gateway" and self.gateway_port is not None:
            return f"{HOST}:{self.gateway_port}"
        return self.ports.address(OFFSETS[process])

    def ops_address(self, process: str) -> str:
        return self.ports.address(OFFSETS[f"{process} ops"])


def migrations(layout: Layout) -> list[Process]:
    return [_command(layout, service, "migrate", owner=True) for service in SERVICES]


def recording_of_a_backup(layout: Layout) -> Process:
    return _command(layout, "identity", "ops", "record-backup", owner=False)


def demo_organisation(layout: Layout) -> Process:
    return _command(layout, "identity", "seed-demo", owner=False)


def service_processes(layout: Layout) -> list[Process]:
    verbs = {"serve": "", "background": "-background"}
    return [
        _process(layout, f"{service}{suffix}", _python(*PROGRAMS[service], verb))
        for verb, suffix in verbs.items()
        for service in SERVICES
    ]


def edge_processes(layout: Layout) -> list[Process]:
    commands = {"files": _python("gateway", "files"), "gateway": _python("gateway", "serve")}
    return [_process(layout, name, command) for name, command in commands.items()]


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", module, *arguments)


def _command(layout: Layout, service: str, *verb: str, owner: bool) -> Process:
    """A command of `service` that ends by itself."""
    owner_url = {"JOURNEYMAN_OWNER_DATABASE_URL": layout.databases[service].owner_url} if owner else {}
    environment = _environment(layout, service) | owner_url
    return Process("-".join((service, *verb)), _python(*PROGRAMS[service], *verb), environment=environment)


def _process(layout: Layout, name: str, command: tuple[str, ...]) -> Process:
    ready = partial(answers_ready, layout.ops_address(name))
    return Process(name, command, ready, _environment(layout, name))


def _environment(layout: Layout, name: str) -> dict[str, str]:
    return dict(_everywhere(layout)) | dict(_own(layout, name))


def _everywhere(layout: Layout) -> Iterator[tuple[str, str]]:
    key = hashlib.sha256(state.secret(layout.folder, "files.key").encode()).digest()
    yield "JOURNEYMAN_ENV", "local"
    yield "JOURNEYMAN_CLOCK_FILE", str(layout.clock_file)
    yield "JOURNEYMAN_REDIS_URL", layout.redis_url
    yield "JOURNEYMAN_FILES_FOLDER", str(_folder(layout, "files"))
    yield "JOURNEYMAN_FILES_URL", f"http://{layout.address('files')}"
    yield "JOURNEYMAN_FILES_KEY", base64.b64encode(key).decode()
    for service in SERVICES:
        yield f"JOURNEYMAN_{service.upper()}_TARGET", layout.address(service)


def _own(layout: Layout, name: str) -> Iterator[tuple[str, str]]:
    service = name.removesuffix("-background")
    yield "JOURNEYMAN_OPS_LISTEN", layout.ops_address(name)
    yield "JOURNEYMAN_STATE_FOLDER", str(_folder(layout, "processes", name))
    if name in LISTENING:
        yield "JOURNEYMAN_LISTEN", layout.address(name)
    if service in layout.databases:
        yield "JOURNEYMAN_DATABASE_URL", layout.databases[service].runtime_url
    if service in CLIENTS:
        yield "JOURNEYMAN_CLIENT_ID", service
        yield "JOURNEYMAN_CLIENT_SECRET", _client_secret(layout, service)
    if service == "identity":
        clients = {client: _client_secret(layout, client) for client in CLIENTS}
        yield "JOURNEYMAN_SERVICE_CLIENTS", json.dumps(clients)
        yield from layout.identity_settings.items()


def _client_secret(layout: Layout, client: str) -> str:
    return state.secret(layout.folder, f"{client}.client")


def _folder(layout: Layout, *names: str) -> Path:
    folder = layout.folder.joinpath(*names)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def answers_ready(ops_address: str) -> bool:
    """Whether the process behind `ops_address` says that it is ready."""
    connection = http.client.HTTPConnection(ops_address, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
