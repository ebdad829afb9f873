"""Parts of the live page with readings made here: no camera, no network, all in a real Chromium."""

import pytest

# A reading whose faces have the given numbers, the first the largest.
READING = """(numbers) => ({
    seq: 0, dropped: 0, request_id: "", nets: "seed", width: 640, height: 480,
    processing_ms: { total: 9 },
    faces: numbers.map(number => ({
        box: { x: 0, y: 0, width: 90, height: 90 },
        box_ratio: { left: 0.1 * number, top: 0.3, width: 0.15, height: 0.2 },
        score: 1, landmarks: [], track_id: number, frames: 3, unsure: [],
        age: { value: 36, low: 28, high: 45, coverage: 0.8, range: "28-45", ranges: {} },
        gender: { value: "female", probability: 0.9 },
        emotion: { dominant: "positive", probability: 0.9, valence: { positive: 0.9 } },
    })),
})"""


@pytest.fixture
def run(open_page):
    """`run(script)` → what the function returns, on the live page, given `reading(numbers)`."""
    page = open_page("/live")
    return lambda script: page.evaluate(f"({script})({READING})")


def test_the_focus_goes_on_to_the_next_card_when_its_own_goes(run):
    assert run(
        """async (reading) => {
            const { LiveCards } = await import("/static/js/live-cards.js");
            document.querySelector("[data-part=faces]").hidden = false;
            const list = document.querySelector("[data-part=cards]");
            const cards = new LiveCards(list, { onPoint() {}, onPick() {} });
            const focused = () => document.activeElement.closest("[data-track]")?.dataset.track
                ?? document.activeElement.dataset.part;
            cards.show(reading([1, 2, 3]), 0);
            list.querySelector("[data-track='2'] button").focus();
            cards.show(reading([1, 3]), 1000);
            const seen = [focused()];
            cards.show(reading([1]), 2000);
            seen.push(focused());
            cards.forget(3000);
            return [...seen, focused()];
        }"""
    ) == ["3", "1", "cards"]
