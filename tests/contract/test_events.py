"""The event types in the contracts' comments are those that the code publishes."""

import ast
import re

from docs.generator.events import event_types

TYPE = re.compile(r"journeyman\.[a-z_]+\.[a-z_]+\.[a-z_]+\.v\d+")
SOURCES = (
    "gateway/src/gateway/identity",
    "services/customer/src",
    "services/marketing-resources/src",
    "services/visit/src",
    "services/reporting/src",
)


def test_every_type_is_documented_and_every_documented_type_is_published(root):
    documented = {row.type for row in event_types(root) if "<service>" not in row.type}
    assert published(root) == documented


def published(root):
    return {
        constant.value
        for folder in SOURCES
        for file in (root / folder).rglob("*.py")
        for constant in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(constant, ast.Constant)
        and isinstance(constant.value, str)
        and TYPE.fullmatch(constant.value)
    }
