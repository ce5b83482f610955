"""Answers PhotoService."""

from datetime import UTC, datetime

from chassis.access.people import demand_person
from chassis.errors import NotFound
from chassis.identifiers import new_id
from chassis.server import Call
from chassis.uploads.links import LINK_LIFE
from journeyman.visit.v1 import photos_pb2 as pb

from visit.person_lock import lock_person
from visit.photos import messages, store
from visit.photos.files import PhotoFiles
from visit.photos.rules import Photo, demand_photo
from visit.times import captured_instant
from visit.visits.rules import PhotoKind, Visit, demand_checklist
from visit.visits.store import find as find_visit


class PhotoServicer:
    """Answers PhotoService.

    Args:
        files: where the photos' files arrive.
    """

    contract = pb.DESCRIPTOR.services_by_name["PhotoService"]

    def __init__(self, files: PhotoFiles) -> None:
        self._files = files

    def begin_photo_upload(self, request: pb.BeginPhotoUploadRequest, call: Call) -> pb.Photo:
        demand_person(call.caller)
        captured_at = captured_instant(request.captured_time, "capturedTime", call.now)
        visit = _own_visit(request.visit_id, call)
        taken = len(store.of_visit(call.connection, visit.id))
        demand_photo(captured_at, demand_checklist(visit), taken)
        photo = Photo(
            id=new_id(),
            visit_id=visit.id,
            kind=PhotoKind(pb.Photo.Kind.Name(request.kind).removeprefix("KIND_")),
            captured_at=captured_at,
            size_bytes=request.size_bytes,
            upload_expires_at=datetime.now(UTC) + LINK_LIFE,
        )
        store.add(call.connection, photo, call.now)
        call.changed(f"photos/{photo.id}")
        link = self._files.upload_link(photo.id, photo.size_bytes, photo.upload_expires_at)
        return messages.render(photo, upload_url=link)

    def get_photo(self, request: pb.GetPhotoRequest, call: Call) -> pb.Photo:
        photo = store.find(call.connection, request.photo_id)
        visit = find_visit(call.connection, photo.visit_id) if photo else None
        if (
            photo is None
            or visit is None
            or not call.scope.covers(unit_id=visit.occasion.unit_id, owner_id=visit.user_id)
        ):
            raise NotFound("photo")
        return messages.render(photo, download_url=self._files.download_link(photo.id))


def _own_visit(visit_id: str, call: Call) -> Visit:
    lock_person(call.connection, call.caller.subject)
    visit = find_visit(call.connection, visit_id)
    if visit is None or visit.user_id != call.caller.subject:
        raise NotFound("visit")
    return visit
