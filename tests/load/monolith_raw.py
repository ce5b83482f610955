"""The honest floor: Flask on psycopg alone, a connection for each thread, every statement prepared."""

import os
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

import psycopg
from flask import Flask, abort, jsonify, request

from tests.load.monolith_table import COLUMNS

app = Flask(__name__)
_local = threading.local()
_ALL = ("id", *COLUMNS, "created_at", "updated_at")
_SELECT = f"SELECT {', '.join(_ALL)} FROM customers"
_INSERT = f"INSERT INTO customers ({', '.join(_ALL)}) VALUES ({', '.join(['%s'] * len(_ALL))})"


def connection() -> psycopg.Connection[Any]:
    if not hasattr(_local, "connection"):
        _local.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    return _local.connection


def to_json(row: tuple[Any, ...]) -> dict[str, Any]:
    customer = dict(zip(_ALL, row, strict=True))
    customer["id"] = str(customer["id"])
    customer["created_at"] = customer["created_at"].isoformat()
    customer["updated_at"] = customer["updated_at"].isoformat()
    return customer


@app.post("/customers")
def create():
    given = request.get_json()
    now = datetime.now(UTC)
    row = (uuid.uuid4(), *(given.get(column) for column in COLUMNS), now, now)
    connection().execute(_INSERT, row, prepare=True)
    return jsonify(to_json(row)), 201


@app.get("/customers/<uuid:customer_id>")
def get(customer_id: uuid.UUID):
    row = (
        connection().execute(f"{_SELECT} WHERE id = %s", (customer_id,), prepare=True, binary=True).fetchone()
    )
    if row is None:
        abort(404)
    return jsonify(to_json(row))


@app.get("/customers")
def find():
    conditions, values = ["true"], []
    if channel_type := request.args.get("channel_type"):
        conditions.append("channel_type = %s")
        values.append(channel_type)
    if words := request.args.get("query"):
        conditions.append("name ILIKE %s")
        values.append(f"%{words}%")
    statement = f"{_SELECT} WHERE {' AND '.join(conditions)} ORDER BY name, id LIMIT 50"
    # A plan for any words would not use the index for the words at hand.
    rows = connection().execute(statement, values, prepare=not words, binary=True).fetchall()
    return jsonify({"customers": [to_json(row) for row in rows]})
