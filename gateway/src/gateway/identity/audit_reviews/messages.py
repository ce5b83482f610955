"""Reviews as messages."""

from typing import Any

from journeyman.identity.v1 import audit_reviews_pb2 as pb
from sqlalchemy import Row


def message(row: "Row[Any]") -> pb.AuditReview:
    review = pb.AuditReview(
        id=row.id,
        unit_id=row.unit_id,
        period_start_date=row.period_start.isoformat(),
        period_end_date=row.period_end.isoformat(),
        findings=row.findings,
        entry_count=row.entry_count,
        position=row.position,
        hash=row.hash.hex(),
        reviewer_id=row.reviewer_id,
    )
    review.create_time.FromDatetime(row.created_at)
    return review
