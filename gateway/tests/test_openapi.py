import json
import re

import pytest
from gateway.contracts import bindings
from gateway.openapi import document
from openapi_spec_validator import OpenAPIV31SpecValidator


@pytest.fixture(scope="module")
def openapi():
    return json.loads(document(list(bindings())))


def test_the_document_is_valid_openapi_31(openapi):
    assert list(OpenAPIV31SpecValidator(openapi).iter_errors()) == []


def test_every_method_with_a_url_has_an_operation_of_its_own(openapi):
    operations = [
        operation["operationId"]
        for path, item in openapi["paths"].items()
        for operation in item.values()
        if path.startswith("/v1/")
    ]
    assert len(operations) == len(set(operations)) == len(list(bindings()))


def test_every_operation_every_schema_and_every_field_is_described(openapi):
    silent = [
        f"{name}.{field}"
        for name, schema in openapi["components"]["schemas"].items()
        if name not in ("Problem", "FieldError")
        for field, found in schema.get("properties", {}).items()
        if not found.get("description")
    ]
    silent += [name for name, schema in openapi["components"]["schemas"].items() if not schema["description"]]
    assert silent == []
    assert all(item["summary"] for path in openapi["paths"].values() for item in path.values())


def test_a_summary_is_one_sentence(openapi):
    long = [
        operation["summary"]
        for item in openapi["paths"].values()
        for operation in item.values()
        if "Errors:" in operation["summary"] or "Field errors:" in operation["summary"]
    ]
    assert long == []


def test_validation_rules_are_json_schema_keywords(openapi):
    customer = openapi["components"]["schemas"]["customer.v1.Customer"]["properties"]
    assert customer["name"]["maxLength"] == 200
    assert customer["divisionCode"]["pattern"] == "^([0-9]{2,12})?$"
    assert customer["unitId"]["anyOf"] == [
        {"type": "string", "maxLength": 0},
        {"type": "string", "format": "uuid"},
    ]
    batch = openapi["components"]["schemas"]["visit.v1.AppendTrackPointsRequest"]
    assert (batch["properties"]["points"]["minItems"], batch["properties"]["points"]["maxItems"]) == (1, 1000)
    assert batch["required"] == ["points"]
    login = openapi["components"]["schemas"]["identity.v1.LoginRequest"]
    assert login["required"] == ["username", "password"]
    upload = openapi["components"]["schemas"]["customer.v1.BeginImportUploadRequest"]
    size = upload["properties"]["sizeBytes"]
    assert (size["minimum"], size["maximum"]) == (1, 52428800)


def test_a_value_that_a_rule_refuses_is_left_out_and_its_field_is_required(openapi):
    upload = openapi["components"]["schemas"]["visit.v1.BeginPhotoUploadRequest"]
    assert upload["properties"]["kind"]["not"] == {"enum": ["KIND_UNSPECIFIED"]}
    assert "kind" in upload["required"]


def test_64_bit_integers_are_text_and_enums_are_names(openapi):
    schemas = openapi["components"]["schemas"]
    positions = schemas["reporting.v1.Freshness"]["properties"]["positions"]
    assert positions["additionalProperties"]["type"] == "string"
    assert schemas["customer.v1.Customer.State"]["enum"][1] == "STATE_ACTIVE"


def test_a_path_variable_leaves_the_body(openapi):
    operation = openapi["paths"]["/v1/visits/{visitId}:checkIn"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert "visitId" not in body["properties"]
    assert body["additionalProperties"] is False
    assert [parameter["name"] for parameter in operation["parameters"] if "name" in parameter] == ["visitId"]


def test_urls_of_one_resource_share_a_path(openapi):
    assert set(openapi["paths"]["/v1/customers/{customerId}"]) == {"get", "patch"}
    urls = [re.sub(r"\{\w+\}", "{}", path) for path in openapi["paths"]]
    assert [url for url in urls if urls.count(url) > 1] == []


def test_a_mask_names_its_fields_as_it_takes_them(openapi):
    patch = openapi["paths"]["/v1/users/{userId}"]["patch"]
    [mask] = [parameter for parameter in patch["parameters"] if parameter.get("name") == "updateMask"]
    assert "displayName, unitId" in mask["description"]
    assert "_" not in mask["description"]


def test_only_who_has_signed_in_has_idempotency_keys(openapi):
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    assert key in openapi["paths"]["/v1/customers"]["post"]["parameters"]
    assert key not in openapi["paths"]["/v1/auth/login"]["post"]["parameters"]


def test_public_methods_need_no_token_and_all_others_do(openapi):
    assert openapi["security"] == [{"bearer": []}]
    assert openapi["paths"]["/v1/auth/login"]["post"]["security"] == []
    assert "security" not in openapi["paths"]["/v1/customers"]["get"]
    assert "`customers.read`" in openapi["paths"]["/v1/customers"]["get"]["description"]


def test_every_operation_can_end_in_a_problem(openapi):
    for path, item in openapi["paths"].items():
        for operation in item.values():
            assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}, path
