"""The files that several machines share, while others write and delete some."""

from __future__ import annotations

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from facetraits.errors import NotFound, StorageFull
from facetraits.jobs.model import Claim
from facetraits.jobs.shared_files import SharedFiles

CLAIM = Claim("job", "batch", {}, "attempt", 1)
MAX_BYTES = 1000


class Bucket(LocalFileSystem):
    """A folder whose listings are kept, and believed, as those of S3 are."""

    protocol = "bucket"
    cachable = False

    def __init__(self, **options):
        super().__init__(**options)
        self._listings = {}

    def ls(self, path, detail=True, **options):
        path = self._strip_protocol(path).rstrip("/")
        if path not in self._listings:
            self._listings[path] = super().ls(path, detail=True, **options)
        listing = self._listings[path]
        return listing if detail else [entry["name"] for entry in listing]

    def info(self, path, **options):
        known = self._listings.get(self._parent(path)) if isinstance(path, str) else None
        if known is None:
            return super().info(path, **options)
        for entry in known:
            if entry["name"] == path:
                return entry
        raise FileNotFoundError(path)

    def _open(self, path, mode="rb", **options):
        if mode == "rb":
            self.info(path)
        return super()._open(path, mode, **options)

    def invalidate_cache(self, path=None):
        self._listings.clear()


class Busy(LocalFileSystem):
    """A folder in which another machine deletes a file as soon as it has been listed."""

    protocol = "busy"

    def find(self, *arguments, **options):
        found = super().find(*arguments, **options)
        self.rm_file(next(iter(found)))
        return found


@pytest.fixture(autouse=True)
def known():
    fsspec.register_implementation("bucket", Bucket, clobber=True)
    fsspec.register_implementation("busy", Busy, clobber=True)


@pytest.fixture
def file(tmp_path):
    """`file(name, bytes)` → such a file, to be put there."""

    def make(name, bytes_):
        path = tmp_path / name
        path.write_bytes(bytes(bytes_))
        return path

    return make


def test_what_another_machine_writes_is_seen(file, tmp_path):
    url = f"bucket://{tmp_path}/shared"
    server, worker = (SharedFiles(url, MAX_BYTES) for _ in range(2))
    server.put_input("job", file("upload", 100))
    worker.put_result(CLAIM, file("one.csv", 1))
    # It looks at everything.
    server.put_input("other", file("upload", 100))
    worker.put_result(CLAIM, file("two.csv", 700))

    for name, size in (("one.csv", 1), ("two.csv", 700)):
        result = server.open_result("job", "attempt", name)
        assert (result.size, len(result.stream.read())) == (size, size)
    with pytest.raises(NotFound):
        server.open_result("job", "attempt", "three.csv")
    with pytest.raises(StorageFull):
        server.put_input("third", file("upload", 100))
    for job in ("job", "other", "third"):
        server.remove(job)
    assert list((tmp_path / "shared").iterdir()) == []


def test_files_may_vanish_while_their_sizes_are_added(file, tmp_path):
    files = SharedFiles(f"busy://{tmp_path}/shared", MAX_BYTES)
    SharedFiles(str(tmp_path / "shared"), MAX_BYTES).put_input("job", file("upload", 100))

    files.put_input("other", file("upload", 100))

    assert (tmp_path / "shared" / "other" / "input").stat().st_size == 100
