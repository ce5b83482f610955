"""What no contract describes in the OpenAPI document: the gateway's own pages, problems and headers."""

from typing import Any

INFORMATION = {
    "title": "Journeyman",
    "description": (
        "Mobile marketing management (移动营销管理系统): field visits, attendance, customers and reports.\n\n"
        "JSON is the canonical mapping of proto3. Errors are `application/problem+json` (RFC 9457), in "
        "English or Chinese by `Accept-Language`. Send an `Idempotency-Key` with a write that may be "
        "repeated."
    ),
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}

_TEXT = {"type": "string"}
_HEADER_TEXT = {"type": "string", "maxLength": 200, "pattern": "^[ -~]*$"}

COMPONENTS: dict[str, Any] = {
    "securitySchemes": {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "Access token of `/v1/auth/login` or `/oauth2/token`, good for 15 minutes.",
        },
    },
    "parameters": {
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "A name of this write, chosen by the client: a repeat gets the first answer.",
            "schema": _HEADER_TEXT,
        },
        "IfMatch": {
            "name": "If-Match",
            "in": "header",
            "description": "Write only to this version of the resource.",
            "schema": {"type": "string", "pattern": '^([*]|"[A-Za-z0-9._-]{1,60}")?$'},
        },
        "IfNoneMatch": {
            "name": "If-None-Match",
            "in": "header",
            "description": "The version that the client has.",
            "schema": _TEXT,
        },
    },
    "responses": {
        "Problem": {
            "description": "The request was refused or failed.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    },
    "schemas": {
        "Problem": {
            "type": "object",
            "description": "RFC 9457.",
            "required": ["type", "title", "status", "detail", "reason", "requestId", "errors"],
            "properties": {
                "type": {"type": "string", "format": "uri-reference"},
                "title": _TEXT,
                "status": {"type": "integer"},
                "detail": {"type": "string", "description": "The problem in the caller's language."},
                "reason": {"type": "string", "description": "The problem for programs, from docs/errors.md."},
                "requestId": {"type": "string", "description": "Tell it to the operator."},
                "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}},
            },
            "additionalProperties": False,
        },
        "FieldError": {
            "type": "object",
            "description": "One bad field of a request.",
            "required": ["field", "reason", "detail"],
            "properties": {
                "field": {
                    "type": "string",
                    "description": "Its path; empty: the whole body.",
                },
                "reason": _TEXT,
                "detail": _TEXT,
            },
            "additionalProperties": False,
        },
    },
}


def _page(summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "summary": summary,
        "tags": ["Platform"],
        "security": [],
        "responses": {
            "200": {"description": summary, "content": {"application/json": {"schema": schema}}},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }


_REASONS = {"type": "object", "additionalProperties": _TEXT}
_READY = {
    "type": "object",
    "required": ["ready", "problems", "degraded"],
    "properties": {
        "ready": {"type": "boolean"},
        "problems": _REASONS | {"description": "What is not ready, and why."},
        "degraded": _REASONS | {"description": "What is missing without stopping anything."},
    },
}
_TOKEN = {
    "type": "object",
    "required": ["access_token", "token_type", "expires_in"],
    "properties": {"access_token": _TEXT, "token_type": _TEXT, "expires_in": {"type": "integer"}},
}
_OAUTH_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": _TEXT, "error_description": _TEXT},
}
_KEYS = {
    "type": "object",
    "required": ["keys"],
    "properties": {"keys": {"type": "array", "items": {"type": "object", "additionalProperties": _TEXT}}},
}
_VERSION = {
    "type": "object",
    "required": ["name", "version"],
    "properties": {"name": _TEXT, "version": _TEXT},
}
_ALIVE = {"type": "object", "required": ["alive"], "properties": {"alive": {"type": "boolean"}}}


def _ready_page() -> dict[str, Any]:
    page = _page("Names what is not ready", _READY)
    content = {"application/json": {"schema": _READY}}
    page["responses"]["503"] = {"description": "Something is not ready.", "content": content}
    return page


def _oauth_refusal(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _OAUTH_ERROR}}}


def _token_page() -> dict[str, Any]:
    page = _page("Gives a machine an access token (RFC 6749, client credentials)", _TOKEN)
    page["description"] = "The client id and secret come by HTTP Basic or in the form."
    page["responses"] |= {
        "400": _oauth_refusal("The request is not one of RFC 6749."),
        "401": _oauth_refusal("The client id or its secret is wrong."),
    }
    form = {
        "type": "object",
        "required": ["grant_type"],
        "properties": {
            "grant_type": {"type": "string", "enum": ["client_credentials"]},
            "client_id": _TEXT,
            "client_secret": _TEXT,
        },
    }
    content = {"application/x-www-form-urlencoded": {"schema": form}}
    page["requestBody"] = {"required": True, "content": content}
    return page


PATHS: dict[str, dict[str, Any]] = {
    "/oauth2/token": {"post": _token_page()},
    "/.well-known/jwks.json": {"get": _page("Lists the public keys of access tokens (RFC 7517)", _KEYS)},
    "/livez": {"get": _page("Says that the gateway lives", _ALIVE)},
    "/readyz": {"get": _ready_page()},
    "/version": {"get": _page("Says which version runs", _VERSION)},
}
