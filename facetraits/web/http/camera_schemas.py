"""JSON Schemas of cameras and their figures."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time"}
_NUMBER = {"type": ["integer", "null"], "minimum": 0}
_COUNT = {"$ref": "#/components/schemas/CameraCount"}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


_NULLABLE_COUNT = {"oneOf": [_COUNT, {"type": "null"}]}
_GROUPS = {
    "oneOf": [{"type": "object", "additionalProperties": _NULLABLE_COUNT}, {"type": "null"}],
    "description": "group → its count; null for fewer than five",
}
_PERIOD = _object(
    {
        "start": _TIME,
        "end": _TIME,
        "complete": {"type": "boolean", "description": "whether it is over"},
        "appearances": _NULLABLE_COUNT,
        "seconds_mean": {**_NUMBER, "description": "how long an appearance lasted on average"},
        "facing_seconds_mean": {**_NUMBER, "description": "how much of that it faced the camera"},
        "facing_seconds": {**_NUMBER, "description": "the mean times the published count"},
        "age": _GROUPS,
        "gender": _GROUPS,
        "expression": _GROUPS,
    }
)
CAMERA_SCHEMAS: dict[str, dict[str, Any]] = {
    "CameraCount": _object(
        {
            "count": {"type": "integer", "minimum": 5, "multipleOf": 5},
            "low": {"type": "integer", "minimum": 0},
            "high": {"type": "integer", "minimum": 5},
        }
    ),
    "CameraFigures": _object(
        {
            "camera": _TEXT,
            "by": {"type": "string", "enum": ["hour", "day"]},
            "step": {"type": "integer", "const": 5},
            "coverage": {"type": "number", "const": 0.8},
            "periods": {"type": "array", "items": _PERIOD},
        }
    ),
    "Camera": _object(
        {
            "name": _TEXT,
            "title": _TEXT,
            "kind": {"type": "string", "enum": ["rtsp", "mjpeg", "device", "file"]},
            "state": {
                "type": "string",
                "enum": [
                    "connecting",
                    "live",
                    "waiting",
                    "ended",
                    "elsewhere",
                    "stopped",
                    "unknown",
                ],
            },
            "detail": {"type": "string", "description": "why it is waiting, if it is"},
            "since": _TIME,
            "seen": _TIME,
            "frames": {"type": "integer"},
            "read": {"type": "integer", "description": "frames that were analyzed"},
            "reconnects": {"type": "integer"},
            "width": {"type": "integer"},
            "height": {"type": "integer"},
            "picture": {"type": "string", "enum": ["off", "blurred", "clear"]},
            "appearance_s": {"type": "number"},
            "expression": {"type": "boolean"},
            "expression_reason": _TEXT,
            "figures_url": _TEXT,
            "csv_url": _TEXT,
            "picture_url": _TEXT,
        }
    ),
    "Cameras": _object(
        {"cameras": {"type": "array", "items": {"$ref": "#/components/schemas/Camera"}}}
    ),
}
