"""Answers NoticeService."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from chassis.access.people import demand_person
from chassis.errors import InvalidFields, NotFound
from chassis.field_masks import changed_fields
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.identity.v1 import notices_pb2 as pb
from sqlalchemy import Row

from gateway.identity.notices import messages, preferences, store, wording
from gateway.identity.notices.rules import Preferences
from gateway.identity.notices.wording import Reader
from gateway.identity.users import store as users

_MUTABLE = frozenset({"language", "email_enabled", "muted_groups", "quiet_from", "quiet_to"})


class NoticeServicer:
    contract = pb.DESCRIPTOR.services_by_name["NoticeService"]

    def __init__(self, *, mails: bool) -> None:
        self._mails = mails

    def list_notices(self, request: pb.ListNoticesRequest, call: Call) -> pb.ListNoticesResponse:
        demand_person(call.caller)
        page = page_of(request)
        user_id = call.caller.subject
        rows = store.read_page(call.connection, user_id, page, unread_only=request.unread_only)
        shown = rows[: page.size]
        response = pb.ListNoticesResponse(notices=_said(shown, call))
        if len(rows) > page.size:
            response.next_page_token = page.token((shown[-1].created_at.isoformat(), shown[-1].id))
        return response

    def get_notice(self, request: pb.GetNoticeRequest, call: Call) -> pb.Notice:
        demand_person(call.caller)
        row = store.find(call.connection, request.notice_id, call.caller.subject)
        if row is None:
            raise NotFound("notice")
        return _said([row], call)[0]

    def count_unread_notices(
        self,
        request: pb.CountUnreadNoticesRequest,  # noqa: ARG002 - it asks for nothing but the caller's own
        call: Call,
    ) -> pb.CountUnreadNoticesResponse:
        demand_person(call.caller)
        return pb.CountUnreadNoticesResponse(unread_count=store.unread(call.connection, call.caller.subject))

    def mark_notices_read(self, request: pb.MarkNoticesReadRequest, call: Call) -> pb.MarkNoticesReadResponse:
        demand_person(call.caller)
        user_id = call.caller.subject
        if bool(request.notice_ids) == request.HasField("up_to_time"):
            raise InvalidFields(messages.NOTICES_OR_TIME)
        if request.notice_ids:
            marked = store.mark_named(call.connection, user_id, request.notice_ids, call.now)
        else:
            until = request.up_to_time.ToDatetime(UTC)
            marked = store.mark_until(call.connection, user_id, until, call.now)
        call.changed(f"users/{user_id}/notices", ["read_time"])
        return pb.MarkNoticesReadResponse(marked_count=marked)

    def get_notice_preferences(
        self,
        request: pb.GetNoticePreferencesRequest,  # noqa: ARG002 - it asks for nothing but the caller's own
        call: Call,
    ) -> pb.NoticePreferences:
        demand_person(call.caller)
        user_id = call.caller.subject
        return self._rendered(preferences.of(call.connection, [user_id])[user_id], call)

    def update_notice_preferences(
        self, request: pb.UpdateNoticePreferencesRequest, call: Call
    ) -> pb.NoticePreferences:
        demand_person(call.caller)
        wanted, user_id = request.notice_preferences, call.caller.subject
        fields = changed_fields(request.update_mask, wanted, mutable=_MUTABLE)
        before = preferences.lock(call.connection, user_id)
        call.demand_etag(wanted.etag, before.version)
        after = messages.changed_preferences(before, wanted, fields)
        preferences.save(call.connection, user_id, after)
        call.changed(f"users/{user_id}/noticePreferences", fields)
        return self._rendered(after, call)

    def _rendered(self, liked: Preferences, call: Call) -> pb.NoticePreferences:
        account = users.find(call.connection, call.caller.subject)
        return messages.preferences(liked, email_available=bool(self._mails and account and account.email))


def _said(rows: Sequence["Row[Any]"], call: Call) -> list[pb.Notice]:
    caller = call.caller
    reader = Reader(caller.subject, caller.unit_id, call.reach("users.read"), call.reach("orgUnits.read"))
    names = wording.names_for(call.connection, reader, [row.parameters for row in rows])
    return [
        messages.notice(row, wording.words(row, names, call.language), wording.seen(row.parameters, names))
        for row in rows
    ]
