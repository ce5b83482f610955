"""The access rules that stand in the contracts."""

from dataclasses import dataclass

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from journeyman.options.v1 import access_pb2


class MissingAccessRule(Exception):
    """A method has no access rule, or an ambiguous one. The service must not start."""


@dataclass(frozen=True, slots=True)
class MethodRule:
    """Who may call a method and what a call does.

    `permission` is empty for methods that are public or open to every signed-in caller.
    """

    permission: str
    signed_in: bool
    public: bool
    reads: bool
    repeatable: bool
    requires_idempotency_key: bool
    owner_field: str
    gathered: bool
    from_replaced_device: bool = False


def method_rule(method: MethodDescriptor) -> MethodRule:
    """Return the method's rule. Raises MissingAccessRule unless it says exactly one of who may call."""
    options = method.GetOptions()
    rule = options.Extensions[access_pb2.access]
    if [bool(rule.permission), rule.signed_in, rule.public].count(True) != 1:
        raise MissingAccessRule(method.full_name)
    effect = access_pb2.AccessRule
    return MethodRule(
        permission=rule.permission,
        signed_in=rule.signed_in,
        public=rule.public,
        reads=rule.effect == effect.EFFECT_READ,
        repeatable=rule.effect in (effect.EFFECT_READ, effect.EFFECT_REPEATABLE),
        requires_idempotency_key=rule.requires_idempotency_key,
        owner_field=rule.owner_field,
        gathered=rule.gathered,
        from_replaced_device=rule.from_replaced_device,
    )


def method_rules(service: ServiceDescriptor) -> dict[str, MethodRule]:
    """Return the rules of all methods of a service by method name. Raises MissingAccessRule."""
    return {method.name: method_rule(method) for method in service.methods}
