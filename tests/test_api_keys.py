from __future__ import annotations

import re

import pytest

from facetraits.api_keys import hash_of, hashes_of, is_one_of, new_key
from facetraits.cli import main
from facetraits.errors import BadSetting
from facetraits.settings import Settings

KEY = "ft_0123456789abcdef"


def test_keys_are_random_and_recognizable():
    first, second = new_key(), new_key()

    assert first != second
    assert re.fullmatch(r"ft_[A-Za-z0-9_-]{32}", first)


def test_a_list_may_mix_keys_and_hashes():
    assert hashes_of(f"{KEY}, {hash_of('other')}") == (hash_of(KEY), hash_of("other"))
    assert hashes_of("") == ()


@pytest.mark.parametrize(
    "text", ["short", f"{KEY},", "with a space in it", "sha256:7c", "ключ" * 8]
)
def test_what_is_no_key_is_refused_and_not_repeated(text):
    with pytest.raises(BadSetting) as caught:
        Settings.from_env({"FACETRAITS_API_KEYS": text})

    assert str(caught.value).startswith("FACETRAITS_API_KEYS is not a list of API keys")
    assert text not in str(caught.value)


def test_settings_hold_only_hashes():
    settings = Settings.from_env({"FACETRAITS_API_KEYS": KEY})

    assert settings.api_keys == (hash_of(KEY),)
    assert hash_of(KEY) not in repr(settings)


def test_a_key_is_found_among_several():
    hashes = hashes_of(f"{new_key()},{KEY},{new_key()}")

    assert is_one_of(KEY, hashes)
    assert not is_one_of(KEY + "x", hashes)
    assert not is_one_of(hash_of(KEY), hashes)
    assert not is_one_of(KEY, ())


def test_the_command_prints_a_key_that_its_hash_lets_in(capsys):
    assert main(["key"]) == 0

    out, err = capsys.readouterr()
    hashed = re.search(r"FACETRAITS_API_KEYS=(\S+)", err)
    assert hashed is not None
    assert is_one_of(out.strip(), hashes_of(hashed[1]))


def test_text_that_no_header_can_contain_is_no_key():
    # Socket.IO brings keys in JSON, which can escape half of a surrogate pair.
    assert not is_one_of("\ud800" + KEY, hashes_of(KEY))
