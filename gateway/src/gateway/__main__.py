"""`python -m gateway serve | files | identity …`."""

import sys
from functools import partial
from importlib import import_module

from pydantic import ValidationError

_USAGE = "usage: python -m gateway serve | files | identity <command>"


def main(arguments: list[str]) -> int:
    match arguments:
        case ["serve"]:
            _serve()
        case ["files"]:
            _files()
        case ["identity", *rest]:
            return int(import_module("gateway.identity.__main__").main(rest) or 0)
        case _:
            sys.stderr.write(f"{_USAGE}\n")
            return 2
    return 0


def _serve() -> None:
    from gateway.app import Gateway  # noqa: PLC0415 - each command loads only what it runs
    from gateway.server import run  # noqa: PLC0415
    from gateway.settings import GatewaySettings  # noqa: PLC0415

    settings = GatewaySettings()  # type: ignore[call-arg] # from the environment
    run("gateway", settings.listen, partial(Gateway, settings), request_seconds=60)


def _files() -> None:
    from gateway.files import Files  # noqa: PLC0415
    from gateway.server import run  # noqa: PLC0415
    from gateway.settings import FilesSettings  # noqa: PLC0415

    settings = FilesSettings()  # type: ignore[call-arg] # from the environment
    run("files", settings.listen, partial(Files, settings), request_seconds=30 * 60)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ValidationError as error:
        sys.exit(f"the settings are not complete:\n{error}")
