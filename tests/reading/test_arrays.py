"""Readings between processes: MessagePack, unrounded and with looks."""

from __future__ import annotations

import pickle
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from facetraits.reading.arrays import dec_hook, enc_hook
from facetraits.reading.model import Face, FoundFace, Reading
from tests.web.fakes import canned_face, canned_reading

LOOK = np.random.default_rng(3).standard_normal((16, 16)).astype(np.float32)


def to_and_fro(reading):
    data = msgspec.msgpack.Encoder(enc_hook=enc_hook).encode(reading)
    return msgspec.msgpack.Decoder(Reading, dec_hook=dec_hook).decode(data)


def test_nothing_is_rounded_and_the_look_goes_along():
    face = replace(canned_face(), score=0.123456789, look=LOOK, track_id=3, frames=2)
    reading = replace(canned_reading(), faces=(face, canned_face()))

    back = to_and_fro(reading)

    first, second = back.faces
    assert first.score == 0.123456789
    assert first.look.dtype == np.float32
    assert np.array_equal(first.look, LOOK)
    assert np.array_equal(first.landmarks, face.landmarks)
    assert (first.track_id, first.frames) == (3, 2)
    assert second.look is None
    assert back.to_json() == reading.to_json()


def test_the_look_is_never_in_the_json():
    face = replace(canned_face(), look=LOOK)
    assert "look" not in face.to_dict()
    assert "look" not in replace(canned_reading(), faces=(face,)).to_json()


def test_numbers_of_numpy_are_numbers():
    face = replace(canned_face(), score=np.float64(0.5))
    back = to_and_fro(replace(canned_reading(), faces=(face,), width=np.int64(64)))
    assert back.faces[0].score == 0.5
    assert back.width == 64


def test_a_reading_can_be_pickled():
    reading = canned_reading()
    assert pickle.loads(pickle.dumps(reading)).to_json() == reading.to_json()


@pytest.mark.parametrize("shape", [(4, 2), (16, 15), (0,)])
def test_an_array_of_another_shape_is_refused(shape):
    found = FoundFace(canned_face().box, np.zeros(shape, np.float32), 0.9)
    face = Face.of(found, canned_face(), 64, 80)
    with pytest.raises(ValueError, match=r"is \(5, 2\) or \(16, 16\), not"):
        to_and_fro(replace(canned_reading(), faces=(face,)))


def test_bytes_of_another_length_are_refused():
    data = msgspec.msgpack.Encoder(enc_hook=lambda _: bytes(41)).encode(canned_reading())
    with pytest.raises(msgspec.ValidationError, match="40 or 1,024 bytes, not 41"):
        msgspec.msgpack.Decoder(Reading, dec_hook=dec_hook).decode(data)
