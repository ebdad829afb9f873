"""Hours and days, and the figures of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from facetraits.cameras.figures import COVERAGE, STEP, Sums, published, slot_of
from facetraits.errors import BadRequest

MOST_PERIODS = 800
BY = ("hour", "day")
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Period:
    """From `start_ms` up to, but without, `end_ms`; Unix time in milliseconds."""

    start_ms: int
    end_ms: int


def periods(by: str, start_ms: int, end_ms: int, zone: tzinfo | None = None) -> list[Period]:
    """The hours or days that touch a span of time, by the clocks of a time zone.

    Args:
        by: "hour" or "day".
        zone: None for the server's own.

    Raises:
        BadRequest: for more than `MOST_PERIODS`, or an empty span.
    """
    if start_ms >= end_ms:
        raise BadRequest("from must be earlier than to")
    start = datetime.fromtimestamp(start_ms / 1000, UTC).astimezone(zone)
    found: list[Period] = []
    for period in _hours(start) if by == "hour" else _days(start.date(), zone):
        if period.start_ms >= end_ms:
            break
        if len(found) == MOST_PERIODS:
            raise BadRequest(f"from and to are more than {MOST_PERIODS} {by}s apart")
        found.append(period)
    return found


def _hours(start: datetime) -> Iterator[Period]:
    begin_ms = _ms(start.replace(minute=0, second=0, microsecond=0))
    while True:
        yield Period(begin_ms, begin_ms + _HOUR_MS)
        begin_ms += _HOUR_MS


def _days(day: date, zone: tzinfo | None) -> Iterator[Period]:
    """From midnight to midnight: a day can have 23 or 25 hours."""
    while True:
        following = day + timedelta(days=1)
        yield Period(_midnight_ms(day, zone), _midnight_ms(following, zone))
        day = following


def _midnight_ms(day: date, zone: tzinfo | None) -> int:
    midnight = datetime.combine(day, time())
    return _ms(midnight.astimezone() if zone is None else midnight.replace(tzinfo=zone))


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def figures_of(
    found: Iterable[Period], slots: Mapping[int, Sums], now_ms: int
) -> list[dict[str, Any]]:
    """Each period with what may be published of it.

    Args:
        slots: beginning of a slot, in milliseconds → its sums.
        now_ms: the slot that it is in is not over, and is left out.
    """
    over_ms = slot_of(now_ms)
    answers = []
    for period in found:
        until_ms = min(period.end_ms, over_ms)
        sums = Sums()
        for start_ms, slot in slots.items():
            if period.start_ms <= start_ms < until_ms:
                sums.merge(slot)
        answers.append(
            {
                "start": iso(period.start_ms),
                "end": iso(period.end_ms),
                "complete": period.end_ms <= over_ms,
                **published(sums),
            }
        )
    return answers


def described(camera: str, by: str, answers: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer about a camera, with what is needed to read it."""
    return {"camera": camera, "by": by, "step": STEP, "coverage": COVERAGE, "periods": answers}


def iso(milliseconds: int) -> str:
    """Unix time → ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
