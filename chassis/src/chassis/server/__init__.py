"""The gRPC server of a service: around each method stand token, permission, validation and transaction."""

from chassis.server.call import Call
from chassis.server.edge import Edge, Servicer
from chassis.server.server import Server

__all__ = ["Call", "Edge", "Server", "Servicer"]
