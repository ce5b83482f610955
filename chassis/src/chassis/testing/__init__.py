"""The testing kit: databases from a template, a real gRPC server with a token issuer of its own."""

from chassis.testing.audit import audit_entries
from chassis.testing.databases import DatabaseFactory, TestDatabase
from chassis.testing.grpc_server import Serving, serving
from chassis.testing.tokens import TokenIssuer
from chassis.testing.trees import OneUnitEach, Tree

__all__ = [
    "DatabaseFactory",
    "OneUnitEach",
    "Serving",
    "TestDatabase",
    "TokenIssuer",
    "Tree",
    "audit_entries",
    "serving",
]
