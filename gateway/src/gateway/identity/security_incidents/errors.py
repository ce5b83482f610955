"""What the refusals of security incidents mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.security_incidents.rules import IncidentClosed, IncidentNotTakenUp, IncidentTakenUp

_STATE = grpc.StatusCode.FAILED_PRECONDITION

ERRORS: ErrorTable = {
    IncidentTakenUp: ErrorKind(
        _STATE, "INCIDENT_TAKEN_UP", "Somebody works on the incident already.", "该事件已有人处理。"
    ),
    IncidentNotTakenUp: ErrorKind(
        _STATE, "INCIDENT_NOT_TAKEN_UP", "Take up the incident before you close it.", "请先受理该事件再结案。"
    ),
    IncidentClosed: ErrorKind(
        _STATE, "INCIDENT_CLOSED", "The incident is resolved or dismissed.", "该事件已结案。"
    ),
}
