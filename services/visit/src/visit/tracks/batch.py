"""A batch of points: what is kept of it, column by column, and what is refused."""

from dataclasses import dataclass, field

from journeyman.visit.v1 import tracks_pb2 as pb

from visit.positions import ImpossiblePosition, fix_of, known
from visit.tracks.rules import Gate, Refusal

_MICROSECONDS = 1_000_000
_REASONS = {
    Refusal.CLOCK_AHEAD: pb.RefusedPoint.REASON_CLOCK_AHEAD,
    Refusal.CLOCK_BEHIND: pb.RefusedPoint.REASON_CLOCK_BEHIND,
    Refusal.OUTSIDE_WORKING_TIME: pb.RefusedPoint.REASON_OUTSIDE_WORKING_TIME,
    Refusal.DEVICE_REPLACED: pb.RefusedPoint.REASON_DEVICE_REPLACED,
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Points to keep as columns, which is how they are written in one statement; and the refused ones."""

    captured: list[int] = field(default_factory=list)
    latitudes: list[float] = field(default_factory=list)
    longitudes: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    speeds: list[float] = field(default_factory=list)
    refused: list[tuple[int, pb.RefusedPoint.Reason.ValueType]] = field(default_factory=list)


def sort_out(request: pb.AppendTrackPointsRequest, gate: Gate) -> Batch:
    """Judge each point alone: a bad one never costs the others."""
    batch = Batch()
    for index, point in enumerate(request.points):
        try:
            fix = fix_of(point.position)
        except ImpossiblePosition:
            batch.refused.append((index, pb.RefusedPoint.REASON_IMPOSSIBLE_POSITION))
            continue
        captured = _captured(point)
        refusal = gate.refusal(captured)
        if refusal or captured is None:
            batch.refused.append((index, _REASONS[refusal or Refusal.CLOCK_AHEAD]))
            continue
        batch.captured.append(captured)
        batch.latitudes.append(fix.latitude)
        batch.longitudes.append(fix.longitude)
        batch.accuracies.append(fix.accuracy_meters)
        batch.speeds.append(known(point.speed_mps))
    return batch


def _captured(point: pb.TrackPoint) -> int | None:
    if not point.HasField("captured_time"):
        return None
    time = point.captured_time
    return time.seconds * _MICROSECONDS + time.nanos // 1000
