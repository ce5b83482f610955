"""The table of the parameters: one row."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, MetaData, Table, Text

metadata = MetaData()

parameters = Table(
    "parameters",
    metadata,
    Column("singleton", Boolean, primary_key=True, server_default="true"),
    Column("date_format", Text, nullable=False, server_default="ISO"),
    Column("currency_symbol", Text, nullable=False, server_default="¥"),
    Column("language", Text, nullable=False, server_default="CHINESE"),
    Column("time_zone", Text, nullable=False, server_default="Asia/Shanghai"),
    Column("version", BigInteger, nullable=False, server_default="1"),
    Column("updated_at", DateTime(timezone=True)),
)
