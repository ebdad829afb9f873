"""The language of each page: chosen per request, spoken by the templates, named in the headers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, request, url_for
from werkzeug.local import LocalProxy

from facetraits.web.languages import Language, Languages, tag

# The pages that links without `lang` would show in another language. Not those of results and
# videos: their addresses are shared, with people who may speak another language.
_KEEPING = {"pages.upload", "pages.live", "demo.demo", "cameras.page", "cameras.notice"}


def current_language() -> Language:
    """The request's: that of `lang`, if it is one of ours, or the best for Accept-Language."""
    if "language" not in g:
        languages: Languages = current_app.extensions["facetraits_languages"]
        accepted = [code for code, quality in request.accept_languages if quality > 0]
        g.language = _explicit() or languages.best(accepted)
    language: Language = g.language
    return language


def t(key: str, /, **values: object) -> str:
    """The message in the language of the request; see `Language.t`."""
    return current_language().t(key, **values)


def register_language(app: Flask, languages: Languages) -> None:
    """Gives templates `t`, `tag`, `language`, `languages`, `language_url`, and `messages_url`."""
    app.extensions["facetraits_languages"] = languages
    # Globals, because macros that are imported do not see the context.
    app.jinja_env.globals.update(
        t=t,
        tag=tag,
        language=LocalProxy(current_language),
        languages=languages,
        language_url=_language_url,
        messages_url=_messages_url,
    )

    @app.url_defaults
    def keep(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint in _KEEPING and request and (language := _explicit()):
            values.setdefault("lang", language.code)

    @app.after_request
    def finish(response: Response) -> Response:
        if "language" in g:
            response.content_language.add(current_language().code)
            response.vary.add("Accept-Language")
        return response


def _explicit() -> Language | None:
    languages: Languages = current_app.extensions["facetraits_languages"]
    return languages.find(request.args.get("lang", ""))


def _language_url(language: Language) -> str:
    """The address of the current page in another language, relative to it."""
    query = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return "?" + urlencode([*query, ("lang", language.code)])


def _messages_url() -> str:
    """The address of the messages for scripts; it changes with them."""
    language = current_language()
    name = f"locales/{language.code}.json"
    return url_for("static", filename=name, v=language.version)
