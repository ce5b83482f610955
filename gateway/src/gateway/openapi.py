"""The OpenAPI 3.1 document, made from the contracts when the gateway starts."""

import re
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import orjson
from google.protobuf.descriptor import Descriptor, FieldDescriptor, ServiceDescriptor

from gateway.constraints import Schema, is_required
from gateway.contracts import Binding, message_type
from gateway.openapi_platform import COMPONENTS, INFORMATION, PATHS
from gateway.query import query_fields
from gateway.routes import variables
from gateway.schemas import Schemas, comment

_JSON = "application/json"
_PROBLEM = {"$ref": "#/components/responses/Problem"}
_IN_PATH = r"^[^/:\u0000]+$"
_MASK = "google.protobuf.FieldMask"
_SNAKE_CASE = re.compile(r"(?<=[a-z])_([a-z])")


def document(bound: Iterable[Binding]) -> bytes:
    schemas = Schemas()
    paths: dict[str, dict[str, Any]] = {path: dict(item) for path, item in PATHS.items()}
    services: dict[str, ServiceDescriptor] = {}
    for binding in bound:
        path = _path(binding.template)
        paths.setdefault(path, {})[binding.http_method.lower()] = _operation(binding, schemas)
        services[_tag(binding)] = binding.descriptor.containing_service
    tags = [{"name": name, "description": comment(found.full_name)} for name, found in services.items()]
    components = COMPONENTS | {"schemas": COMPONENTS["schemas"] | dict(sorted(schemas.components.items()))}
    whole = {
        "openapi": "3.1.0",
        "info": INFORMATION | {"version": version("journeyman-gateway")},
        "security": [{"bearer": []}],
        "tags": [*tags, {"name": "Platform", "description": "What the gateway itself answers."}],
        "paths": paths,
        "components": components,
    }
    return orjson.dumps(whole)


def _operation(binding: Binding, schemas: Schemas) -> dict[str, Any]:
    method = binding.descriptor
    text = comment(method.full_name)
    operation: dict[str, Any] = {
        "operationId": binding.operation_id,
        "tags": [_tag(binding)],
        "summary": _first_sentence(text),
        "description": f"{text}\n\n{_access(binding)}",
        "parameters": _parameters(binding, schemas),
        "responses": _responses(binding, schemas),
    }
    if binding.rule.public:
        operation["security"] = []
    if binding.body:
        operation["requestBody"] = _request_body(binding, schemas)
    return operation


def _first_sentence(text: str) -> str:
    return " ".join(text.split()).partition(". ")[0].removesuffix(".")


def _access(binding: Binding) -> str:
    if binding.rule.public:
        return "Anybody may call this."
    if binding.rule.permission:
        return f"Needs the permission `{binding.rule.permission}`."
    return "Any signed-in caller may call this."


def _parameters(binding: Binding, schemas: Schemas) -> list[dict[str, Any]]:
    request = binding.descriptor.input_type
    names = variables(binding.template)
    parameters = [
        {
            "name": _variable(name),
            "in": "path",
            "required": True,
            "schema": _path_schema(schemas, _field(request, name)),
        }
        for name in names
    ]
    if binding.body != "*":
        for name, found in query_fields(request, {*names, binding.body}).items():
            parameters.append(_query_parameter(name, found.field, schemas))
    return parameters + _headers(binding)


def _query_parameter(name: str, field: FieldDescriptor, schemas: Schemas) -> dict[str, Any]:
    schema = schemas.field(field)
    description = schema.pop("description", "")
    if field.message_type and field.message_type.full_name == _MASK:  # comments have the contract's names
        description = _SNAKE_CASE.sub(lambda found: found[1].upper(), description)
    required = {"required": True} if is_required(field) else {}
    return {"name": name, "in": "query", "description": description, "schema": schema} | required


def _path_schema(schemas: Schemas, field: FieldDescriptor) -> Schema:
    schema = schemas.field(field)
    if "anyOf" in schema:  # the empty text, which no path segment can be
        schema = schema["anyOf"][1] | {"description": schema.get("description", "")}
    if schema.get("pattern", _STORABLE) == _STORABLE and "format" not in schema:
        schema["pattern"] = _IN_PATH
    return schema


_STORABLE = r"^[^\u0000]*$"


def _headers(binding: Binding) -> list[dict[str, Any]]:
    names = []
    if not binding.rule.repeatable and not binding.rule.public:  # keys belong to a caller
        names.append("IdempotencyKey")
    if binding.http_method in ("PATCH", "DELETE"):
        names.append("IfMatch")
    if binding.rule.reads and "etag" in binding.descriptor.output_type.fields_by_name:
        names.append("IfNoneMatch")
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _request_body(binding: Binding, schemas: Schemas) -> dict[str, Any]:
    request = binding.descriptor.input_type
    if binding.body != "*":
        field = request.fields_by_name[binding.body]
        schema, required = schemas.reference(message_type(field)), is_required(field)
    else:
        bound = frozenset(variables(binding.template))
        schema = schemas.message(request, bound) if bound else schemas.reference(request)
        required = any(is_required(field) for field in request.fields if field.name not in bound)
    return {"required": required, "content": {_JSON: {"schema": schema}}}


def _responses(binding: Binding, schemas: Schemas) -> dict[str, Any]:
    output = binding.descriptor.output_type
    content = {_JSON: {"schema": schemas.reference(output)}}
    responses: dict[str, Any] = {
        "200": {"description": comment(output.full_name) or "Done.", "content": content}
    }
    if "etag" in output.fields_by_name:
        responses["200"]["headers"] = {"ETag": {"schema": {"type": "string"}, "description": "Version tag."}}
        if binding.rule.reads:
            responses["304"] = {"description": "Nothing has changed since the version in `If-None-Match`."}
    return responses | {"default": _PROBLEM}


def _path(template: str) -> str:
    """The URL with its variables as the document names them: `{org_unit.id}` is `{orgUnitId}`.

    A key of another name stands alone, `{api_client.client_id}` is `{clientId}`: with two names for one
    variable GET and PATCH of a resource would be two paths, which OpenAPI forbids.
    """
    for name in variables(template):
        template = template.replace(f"{{{name}}}", f"{{{_variable(name)}}}")
    return template


def _variable(name: str) -> str:
    message, _, key = name.rpartition(".")
    first, *rest = (f"{message}_id" if message and key == "id" else key).split("_")
    return first + "".join(part.capitalize() for part in rest)


def _field(message: Descriptor, path: str) -> FieldDescriptor:
    name, _, rest = path.partition(".")
    field = message.fields_by_name[name]
    return _field(message_type(field), rest) if rest else field


def _tag(binding: Binding) -> str:
    return str(binding.descriptor.containing_service.name.removesuffix("Service"))
