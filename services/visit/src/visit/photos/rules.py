"""When a photo proves a visit. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from visit.visits.rules import PhotoKind

# Phones cut their time to whole seconds.
CLOCK_TOLERANCE = timedelta(seconds=1)
MOST_PHOTOS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photo of a visit; without a hash its file is not known to have arrived."""

    id: str
    visit_id: str
    kind: PhotoKind
    captured_at: datetime
    size_bytes: int
    upload_expires_at: datetime
    content_type: str | None = None
    sha256: str | None = None


class PhotoBeforeChecklist(Exception):
    """The photo was taken before the shop was tidied, so it cannot show the result (R022)."""


class TooManyPhotos(Exception):
    """The visit has as many photos as it can have."""


class UploadIncomplete(Exception):
    """A photo that would change the verdict on the visit can still arrive."""

    def __init__(self, photo: Photo) -> None:
        super().__init__(photo)
        self.photo_id = photo.id


def demand_photo(captured_at: datetime, checklist_at: datetime, taken: int) -> None:
    """Raise PhotoBeforeChecklist or TooManyPhotos unless another photo can be taken in.

    Args:
        captured_at: when it was taken, by the phone's clock.
        checklist_at: when the checklist was submitted, by the same clock where the phone gave its time.
        taken: how many photos the visit has.
    """
    if captured_at < checklist_at - CLOCK_TOLERANCE:
        raise PhotoBeforeChecklist
    if taken >= MOST_PHOTOS:
        raise TooManyPhotos


def kinds_shown(photos: Iterable[Photo], arrived: Collection[str], at: datetime) -> frozenset[PhotoKind]:
    """Return what the photos that have arrived show.

    A photo that has not arrived is left out when another of its kind has, or when its link has expired.

    Args:
        photos: all photos of the visit.
        arrived: ids of those whose files are there.
        at: the present, by the real clock that links expire by.

    Raises UploadIncomplete while a missing photo would change the verdict and can still arrive.
    """
    photos = tuple(photos)
    shown = frozenset(photo.kind for photo in photos if photo.id in arrived)
    for photo in photos:
        if photo.kind not in shown and photo.upload_expires_at > at:
            raise UploadIncomplete(photo)
    return shown
