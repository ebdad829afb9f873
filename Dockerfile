# Serves Facetraits: docker build -t facetraits . && docker run -p 127.0.0.1:5000:5000 facetraits
# docs/deploying.md says more.
#
# Verified on amd64, with Debian 12's own Python 3.11 in place of the two images below: all of its
# steps (buildah), and what they make, run by runc as the image's user with a read-only root and
# no capabilities. For arm64: that each pinned package has a wheel. Not verified: the two images
# themselves, a build on or for arm64, and the HEALTHCHECK run by Docker.
#
# Both images exist for amd64 and arm64; others of the same kind can be named at the build.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm
ARG NODE_IMAGE=node:22-bookworm-slim

# What is the same on every processor is made on the builder's own: the browser's libraries ...
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS libraries
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund

# ... and the wheel, which carries them.
FROM --platform=$BUILDPLATFORM ${PYTHON_IMAGE} AS wheel
ENV PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements-dev.txt ./
RUN python3 -m venv /build && /build/bin/pip install -c requirements-dev.txt hatchling
COPY pyproject.toml README.md LICENSE ./
COPY tools/build_hook.py tools/
COPY static static
COPY templates templates
COPY models models
COPY facetraits facetraits
COPY --from=libraries /src/node_modules node_modules
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

# The environment that serves: the wheel, and what it needs at the pinned versions.
FROM ${PYTHON_IMAGE} AS environment
ENV PIP_NO_CACHE_DIR=1
COPY requirements.txt /
COPY --from=wheel /wheels /wheels
# Built with a pip that does not stay in it.
RUN python3 -m venv /pip && python3 -m venv --without-pip /opt/facetraits \
    && /pip/bin/pip --python /opt/facetraits/bin/python install \
        -c /requirements.txt "$(echo /wheels/*.whl)[redis,jobs,gevent,video,mqtt]"

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="facetraits" \
      org.opencontainers.image.description="Apparent age, gender, and emotion of every face in a photo or a webcam stream" \
      org.opencontainers.image.licenses="MIT AND LicenseRef-Weights-Research-Only"
RUN groupadd --gid 10001 facetraits \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/facetraits --create-home \
        --shell /usr/sbin/nologin facetraits \
    && chmod 700 /var/lib/facetraits
COPY --from=environment /opt/facetraits /opt/facetraits
ENV PATH=/opt/facetraits/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FACETRAITS_HOST=0.0.0.0 \
    FACETRAITS_PORT=5000 \
    FACETRAITS_DATA_DIR=/var/lib/facetraits
# By number, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /var/lib/facetraits
EXPOSE 5000
# A slim image has no curl, and urllib would ask the proxy of HTTP_PROXY. The loopback is answered
# whatever FACETRAITS_TRUSTED_HOSTS says.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['FACETRAITS_PORT']), timeout=4); c.request('GET', '/readyz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["facetraits"]
CMD ["serve"]
