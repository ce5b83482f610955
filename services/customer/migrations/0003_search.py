"""Indexes that find a customer by its code and its phone number."""

from alembic import op

revision = "0003"
down_revision = "0002"

_INDEXES = """
CREATE INDEX customers_code ON customers (code) WHERE code <> '';
CREATE INDEX customers_phone ON customers (phone) WHERE phone <> '';
"""


def upgrade() -> None:
    op.execute(_INDEXES)
