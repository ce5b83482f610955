"""Photos between protobuf and values."""

from journeyman.visit.v1 import photos_pb2 as pb

from visit.photos.rules import Photo


def render(photo: Photo, *, upload_url: str = "", download_url: str = "") -> pb.Photo:
    """Return a photo as a message."""
    message = pb.Photo(
        id=photo.id,
        visit_id=photo.visit_id,
        kind=pb.Photo.Kind.Value(f"KIND_{photo.kind}"),
        size_bytes=photo.size_bytes,
        sha256=photo.sha256 or "",
        upload_url=upload_url,
        download_url=download_url,
    )
    message.captured_time.FromDatetime(photo.captured_at)
    return message
