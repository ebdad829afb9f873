from __future__ import annotations

import copy
import io
from typing import Any

import jsonschema
import pytest

from tests.web.fakes import canned_reading, photo

PAGES = {
    "/",
    "/live",
    "/demo",
    "/embed.js",
    "/embed/live",
    "/embed/{result_id}",
    "/results/{result_id}",
    "/static/{path:filename}",
    "/vendor/{name}",
}
METHODS = {"get", "post", "delete"}


@pytest.fixture
def description(client) -> dict[str, Any]:
    return client.get("/api/v1/openapi.json").get_json()


def strict(schema: Any) -> Any:
    """The same schema where an object may have no other members than those described."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(value) for key, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed["additionalProperties"] = False
    return closed


def check(value: Any, name: str, description: dict[str, Any]) -> None:
    whole = strict(copy.deepcopy(description))
    whole["$ref"] = f"#/components/schemas/{name}"
    jsonschema.Draft202012Validator(whole).validate(value)


def path_of(rule: str) -> str:
    """Flask's way to write it → OpenAPI's."""
    return rule.replace("<", "{").replace(">", "}")


def test_the_description_has_exactly_the_routes_that_are_served(make_app, description):
    served = {
        (path_of(rule.rule), method.lower())
        for rule in make_app().url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if path_of(rule.rule) not in PAGES
    }

    described = {
        (path, method)
        for path, item in description["paths"].items()
        for method in METHODS & item.keys()
    }
    assert described == served


def test_every_reference_leads_somewhere(description):
    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [ref for value in node.values() for ref in references(value)]
        if isinstance(node, list):
            return [ref for item in node for ref in references(item)]
        return []

    names = {ref.removeprefix("#/components/schemas/") for ref in references(description)}
    assert names == set(description["components"]["schemas"])
    for schema in description["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("nets", ["baseline", "traitnet"])
def test_a_reading_is_as_described(description, nets):
    check(canned_reading(nets=nets).to_dict(), "Reading", description)


def test_a_reading_without_what_is_described_is_caught(description):
    reading = canned_reading().to_dict()
    del reading["faces"][0]["age"]["range"]

    with pytest.raises(jsonschema.ValidationError, match="'range' is a required property"):
        check(reading, "Reading", description)


def test_answers_are_as_described(client, description):
    both = {"image": [(io.BytesIO(photo()), "a.jpg"), (io.BytesIO(b"words"), "b.jpg")]}
    check(client.post("/api/v1/analyze", data=both).get_json(), "Readings", description)
    check(client.post("/api/v1/analyze").get_json(), "Problem", description)
    kept = client.post("/api/v1/results", data=photo()).get_json()
    check(kept, "Result", description)
    check(client.get(f"/api/v1/results/{kept['id']}").get_json(), "Result", description)
    check(client.get(f"/results/{kept['id']}/reading.json").get_json(), "Reading", description)
    check(
        client.get("/oembed", query_string={"url": kept["url"]}).get_json(), "OEmbed", description
    )
    check(client.get("/results/x/picture").get_json(), "Problem", description)


def test_every_status_is_described(description):
    responses = description["paths"]["/api/v1/analyze"]["post"]["responses"]

    assert set(responses) == {"200", "400", "405", "413", "415", "422", "429", "500", "503"}
    assert "Retry-After" in responses["503"]["headers"]
