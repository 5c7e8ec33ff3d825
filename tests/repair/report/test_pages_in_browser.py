"""Reports in a real browser: nothing of a table is cut off."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from repair.report.document import document
from repair.report.sections.suspicion import _COLUMNS

browsers = pytest.importorskip("playwright.sync_api")
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
if BROWSER is None:
    pytest.skip("there is no Chromium on the path", allow_module_level=True)
DRAWN = ("occluders", "blobs", "filters", "stripes", "bars")
TOO_WIDE = "(box => box.scrollWidth > box.clientWidth)(document.querySelector('.wide'))"


@pytest.mark.parametrize("width", [1200, 840, 820, 400])
def test_the_widest_rows_are_seen_whole(tmp_path: Path, width: int):
    drawn = ", ".join(f"{kind}\u00a028%" for kind in DRAWN)
    cells = ("12.5", "not tried", "not sought", "not sought", "\u22126.93", drawn)
    row = "".join(
        f'<td data-name="{name}">{cell}</td>'
        for name, cell in zip(_COLUMNS, cells, strict=True)
    )
    heads = "".join(f"<th>{head}</th>" for head in ("Label", "Status", *_COLUMNS))
    table = (
        f"<table><thead><tr>{heads}</tr></thead><tbody><tr><td>0 sports_utility_vehicle"
        f"</td><td>watched</td>{row}</tr></tbody></table>"
    )
    path = tmp_path / "page.html"
    path.write_text(document("t", [f'<div class="wide">{table}</div>']), "utf-8")
    with browsers.sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(path.as_uri())
        assert not page.evaluate(TOO_WIDE)
        browser.close()
