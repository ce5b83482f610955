"""The real shops of Shanghai, when JOURNEYMAN_REAL_DATA names a folder with them."""

import os
from pathlib import Path

import pytest
from journeyman.customer.v1 import customers_pb2

SHOPS = 14_398
COLUMNS = {
    "name": "name",
    "address": "address",
    "type": "category",
    "lat": "latitude",
    "lon": "longitude",
}


@pytest.mark.usefixtures("working")
def test_every_real_shop_is_taken_and_its_copy_refused(importing):
    folder = os.environ.get("JOURNEYMAN_REAL_DATA")
    if not folder:
        pytest.skip("JOURNEYMAN_REAL_DATA names no folder with stores/shanghai_food.csv")
    shops = (Path(folder) / "stores/shanghai_food.csv").read_bytes().splitlines(keepends=True)
    columns = [customers_pb2.ColumnMapping(column=column, field=field) for column, field in COLUMNS.items()]
    caller = importing()
    upload = caller.upload(b"".join([*shops, shops[1]]))
    done = caller.finished(caller.accept(upload, columns))
    assert dict(done.counts) == {"created": SHOPS, "rejected": 1}
    assert caller.reasons(done) == [(SHOPS + 2, "DUPLICATE", "")]
    for query in ("国际饭店", "际饭店", "gjfd", "guojifandian"):
        assert "国际饭店" in {customer.name for customer in caller.listed(query=query)}
