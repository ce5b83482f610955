"""`python -m gateway identity serve | background | migrate | ops`, and its own commands."""

import sys
from collections.abc import Sequence

from chassis import service
from gateway.identity import commands
from gateway.identity.app import DEFINITION


def main(arguments: Sequence[str]) -> int:
    """Run one command of identity. Returns the exit code."""
    match arguments:
        case ["create-admin", username]:
            return commands.create_admin(username)
        case ["rotate-keys"]:
            return commands.rotate_keys()
        case ["withdraw-keys"]:
            return commands.withdraw_keys()
        case ["seed-demo"]:
            return commands.seed_demo()
        case _:
            return service.main(DEFINITION, arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
