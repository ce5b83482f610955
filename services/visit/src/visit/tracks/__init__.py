"""Tracks: positions in working time, and in no other (R002)."""

from visit.tracks.servicer import TrackServicer

__all__ = ["TrackServicer"]
