from __future__ import annotations

import copy
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from tests.web.fakes import canned_reading, photo

PAGES = {
    "/",
    "/live",
    "/demo",
    "/cameras",
    "/cameras/notice",
    "/embed.js",
    "/embed/live",
    "/embed/{result_id}",
    "/embed/videos/{job_id}",
    "/results/{result_id}",
    "/static/{path:filename}",
    "/vendor/{name}",
    "/videos/{job_id}",
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


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each member of an object is, however deep."""
    nodes = value.items() if isinstance(value, dict) else enumerate(value)
    for key, node in nodes:
        if isinstance(value, dict):
            yield (*path, key)
        if isinstance(node, dict | list):
            yield from paths_in(node, (*path, key))


def changed(reading: Any, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    reading = copy.deepcopy(reading)
    node = reading
    for step in path[:-1]:
        node = node[step]
    change(node, path[-1])
    return reading


def test_every_member_of_a_reading_is_required(description):
    reading = canned_reading(nets="traitnet").to_dict()
    reading["faces"] = reading["faces"][:1]
    paths = list(paths_in(reading))
    assert len(paths) > 50

    optional = {path for path in paths if is_valid(changed(reading, path, delete), description)}

    assert optional == {("faces", 0, "emotion", "scores")}


def delete(node: Any, key: Any) -> None:
    del node[key]


def is_valid(reading: Any, description: dict[str, Any]) -> bool:
    try:
        check(reading, "Reading", description)
    except jsonschema.ValidationError:
        return False
    return True


FACE = ("faces", 0)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("request_id",), 1),
        (("nets",), "seed"),
        (("width",), 0),
        (("height",), 0.5),
        (("processing_ms", "total"), "1"),
        (("faces",), None),
        ((*FACE, "box", "x"), None),
        ((*FACE, "box_ratio", "left"), -0.1),
        ((*FACE, "box_ratio", "width"), 1.1),
        ((*FACE, "score"), 1.1),
        ((*FACE, "landmarks"), [[1, 2]] * 4),
        ((*FACE, "landmarks"), [[1, 2]] * 6),
        ((*FACE, "landmarks"), [[1, 2, 3]] * 5),
        ((*FACE, "landmarks"), [[1, None]] * 5),
        ((*FACE, "track_id"), "1"),
        ((*FACE, "frames"), None),
        ((*FACE, "age", "value"), "36"),
        ((*FACE, "age", "coverage"), 1.1),
        ((*FACE, "age", "range"), "0-2"),
        ((*FACE, "age", "ranges", "1-2"), -0.1),
        ((*FACE, "age", "ranges", "0-2"), 0.1),
        ((*FACE, "gender", "value"), "Female"),
        ((*FACE, "gender", "probability"), 1.1),
        ((*FACE, "emotion", "dominant"), "joy"),
        ((*FACE, "emotion", "scores"), None),
        ((*FACE, "emotion", "scores", "fear"), 2),
        ((*FACE, "emotion", "valence", "neutral"), 2),
        ((*FACE, "unsure"), [{"trait": "mood", "reason": "small"}]),
        ((*FACE, "unsure"), [{"trait": "age", "reason": "bored"}]),
        ((*FACE, "look"), [0.1]),
    ],
)
def test_a_reading_that_is_not_as_described_is_caught(description, path, value):
    reading = canned_reading(nets="traitnet").to_dict()
    assert is_valid(reading, description)

    def put(node: Any, key: Any) -> None:
        node[key] = value

    assert not is_valid(changed(reading, path, put), description)


def test_a_reading_of_the_live_mode_is_as_described(description):
    reading = canned_reading()
    faces = tuple(replace(face, track_id=3, frames=20) for face in reading.faces)

    check(replace(reading, faces=faces).to_dict(), "Reading", description)


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

    assert set(responses) == {"200", "400", "403", "405", "413", "415", "422", "429", "500", "503"}
    assert "Retry-After" in responses["503"]["headers"]
