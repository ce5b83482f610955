"""Telling people something: any service raises a notice, identity brings it to inbox, mail and webhooks."""

from collections.abc import Iterable, Mapping

from journeyman.notices.v1 import events_pb2

from chassis.outbox import Fact


def raised(
    service: str,
    template: str,
    *,
    recipients: Iterable[str] = (),
    permission: str = "",
    unit_id: str = "",
    nearest_only: bool = False,
    readable_by: str = "",
    passed_over: Iterable[str] = (),
    parameters: Mapping[str, object] | None = None,
    resource: str = "",
    dedupe_key: str,
) -> Fact:
    """Return the fact that somebody is to be told something, to be published with what it is about.

    Args:
        service: short name of the service that raises it, `visit`.
        template: key of the words in identity's `notices/templates.py`.
        recipients: ids of people to tell; empty ids are left out.
        permission: tells everybody besides who holds this permission over `unit_id`.
        unit_id: the unit that the permission must reach.
        nearest_only: of them only who holds it from the lowest unit: a person's own manager rather than
            everybody above.
        readable_by: permission over the unit that they must hold besides, to open what the notice is about.
        passed_over: ids of people who are neither told for the permission nor count as the nearest: whom it
            is about, or who may not act on it.
        parameters: what the words name: ids, codes, dates and amounts, never names, phones or positions.
            A parameter called `user` or ending in `_user` is the id of a person, one called `unit` or ending
            in `_unit` the id of a unit: identity writes their names in place of the ids.
        resource: what the notice is about, `spendPlans/<id>`.
        dedupe_key: the same key from the same service is told once to each person, for ever.
    """
    data = events_pb2.NoticeRaised(
        recipient_ids=sorted({recipient for recipient in recipients if recipient}),
        recipient_permission=permission,
        recipient_unit_id=unit_id,
        nearest_only=nearest_only,
        readable_by_permission=readable_by,
        passed_over_ids=sorted(set(passed_over)),
        template=template,
        parameters={name: str(value) for name, value in (parameters or {}).items()},
        resource=resource,
        dedupe_key=dedupe_key,
    )
    return Fact(f"journeyman.{service}.notice.raised.v1", dedupe_key, 1, data)
