"""The local page in a real browser: nothing is asked of anybody else, nothing is cut off."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from toys import PATIENCE, ROOT

browsers = pytest.importorskip("playwright.sync_api")
pytest.importorskip("gradio")
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
if BROWSER is None:
    pytest.skip("there is no Chromium on the path", allow_module_level=True)
pytestmark = pytest.mark.slow
ARTIFACT = ROOT / "artifacts" / "anonymous_2"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the page is served."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-m", "repair", "page", ARTIFACT, "--port", port, "--no-browser"]
    server = subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.2)
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    said = server.communicate(timeout=PATIENCE)[1]
    assert (server.returncode, said.splitlines()[-1]) == (130, "the page is closed")


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    """A poisoned image that is flagged, and a file that is no image."""
    (tmp_path / "text.png").write_text("<script>alert(1)</script>")
    return [ROOT / "data" / "test_image.png", tmp_path / "text.png"]


@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_image_is_dropped_and_answered(address, images, width, scheme, tmp_path):
    with browsers.sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        asked: set[str | None] = set()
        page.on("request", lambda one: asked.add(urlsplit(one.url).hostname))
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(address)
        page.set_input_files("input[type=file]", [str(path) for path in images])
        page.get_by_text("the original network says").wait_for()
        assert page.get_by_text("text.png: expected a whole PNG").count() == 1
        assert page.get_by_text("stand-in").count() == 1
        page.locator("img[src*='/file=']").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=tmp_path / "page.png", full_page=True)
        browser.close()
    assert asked - {None} == {"127.0.0.1"}
