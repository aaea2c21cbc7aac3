"""Renders the portraits of all demo professionals into the WebP files beside this module. By hand, not at run time.

    python -m scheduling.demo.portraits.render [first name …]

Needs Playwright and a Chromium (tests/requirements.txt); the files it writes are committed.
"""

import io
import os
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from scheduling.demo import doctors_people, lawyers_people
from scheduling.demo.portraits.draw import portrait

HERE = Path(__file__).parent


def main(wanted: list[str]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 640, "height": 640}, device_scale_factor=2)
        for entry in [*lawyers_people.PEOPLE, *doctors_people.PEOPLE]:
            if entry.portrait is None or (wanted and entry.first not in wanted):
                continue
            page.set_content(f"<body style='margin:0'>{portrait(entry.portrait)}</body>")
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            picture.resize((640, 640), Image.Resampling.LANCZOS).save(
                HERE / f"{entry.key}.webp", "WEBP", quality=84, method=6
            )
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
