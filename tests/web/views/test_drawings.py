"""The drawn pictures of results: drawn once, bounded, and not for nothing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from facetraits.errors import BadReading, NotFound, Overloaded
from facetraits.store import new_result
from facetraits.vision.decoding import decode_image
from facetraits.vision.encoding import encode_copy
from facetraits.web.views.drawings import PLACES, Drawings
from tests.web.fakes import canned_reading, form, noisy_photo, photo
from tests.web.keeping import URL, bearer, keep

READING = canned_reading().to_json()


def result(data: bytes | None = None, ttl_s: float = 600):
    copy = encode_copy(decode_image(data or photo(), 10**8, 10**8))
    return new_result(READING, copy, ttl_s)[0]


class Counting:
    """An offload that counts."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, function: Any, *arguments: Any) -> Any:
        self.calls += 1
        return function(*arguments)


def get(client, kept, part="annotated.png", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(f"/results/{kept['id']}/{part}", headers=names)


@pytest.mark.parametrize("part", ["annotated.png", "picture", "reading.json", "faces.csv"])
def test_who_has_it_gets_no_body(client, part):
    kept, other = keep(client), keep(client, photo(80, 90))
    first = get(client, kept, part)
    etag = first.headers["ETag"]

    again = get(client, kept, part, If_None_Match=etag)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert get(client, kept, part, If_None_Match=f'"x", W/{etag}').status_code == 304
    assert get(client, kept, part, If_None_Match='"x"').data == first.data
    assert get(client, other, part, If_None_Match=etag).status_code == 200
    assert kept["id"] not in etag
    # Nothing of it stays in a browser; what is deleted is gone for who has it, too.
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-store"
    client.delete(f"{URL}/{kept['id']}", headers=bearer(kept))
    assert get(client, kept, part, If_None_Match=etag).status_code == 410


def test_drawing_counts_for_the_rate_limit_and_what_is_drawn_does_not(make_app):
    client = make_app(rate_limit="4/hour").test_client()
    one, other = keep(client), keep(client)

    assert {get(client, one).status_code for _ in range(20)} == {200}
    assert get(client, other).status_code == 200
    etag = get(client, other).headers["ETag"]
    assert get(client, other, If_None_Match=etag).status_code == 304
    # Four are used up: two kept, two drawn.
    assert client.post("/api/v1/analyze", **form(photo())).status_code == 429
    assert get(client, one).status_code == 200


def test_beyond_the_rate_limit_nothing_new_is_drawn(make_app):
    client = make_app(rate_limit="2/hour").test_client()
    one, other = keep(client), keep(client)

    for kept in (one, other):
        response = get(client, kept)
        assert (response.status_code, response.get_json()["code"]) == (429, "rate_limited")
    assert get(client, one, "picture").status_code == 200


def test_figures_alone_are_not_drawn_and_cost_nothing(make_app):
    client = make_app(rate_limit="2/hour").test_client()
    kept = keep(client, query_string={"keep": "figures"})

    assert get(client, kept).status_code == 404
    assert client.post("/api/v1/analyze", **form(photo())).status_code == 200


def test_what_is_drawn_is_found_until_it_is_forgotten():
    offload = Counting()
    drawings, kept = Drawings(offload), result()

    assert drawings.find(kept) is None
    drawing = drawings.draw(kept)
    assert drawing.startswith(b"\x89PNG") and drawings.find(kept) is drawing
    drawings.forget(kept.id)
    drawings.forget(kept.id)
    assert drawings.find(kept) is None
    assert offload.calls == 1


def test_the_last_used_are_kept_and_no_more_than_fit():
    size = len(Drawings(Counting()).draw(result(noisy_photo(300, 300))))
    drawings = Drawings(Counting(), max_bytes=3 * size + size // 2)
    kept = [result(noisy_photo(300, 300)) for _ in range(4)]
    for one in kept[:3]:
        drawings.draw(one)
    assert drawings.find(kept[0]) is not None

    drawings.draw(kept[3])

    assert [drawings.find(one) is not None for one in kept] == [True, False, True, True]
    assert drawings._bytes == 3 * size


def test_of_the_largest_pictures_a_few_are_kept_by_default():
    drawings = Drawings(Counting())
    drawn = [len(drawings.draw(result(noisy_photo(1200, 1200)))) for _ in range(6)]

    assert sum(drawn) > 16_000_000
    assert 0 < drawings._bytes <= 16_000_000


def test_one_that_never_fits_is_drawn_nevertheless():
    drawings, kept = Drawings(Counting(), max_bytes=10), result()

    assert drawings.draw(kept).startswith(b"\x89PNG")
    assert drawings.find(kept) is None and drawings._bytes == 0


def test_what_has_expired_leaves_the_memory():
    drawings, over = Drawings(Counting()), result(ttl_s=-1)
    drawings.draw(over)
    drawings.draw(result())

    assert drawings.find(over) is None


def test_so_many_are_drawn_at_once_and_the_next_is_refused():
    reached, go = threading.Barrier(PLACES + 1), threading.Event()

    def slow(function: Any, *arguments: Any) -> Any:
        reached.wait(10)
        assert go.wait(10)
        return function(*arguments)

    drawings = Drawings(slow)
    with ThreadPoolExecutor(PLACES) as threads:
        running = [threads.submit(drawings.draw, result()) for _ in range(PLACES)]
        reached.wait(10)
        with pytest.raises(Overloaded, match="too many pictures are being drawn"):
            drawings.draw(result())
        go.set()
        assert all(done.result().startswith(b"\x89PNG") for done in running)


def test_a_drawing_that_fails_gives_its_place_back():
    drawings = Drawings(Counting())
    figures, _ = new_result(READING, None, 600)
    broken, _ = new_result("no reading", photo(), 600)
    for _ in range(PLACES + 1):
        with pytest.raises(NotFound):
            drawings.draw(figures)
        with pytest.raises(BadReading):
            drawings.draw(broken)

    assert drawings.draw(result()).startswith(b"\x89PNG")
