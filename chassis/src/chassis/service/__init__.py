"""A service's processes: what it is made of, and how `serve`, `background`, `migrate` and `ops` run it."""

from chassis.service.commands import main
from chassis.service.parts import Authority, Parts, Runtime, ServiceDefinition, Sweep

__all__ = ["Authority", "Parts", "Runtime", "ServiceDefinition", "Sweep", "main"]
