"""What a team would write first: Flask and SQLAlchemy's ORM in one process; no login, access or audit."""

import os
import uuid
from datetime import UTC, datetime
from typing import Any

from flask import Flask, abort, jsonify, request
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tests.load.monolith_table import COLUMNS

engine = create_engine(os.environ["DATABASE_URL"], pool_size=8, max_overflow=0)
app = Flask(__name__)


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    name: Mapped[str]
    code: Mapped[str]
    channel_type: Mapped[str]
    category: Mapped[str]
    contact_name: Mapped[str]
    phone: Mapped[str]
    address: Mapped[str]
    division_code: Mapped[str]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    def to_json(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            **{column: getattr(self, column) for column in COLUMNS},
            "created_at": self.created_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
        }


@app.post("/customers")
def create():
    return _create()


@app.post("/unexpired/customers")
def create_unexpired():
    """The same by a team that knows that SQLAlchemy reads anew what it has just committed."""
    return _create(expire_on_commit=False)


def _create(**options: bool):
    given = request.get_json()
    now = datetime.now(UTC)
    customer = Customer(**{column: given.get(column) for column in COLUMNS}, created_at=now, updated_at=now)
    with Session(engine, **options) as session:
        session.add(customer)
        session.commit()
        return jsonify(customer.to_json()), 201


@app.get("/customers/<uuid:customer_id>")
def get(customer_id: uuid.UUID):
    with Session(engine) as session:
        customer = session.get(Customer, customer_id)
        if customer is None:
            abort(404)
        return jsonify(customer.to_json())


@app.get("/customers")
def find():
    query = select(Customer)
    if channel_type := request.args.get("channel_type"):
        query = query.where(Customer.channel_type == channel_type)
    if words := request.args.get("query"):
        query = query.where(Customer.name.ilike(f"%{words}%"))
    query = query.order_by(Customer.name, Customer.id).limit(50)
    with Session(engine) as session:
        return jsonify({"customers": [customer.to_json() for customer in session.scalars(query)]})
