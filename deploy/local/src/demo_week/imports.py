"""Brings the shops in: one CSV file, one import."""

import csv
import io
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from demo_week.api import Api, Json
from demo_week.errors import DemoError
from demo_week.shops import DISTRICTS, ShopFile

_PATIENCE_SECONDS = 150.0
_LOOK_AGAIN_SECONDS = 0.2
_COLUMNS = {"name": "name", "address": "address", "type": "category", "lat": "latitude", "lon": "longitude"}


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import says of itself, and what its result file says: how many rows are listed, and why."""

    created: int
    rejected: int
    listed: int
    reasons: Counter[str]

    @property
    def faults(self) -> Counter[str]:
        """Reasons that lie in the rows themselves; what is a duplicate depends on what is there already."""
        return Counter({reason: number for reason, number in self.reasons.items() if reason != "DUPLICATE"})


class ImportFailed(DemoError):
    """The operation did not succeed."""


def import_shops(
    api: Api, shops: ShopFile, owners: Mapping[str, str], progress: Callable[[int], None]
) -> Imported:
    """Uploads and imports the file; `owners` are ids of people by district."""
    begun = {"sizeBytes": len(shops.content), "contentType": "text/csv"}
    upload = api.post("/v1/customers:beginImportUpload", begun)
    api.upload(upload["uploadUrl"], shops.content, "text/csv")
    request = {"uploadId": upload["uploadId"], "columns": _mapping(owners)}
    operation_id = api.post("/v1/customers:import", request)["operationId"]
    operation = _outcome(api, operation_id, progress)
    counts = operation["counts"]
    listed = list(csv.DictReader(io.StringIO(api.download(operation["resultUrl"]).decode("utf-8-sig"))))
    return Imported(
        counts.get("created", 0),
        counts.get("rejected", 0),
        len({row["row"] for row in listed}),
        Counter(row["reason"] for row in listed),
    )


def _mapping(owners: Mapping[str, str]) -> list[Json]:
    codes = {district: code for district, (code, _, _) in DISTRICTS.items()}
    return [
        *({"column": column, "field": field} for column, field in _COLUMNS.items()),
        {"column": "adname", "field": "owner_id", "values": dict(owners)},
        {"column": "adname", "field": "division_code", "values": codes},
    ]


def _outcome(api: Api, operation_id: str, progress: Callable[[int], None]) -> Json:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        operation = api.get(f"/v1/operations/{operation_id}")
        progress(operation["progressDone"])
        match operation["state"]:
            case "STATE_SUCCEEDED":
                return operation
            case "STATE_FAILED":
                raise ImportFailed(f"{operation['errorReason']}: {operation['errorMessage']}")
        if time.monotonic() > deadline:
            raise ImportFailed(f"not done after {_PATIENCE_SECONDS:.0f} s: {operation}")
        time.sleep(_LOOK_AGAIN_SECONDS)  # the pause between two looks at a condition
