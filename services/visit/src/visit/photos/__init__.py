"""Photos that prove a visit, sent by signed link."""

from visit.photos.errors import ERRORS
from visit.photos.evidence import PhotoEvidence
from visit.photos.files import PhotoFiles
from visit.photos.servicer import PhotoServicer

__all__ = ["ERRORS", "PhotoEvidence", "PhotoFiles", "PhotoServicer"]
