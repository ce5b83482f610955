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
def test_every_real_shop_is_created_or_refused(importing):
    folder = os.environ.get("JOURNEYMAN_REAL_DATA")
    if not folder:
        pytest.skip("JOURNEYMAN_REAL_DATA names no folder with stores/shanghai_food.csv")
    content = (Path(folder) / "stores/shanghai_food.csv").read_bytes()
    columns = [customers_pb2.ColumnMapping(column=column, field=field) for column, field in COLUMNS.items()]
    caller = importing()
    done = caller.finished(caller.accept(caller.upload(content), columns))
    assert done.progress_total == SHOPS
    assert dict(done.counts) == {"created": SHOPS - 1, "rejected": 1}
    assert [reason for _, reason, _ in caller.reasons(done)] == ["DUPLICATE"]
    for query in ("国际饭店", "gjfd", "guojifandian", "饭", "饭店"):
        assert "国际饭店" in {customer.name for customer in caller.listed(query=query)} or len(query) < 3
