"""The app factory; it owns everything that lives as long as the app."""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING

from flask import Flask
from flask_socketio import SocketIO
from werkzeug.middleware.proxy_fix import ProxyFix

from facetraits import __version__
from facetraits.cameras.config import CamerasConfig
from facetraits.cameras.setup import open_figures, open_fleet, read_cameras
from facetraits.cameras.wall import Wall
from facetraits.extras import needs_extra
from facetraits.jobs import Jobs, open_jobs
from facetraits.paths import Paths
from facetraits.serving.service import InferenceService
from facetraits.serving.tracing import Tracer, open_tracer
from facetraits.setting_kinds import without_password
from facetraits.settings import Settings
from facetraits.store import Store, open_store
from facetraits.web.camera_socket import EVENTS, NAMESPACE, LiveNamespace
from facetraits.web.concurrency.bounded_socketio import ClientRules, make_socketio
from facetraits.web.concurrency.draining import Readiness
from facetraits.web.concurrency.event_loops import Loop, make_loop
from facetraits.web.concurrency.offload import Offload, make_offload, make_pause
from facetraits.web.http.clients import client_share_key
from facetraits.web.http.csrf import Origins
from facetraits.web.http.guards import guarded_socketio, register_guards
from facetraits.web.http.headers import frame_sources, register_headers
from facetraits.web.http.hosts import TrustedHosts, with_plain_targets
from facetraits.web.http.keys import ApiKeys, register_keys
from facetraits.web.http.language import register_language
from facetraits.web.http.metrics import Metrics
from facetraits.web.http.problems import register_problems
from facetraits.web.http.rate_limit import RateLimit, SharedCount
from facetraits.web.http.requests import register_requests
from facetraits.web.http.tracing import RequestTracing
from facetraits.web.http.uploads import InMemoryRequest, Uploads
from facetraits.web.languages import Languages
from facetraits.web.views.analyze import Photos, make_api
from facetraits.web.views.anonymize import make_anonymize
from facetraits.web.views.batches import make_batches
from facetraits.web.views.cameras import make_cameras
from facetraits.web.views.demo import make_demo
from facetraits.web.views.drawings import PLACES as DRAWING_PLACES
from facetraits.web.views.embeds import make_embeds
from facetraits.web.views.jobs import JobDesk, make_jobs
from facetraits.web.views.oembed import make_oembed
from facetraits.web.views.pages import make_pages
from facetraits.web.views.results import Results, make_results
from facetraits.web.views.vendor import make_vendor
from facetraits.web.views.videos import make_videos

if TYPE_CHECKING:
    from facetraits.web.concurrency.message_queue import MessageQueue

# Short, because scripts import each other, and mixing old and new ones breaks the page.
_STATIC_AGE_S = 60
# Requests for kept results must not wait behind pictures that wait for a worker.
_STORE_PLACES = 4
# Nor must the counts of rate limits.
_COUNT_PLACES = 4
_JOB_PLACES = 4
# Above this, Socket.IO disconnects; below it, a frame that is too large gets a problem.
_LARGEST_MESSAGE = 8_000_000
_SOCKETIO_PATH = "socket.io"

log = logging.getLogger(__name__)


def create_app(
    settings: Settings | None = None,
    service: InferenceService | None = None,
    store: Store | None = None,
    *,
    jobs: Jobs | None = None,
    paths: Paths | None = None,
    tracer: Tracer | None = None,
) -> Flask:
    """The app, ready to serve.

    Args:
        settings: by default, those from the environment.
        service: analyzes the pictures; by default, the real one, loaded and warmed up.
        store: stores results; by default, the one that the settings name.
        jobs: reads videos and batches; by default, the engine that the settings name.
        paths: the locations of networks, pages, and kept results; by default, the package's.
        tracer: records spans; by default, as the settings say.

    Raises:
        BadSetting: if the environment has an invalid setting.
        BadWeights: if the trained networks cannot be used.
    """
    settings = settings or Settings.from_env()
    _need_package_of(settings.async_mode)
    keys = ApiKeys.of(settings)
    named_cameras = read_cameras(settings)
    paths = paths or Paths.found()
    store = store or open_store(settings, paths.data)
    tracer = tracer or open_tracer(settings, __version__)
    jobs = jobs or open_jobs(settings, paths, tracer)
    loop = make_loop(settings.async_mode)
    queue = _open_queue(settings, loop)
    service = service or _start_service(settings, paths, tracer)
    logging.getLogger("facetraits").setLevel(settings.log_level)
    metrics = Metrics()
    places = settings.workers + settings.queue_size
    others = _STORE_PLACES + _COUNT_PLACES + _JOB_PLACES + DRAWING_PLACES
    offload = make_offload(settings.async_mode, places + others)
    # Without a proxy, any client could make us record its requests.
    tracing = RequestTracing(tracer, continues=settings.proxies > 0)
    photos = Photos(service, metrics=metrics, tracing=tracing, offload=offload)
    results = Results(
        photos, store=store, metrics=metrics, offload=offload, ttl_s=settings.result_ttl_s
    )
    app = _make_flask(paths, Uploads(settings.max_bytes, places, make_pause(settings.async_mode)))
    app.extensions["facetraits_settings"] = settings
    app.extensions["facetraits_service"] = service
    app.extensions["facetraits_store"] = store
    app.extensions["facetraits_jobs"] = jobs
    app.extensions["facetraits_readiness"] = readiness = Readiness()
    app.extensions["facetraits_tracer"] = tracer
    register_requests(app, metrics=metrics, tracing=tracing)
    register_headers(app, settings.cors_origins, readiness)
    register_language(app, Languages.read(paths.static / "locales"))
    register_problems(app)
    hosts, origins = TrustedHosts.of(settings), Origins(settings.cors_origins)
    register_guards(app, hosts, origins)
    register_keys(app, keys)
    app.register_blueprint(make_pages(settings, service, metrics, readiness))
    app.register_blueprint(make_vendor(paths.libraries))
    rate_limit = _rate_limit(settings, offload)
    app.register_blueprint(make_api(photos, rate_limit, keys))
    app.register_blueprint(make_anonymize(photos, rate_limit, keys))
    frames = frame_sources(settings.frame_ancestors)
    app.register_blueprint(make_results(results, rate_limit=rate_limit, frames=frames, keys=keys))
    desk = JobDesk(jobs, offload, make_pause(settings.async_mode))
    app.register_blueprint(make_jobs(desk))
    app.register_blueprint(
        make_batches(desk, rate_limit=rate_limit, keys=keys, max_bytes=settings.max_bytes)
    )
    app.register_blueprint(
        make_videos(desk, settings=settings, rate_limit=rate_limit, keys=keys, frames=frames)
    )
    app.register_blueprint(make_embeds(results, settings=settings, service=service, frames=frames))
    app.register_blueprint(make_oembed(results, desk))
    app.register_blueprint(make_demo(paths.static))
    wall = _make_wall(named_cameras, settings=settings, service=service, paths=paths)
    app.extensions["facetraits_wall"] = wall
    app.register_blueprint(make_cameras(wall, settings=settings, keys=keys, offload=offload))
    socketio = _add_socketio(app, settings=settings, queue=queue, origins=origins)
    cameras = LiveNamespace(service, settings=settings, loop=loop, metrics=metrics, keys=keys)
    socketio.on_namespace(cameras)
    app.extensions["facetraits_cameras"] = cameras
    socketio.server.hold_to(
        ClientRules(NAMESPACE, events=EVENTS, share_key=client_share_key, problem=cameras.problem)
    )
    _wrap(app, settings=settings, hosts=hosts, origins=origins)
    return app


