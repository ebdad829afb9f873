"""`python -m tests.store.full_disk FOLDER`: the server on a small disk of its own that gets full.

Run where it may mount: as root, or by `unshare --map-root-user --mount`. Nothing of the
mount is left when the process ends.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

from facetraits.settings import Settings
from facetraits.web import create_app
from tests.web.fakes import FakeService, noisy_photo

URL = "/api/v1/results"


def fill_up(folder: Path) -> None:
    """To the last byte."""
    with contextlib.suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def main(folder: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], check=True)
    settings = Settings(async_mode="threading", data_dir=str(folder))
    app = create_app(settings, FakeService())
    client = app.test_client()
    photo = noisy_photo(700, 700)
    kept = []
    while (answer := client.post(URL, data=photo)).status_code == 201:
        kept.append(answer.get_json())
    assert (answer.status_code, answer.get_json()["code"]) == (507, "storage_full"), answer.data
    assert len(kept) > 5, len(kept)
    fill_up(folder)
    # It goes on: pictures are read, what is kept is there, and can be deleted.
    assert client.post("/api/v1/analyze", data=photo).status_code == 200
    assert client.post(URL, data=photo).status_code == 507
    for result in kept:
        assert client.get(f"/results/{result['id']}/picture").status_code == 200
    for result in kept:
        token = {"Authorization": f"Bearer {result['delete_token']}"}
        assert client.delete(f"{URL}/{result['id']}", headers=token).status_code == 204
        assert client.get(f"{URL}/{result['id']}").status_code == 410
    assert client.post(URL, data=photo).status_code == 201
    app.extensions["facetraits_store"].close()
    print("it went on")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
