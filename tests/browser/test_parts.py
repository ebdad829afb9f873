"""Parts of the live page with readings made here: no camera, no network, all in a real Chromium."""

import pytest

# A reading whose faces have the given numbers, the first the largest.
READING = """(numbers) => ({
    seq: 0, dropped: 0, request_id: "", nets: "baseline", width: 640, height: 480,
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
            const { LiveCards } = await import("/static/js/live/live-cards.js");
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


def test_the_timeline_stays_with_its_face_while_that_is_in_view(run):
    assert run(
        """async (reading) => {
            const { TimelineChart } = await import("/static/js/live/timeline.js");
            const { TimelineData } = await import("/static/js/live/timeline-data.js");
            const data = new TimelineData();
            const chart = new TimelineChart(document.querySelector("[data-part=timeline]"), data);
            const shown = [];
            let now = Date.now();
            Date.now = () => now;
            const show = (...numbers) => {
                now += 400;
                chart.drawnMs = -Infinity;
                data.add(reading(numbers), now);
                chart.show(reading(numbers));
                shown.push(chart.shown);
            };
            show(1, 2);
            show(2, 1);
            show(2);
            chart.pick(2);
            show(1, 2);
            chart.follow();
            show(1, 2);
            for (let i = 0; i < 3; i += 1) show(1);
            return shown;
        }"""
    ) == [1, 1, 1, 2, 2, 2, 2, 1]


def test_the_axis_says_now_only_while_it_is(run):
    assert run(
        """async (reading) => {
            const { TimelineChart } = await import("/static/js/live/timeline.js");
            const { TimelineData } = await import("/static/js/live/timeline-data.js");
            const data = new TimelineData();
            const chart = new TimelineChart(document.querySelector("[data-part=timeline]"), data);
            let written = [], now = Date.now();
            Date.now = () => now;
            const write = CanvasRenderingContext2D.prototype.fillText;
            CanvasRenderingContext2D.prototype.fillText = function (text, ...where) {
                written.push(text);
                write.call(this, text, ...where);
            };
            const ends = async () => {
                await new Promise(done => setTimeout(done, 50));
                const ends = written.filter(text => ["now", "last seen"].includes(text));
                written = [];
                return ends;
            };
            data.add(reading([1]), now);
            chart.show(reading([1]));
            const first = await ends();
            now += 3000;
            chart.growOld();
            return [first.at(-1), (await ends()).at(-1)];
        }"""
    ) == ["now", "last seen"]


def test_a_face_that_the_last_reading_missed_is_blurred_in_the_snapshot(run):
    covered, elsewhere = run(
        """async (reading) => {
            const { drawMoment } = await import("/static/js/live/live-snapshot.js");
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [640, 480];
            const context = canvas.getContext("2d");
            for (let y = 0; y < 480; y += 4)
                for (let x = 0; x < 640; x += 4) {
                    context.fillStyle = (x + y) % 8 ? "#fff" : "#000";
                    context.fillRect(x, y, 4, 4);
                }
            const jpeg = await new Promise(done => canvas.toBlob(done, "image/jpeg", 0.95));
            const held = [{ left: 0.2, top: 0.3, width: 0.2, height: 0.3 }];
            const moment = { jpeg, reading: reading([]), held, when: new Date() };
            const png = await drawMoment(moment, { blurred: true });
            context.drawImage(await createImageBitmap(png), 0, 0);
            const spread = (x, y) => {
                const bytes = context.getImageData(x, y, 16, 16).data.filter((_, i) => i % 4 === 0);
                return Math.max(...bytes) - Math.min(...bytes);
            };
            return [spread(190, 215), spread(500, 100)];
        }"""
    )
    assert covered < 40
    assert elsewhere > 150