def _need_package_of(async_mode: str) -> None:
    """Raises BadSetting if the package for the mode is not installed."""
    if async_mode == "gevent":
        with needs_extra("gevent", f"FACETRAITS_ASYNC_MODE={async_mode}"):
            importlib.import_module(async_mode)


def _start_service(settings: Settings, paths: Paths, tracer: Tracer) -> InferenceService:
    service = InferenceService(settings, paths=paths, tracer=tracer)
    service.start()
    return service


def _make_wall(
    cameras: CamerasConfig | None, settings: Settings, service: InferenceService, paths: Paths
) -> Wall:
    """The cameras to read, which `server.run` starts, or a wall of those that others read."""
    if cameras is not None:
        return Wall(open_fleet(cameras, settings, service, paths))
    shared = settings.store == "sqlite"
    return Wall(None, (lambda: open_figures(settings, paths)) if shared else None)


def _make_flask(paths: Paths, uploads: Uploads) -> Flask:
    app = Flask(
        "facetraits",
        root_path=str(paths.static),
        template_folder=str(paths.templates),
        static_folder=str(paths.static),
    )
    app.request_class = InMemoryRequest
    # Some programs turn /results/ID into /results/ID/.
    app.url_map.strict_slashes = False
    app.extensions["facetraits_uploads"] = uploads
    app.config["MAX_CONTENT_LENGTH"] = uploads.max_body_bytes
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = _STATIC_AGE_S
    return app


def _rate_limit(settings: Settings, offload: Offload) -> RateLimit:
    """Servers that share their results in Redis also share the counts."""
    shared = bool(settings.rate_limit) and settings.store != "sqlite"
    return RateLimit(settings.rate_limit, SharedCount(settings.store, offload) if shared else None)


def _open_queue(settings: Settings, loop: Loop) -> MessageQueue | None:
    if not settings.message_queue:
        return None
    # Imported here: without a queue, no Redis client is needed.
    with needs_extra(
        "redis", f"FACETRAITS_MESSAGE_QUEUE={without_password(settings.message_queue)}"
    ):
        from facetraits.web.concurrency.message_queue import MessageQueue

    return MessageQueue(settings.message_queue, loop)


def _add_socketio(
    app: Flask, settings: Settings, queue: MessageQueue | None, origins: Origins
) -> SocketIO:
    return make_socketio(
        app,
        async_mode=settings.async_mode,
        path=_SOCKETIO_PATH,
        # By default, Engine.IO trusts anyone's X-Forwarded-Host.
        cors_allowed_origins=origins.may_write,
        max_http_buffer_size=_LARGEST_MESSAGE,
        client_manager=queue,
    )


def _wrap(app: Flask, settings: Settings, hosts: TrustedHosts, origins: Origins) -> None:
    """The middleware in front of Flask and Socket.IO; the last one added runs first."""
    wsgi_app = guarded_socketio(app.wsgi_app, path=_SOCKETIO_PATH, hosts=hosts, origins=origins)
    if proxies := settings.proxies:
        # The client's address is then the one that our outermost proxy saw.
        wsgi_app = ProxyFix(wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)
        if not settings.trusted_hosts:
            log.warning(
                "any Host header is trusted behind a proxy; set FACETRAITS_TRUSTED_HOSTS to the "
                "names that the proxy forwards"
            )
    app.wsgi_app = with_plain_targets(wsgi_app)  # type: ignore[assignment, method-assign]
