"""Which permissions there are, as the contracts of all services tell."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import journeyman
from chassis.access import method_rules
from google.protobuf.descriptor import FileDescriptor

from gateway.identity.roles.builtin import ROLES


@cache
def known() -> frozenset[str]:
    """Return the permissions of all methods, and those that roles name for what a method asks besides."""
    named = frozenset(name for role in ROLES.values() for name in role.permissions if "*" not in name)
    return _of_methods() | named


def _of_methods() -> frozenset[str]:
    contracts = (contract for file in _files() for contract in file.services_by_name.values())
    rules = (rule for contract in contracts for rule in method_rules(contract).values())
    return frozenset(rule.permission for rule in rules if rule.permission)


def _files() -> Iterator[FileDescriptor]:
    for folder in map(Path, journeyman.__path__):
        for path in sorted(folder.rglob("*_pb2.py")):
            name = ".".join(path.relative_to(folder.parent).with_suffix("").parts)
            yield import_module(name).DESCRIPTOR
