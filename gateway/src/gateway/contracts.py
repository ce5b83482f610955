"""The contracts that the gateway serves, read from the descriptors of the generated code.

Adding an annotated RPC to a contract of a package named here is all it takes to serve it.
"""

import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from chassis.access.methods import MethodRule, method_rule
from google.api import annotations_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor, MethodDescriptor

# Which service answers the contracts of a package. None: the owner in the request's `owner_field` does, or
# every service that serves the method when it is gathered.
BACKEND_OF_PACKAGE: dict[str, str | None] = {
    "journeyman.identity.v1": "identity",
    "journeyman.customer.v1": "customer",
    "journeyman.visit.v1": "visit",
    "journeyman.marketing.v1": "marketing",
    "journeyman.reporting.v1": "reporting",
    "journeyman.corrections.v1": None,
    "journeyman.operations.v1": None,
    "journeyman.search.v1": None,
    "journeyman.work.v1": None,
}
BACKENDS = tuple(name for name in BACKEND_OF_PACKAGE.values() if name)


@dataclass(frozen=True, slots=True)
class Binding:
    """One URL of one method; `place` counts the URLs of the method from 1."""

    descriptor: MethodDescriptor
    rule: MethodRule
    http_method: str
    template: str
    body: str
    backend: str | None
    place: int

    @property
    def operation_id(self) -> str:
        """The name of this URL of the method in OpenAPI."""
        name = f"{self.descriptor.containing_service.name}_{self.descriptor.name}"
        return f"{name}_{self.place}" if self.place > 1 else name

    @property
    def grpc_path(self) -> str:
        return grpc_path(self.descriptor)


def grpc_path(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


def bindings() -> Iterator[Binding]:
    """The URLs of all methods that have one. Raises MissingAccessRule for a method without an access rule."""
    for package, backend in BACKEND_OF_PACKAGE.items():
        for file in package_files(package):
            for service in file.services_by_name.values():
                for method in service.methods:
                    yield from _bindings_of(method, backend)


def package_files(package: str) -> Iterator[FileDescriptor]:
    module = import_module(package)
    for found in pkgutil.iter_modules(module.__path__):
        if found.name.endswith("_pb2"):
            yield import_module(f"{package}.{found.name}").DESCRIPTOR


def _bindings_of(method: MethodDescriptor, backend: str | None) -> Iterator[Binding]:
    options = method.GetOptions()
    if not options.HasExtension(annotations_pb2.http):
        return
    http = options.Extensions[annotations_pb2.http]
    for place, rule in enumerate((http, *http.additional_bindings), start=1):
        verb = rule.WhichOneof("pattern")
        yield Binding(
            descriptor=method,
            rule=method_rule(method),
            http_method=verb.upper(),
            template=getattr(rule, verb),
            body=rule.body,
            backend=backend,
            place=place,
        )


def message_type(field: FieldDescriptor) -> Descriptor:
    """The message that a field of a message type holds."""
    return cast("Descriptor", field.message_type)


def wire_class(descriptor: Descriptor) -> Any:
    """The protobuf-py class of a message, which the JSON codec works with."""
    module = descriptor.file.name.removesuffix(".proto").replace("/", ".")
    found: Any = import_module(f"gateway.wire.{module}_pb")
    for name in descriptor.full_name.removeprefix(f"{descriptor.file.package}.").split("."):
        found = getattr(found, name)
    return found
