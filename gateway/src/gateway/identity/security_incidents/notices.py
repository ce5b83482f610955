"""Whom a security incident is told to."""

from typing import Any

from chassis.notices import raised as raised_notice
from chassis.outbox import Fact
from sqlalchemy import Row


def reported(row: "Row[Any]") -> Fact:
    """R149: tell everybody who handles incidents of the reporter's unit."""
    return raised_notice(
        "identity",
        "securityIncidents.reported",
        permission="securityIncidents.handle",
        unit_id=row.unit_id,
        parameters={"user": row.reporter_id, "unit": row.unit_id, "kind": row.severity},
        resource=f"securityIncidents/{row.id}",
        dedupe_key=f"security-incident-reported:{row.id}",
    )


def resolved(row: "Row[Any]") -> Fact:
    """Tell the reporter that it is done with."""
    return raised_notice(
        "identity",
        "securityIncidents.resolved",
        recipients=[row.reporter_id],
        resource=f"securityIncidents/{row.id}",
        dedupe_key=f"security-incident-closed:{row.id}",
    )


def dismissed(row: "Row[Any]") -> Fact:
    """Tell the reporter that it is none."""
    return raised_notice(
        "identity",
        "securityIncidents.dismissed",
        recipients=[row.reporter_id],
        resource=f"securityIncidents/{row.id}",
        dedupe_key=f"security-incident-closed:{row.id}",
    )
