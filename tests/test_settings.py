from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from facetraits.errors import BadSetting
from facetraits.settings import Settings, variable_of

ROOT = Path(__file__).resolve().parent.parent


def test_an_empty_environment_gives_the_defaults():
    settings = Settings.from_env({})

    assert settings == Settings()
    assert (settings.host, settings.port, settings.async_mode) == ("127.0.0.1", 5000, "eventlet")
    assert (settings.max_faces, settings.nets) == (5, "traitnet")
    assert settings.workers >= 1


def test_the_environment_is_read():
    settings = Settings.from_env(
        {
            "FACETRAITS_PORT": "8080",
            "FACETRAITS_TIMEOUT_S": "2.5",
            "FACETRAITS_CORS_ORIGINS": "https://example.org, http://localhost:8000",
            "FACETRAITS_RATE_LIMIT": "60/minute",
            "PATH": "/bin",
        }
    )

    assert settings.port == 8080
    assert settings.timeout_s == 2.5
    assert settings.cors_origins == ("https://example.org", "http://localhost:8000")
    assert settings.rate_limit == "60/minute"


@pytest.mark.parametrize(
    ("variable", "text", "wanted"),
    [
        ("MAX_FACES", "many", "a whole number from 1 to 100"),
        ("MAX_FACES", "0", "a whole number from 1 to 100"),
        ("MAX_FACES", "101", "a whole number from 1 to 100"),
        ("MAX_FACES", " 5", "a whole number from 1 to 100"),
        ("MAX_FACES", "٥", "a whole number from 1 to 100"),
        ("MAX_FACES", "", "a whole number from 1 to 100"),
        ("PORT", "-1", "a whole number from 1 to 65535"),
        ("ASYNC_MODE", "asyncio", "one of eventlet, threading, gevent"),
        ("NETS", "deepface", "one of traitnet, baseline"),
        ("TIMEOUT_S", "nan", "a number of seconds from 0.1 to 600"),
        ("HOST", "http://here", "a host name or address"),
        ("SOURCE_URL", "example.org", "empty or an address like https://example.org/code"),
        ("LOG_LEVEL", "loud", "one of DEBUG, INFO, WARNING, ERROR"),
        (
            "RATE_LIMIT",
            "often",
            "empty or a rate like 60/minute (second, minute, hour, or day)",
        ),
        (
            "CORS_ORIGINS",
            "example.org",
            "empty, *, or a list of origins like https://example.org,https://example.com",
        ),
        *(
            (
                "TRUSTED_HOSTS",
                text,
                "empty, *, or a list of host names like faces.example,.example.org",
            )
            for text in ("https://a.example", "a.example:80", "a b", "a,,b", "*,a", "*.a.example")
        ),
        ("STORE", "postgres://here", "sqlite or an address like redis://localhost:6379/0"),
        ("STORE", "redis://", "sqlite or an address like redis://localhost:6379/0"),
        ("DATA_DIR", "", "a folder"),
        ("STORE_MAX_BYTES", "1", "a whole number from 1000000 to 1000000000000"),
        ("RESULT_TTL_S", "0", "a whole number from 1 to 2592000"),
        *(
            (
                "FRAME_ANCESTORS",
                text,
                "self, none, *, or a list of origins like https://example.org,https://*.example.com",
            )
            for text in ("", "example.org", "https://a.example; script-src *", "https://a/b")
        ),
    ],
)
def test_a_wrong_value_is_refused_in_one_line_that_names_it(variable, text, wanted):
    with pytest.raises(BadSetting) as caught:
        Settings.from_env({f"FACETRAITS_{variable}": text})

    assert str(caught.value) == f"FACETRAITS_{variable}={text!r} is not {wanted}"


@pytest.mark.parametrize("variable", ["STORE", "MESSAGE_QUEUE"])
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://me:s3cret@host:x", "redis://***@host…"),
        ("postgres://me:s3cret@host", "postgres://***@host"),
        ("redis://:s3cret/x@db", "redis://***@db"),
        ("redis://me:s3@cret@db:6379/0 ", "redis://***@db:6379…"),
        ("redis://:s3cret", "redis://…"),
        ("redis://me:s3cret", "redis://me…"),
        ("redis:/me:s3cret@db", "***@db"),
        ("me:s3cret@db", "***@db"),
        ("redis://db/0?password=s3cret", "redis://db…"),
        ("redis://db#s3cret", "redis://db…"),
        ("redis://me:s3cret\n@db", "redis://***@db"),
        ("redis://host:port", "redis://host…"),
    ],
)
def test_a_password_is_not_said_however_the_address_is_mistyped(variable, text, shown):
    with pytest.raises(BadSetting) as caught:
        Settings.from_env({f"FACETRAITS_{variable}": text})

    assert str(caught.value).startswith(f"FACETRAITS_{variable}={shown!r} is not ")
    assert "s3cret" not in str(caught.value)


def test_the_settings_can_be_printed_without_their_passwords():
    settings = Settings(store="redis://:s3cret@db", message_queue="redis://:s3cret@db")

    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("STORE", "redis://localhost"),
        ("STORE", "rediss://me:p%40ss@redis.example:6380/2"),
        ("STORE", "redis://[::1]:6379"),
        ("FRAME_ANCESTORS", "https://*.example.org:8443,http://[::1]:80"),
        ("FRAME_ANCESTORS", "https://a.example, https://b.example"),
    ],
)
def test_addresses_are_taken(variable, text):
    settings = Settings.from_env({f"FACETRAITS_{variable}": text})

    assert getattr(settings, variable.lower()) == text.replace(" ", "")


def test_host_names_are_taken():
    settings = Settings.from_env(
        {"FACETRAITS_TRUSTED_HOSTS": "faces.example, .example.org,192.0.2.7,2001:db8::7"}
    )

    assert settings.trusted_hosts == ("faces.example", ".example.org", "192.0.2.7", "2001:db8::7")


def test_values_are_checked_wherever_they_come_from():
    with pytest.raises(BadSetting, match=r"FACETRAITS_MAX_FACES=0 is not a whole number"):
        Settings(max_faces=0)


def test_a_misspelt_setting_is_refused_with_the_nearest_name():
    with pytest.raises(BadSetting, match=r"MAX_FACE is not a setting; did you mean .*MAX_FACES\?$"):
        Settings.from_env({"FACETRAITS_MAX_FACE": "5"})


def test_an_unknown_setting_is_refused_with_the_known_ones():
    with pytest.raises(BadSetting, match=r"FACETRAITS_ZZZZ is not a setting; settings are .*_HOST"):
        Settings.from_env({"FACETRAITS_ZZZZ": "5"})


def test_what_the_browser_tests_read_is_no_misspelling():
    assert Settings.from_env({"FACETRAITS_CHROMIUM": "/usr/bin/chromium"}) == Settings()


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_is_documented_with_its_default(name):
    lines = (ROOT / "docs" / "configuration.md").read_text("utf-8").splitlines()
    row = next((line for line in lines if line.startswith(f"| `{variable_of(name)}` |")), "")
    assert row, f"docs/configuration.md has no row for {variable_of(name)}"

    default = getattr(Settings(), name)
    if name == "workers":
        assert "cores" in row
    elif default in ("", ()):
        assert "| none |" in row
    else:
        assert f"| `{default:g}` |" in row if isinstance(default, float) else f"`{default}`" in row
