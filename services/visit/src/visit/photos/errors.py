"""What the refusals of photos mean to callers."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from visit.photos.rules import MOST_PHOTOS, PhotoBeforeChecklist, TooManyPhotos, UploadIncomplete

_S = grpc.StatusCode
ERRORS: ErrorTable = {
    PhotoBeforeChecklist: ErrorKind(
        _S.FAILED_PRECONDITION,
        "PHOTO_BEFORE_CHECKLIST",
        "The photo was taken before the checklist was submitted; it must show the result.",
        "照片拍摄于检查整理提交之前,请在整理完成后重新拍照。",
    ),
    TooManyPhotos: ErrorKind(
        _S.FAILED_PRECONDITION,
        "TOO_MANY_PHOTOS",
        f"A visit has at most {MOST_PHOTOS} photos.",
        f"每次拜访最多 {MOST_PHOTOS} 张照片。",
    ),
    UploadIncomplete: ErrorKind(
        _S.FAILED_PRECONDITION,
        "UPLOAD_INCOMPLETE",
        "Photo {photo_id} has not arrived whole; finish its upload, or take it again.",
        "照片 {photo_id} 尚未上传完成,请继续上传或重新拍照。",
    ),
}
