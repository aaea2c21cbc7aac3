"""What browser tests look at: the console and the network, axe, widths and weights."""

import gzip
import json
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Error, Page, Request, Response

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Watch:
    """Notes what a page may not do: break the content policy, raise in a script, ask a third party."""

    def __init__(self, page: Page) -> None:
        self.faults: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        text = message.text
        # A page of status 404 or 409 is noted as a failed resource; that is what some tests are about.
        if message.type == "error" and "Failed to load resource" not in text:
            self.faults.append(f"console: {text}")

    def _error(self, error: Error) -> None:
        self.faults.append(f"script error: {error.message}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("data", "blob", "about", "chrome"):
            return
        if not (parts.hostname or "").endswith("localhost"):
            self.faults.append(f"third party: {request.url}")


@cache
def _axe_source() -> str:
    return AXE.read_text(encoding="utf-8")


def axe_violations(page: Page) -> list[str]:
    """Rule, help text and the elements of every violation on the page as it is now."""
    # evaluate() goes past the content policy, which rightly forbids a foreign script tag.
    page.evaluate(_axe_source() + "; undefined")
    page.evaluate("() => document.fonts.ready.then(() => undefined)")  # what an icon is, axe knows by its font
    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
    result = page.evaluate(f"() => axe.run(document, {json.dumps(options)})")
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}\n"
        + "\n".join(
            f"    {node['html'][:200]}\n      {node.get('failureSummary', '')}" for node in violation["nodes"][:4]
        )
        for violation in result["violations"]
    ]


def assert_no_axe_violations(page: Page) -> None:
    violations = axe_violations(page)
    assert not violations, f"{page.url}\n" + "\n".join(violations)


def assert_no_horizontal_scroll(page: Page) -> None:
    width, visible = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    if width <= visible:
        return
    wide = page.evaluate(
        """(limit) => [...document.querySelectorAll("body *")]
            .filter(e => e.getBoundingClientRect().right > limit + 1)
            .slice(0, 5).map(e => e.outerHTML.slice(0, 160))""",
        visible,
    )
    raise AssertionError(f"{page.url} is {width} px wide in {visible} px:\n" + "\n".join(wide))


class Weights:
    """Bytes, as gzip would send them, of what a page loads: by Content-Type group."""

    groups = {"text/html": "html", "text/css": "css", "text/javascript": "js", "application/javascript": "js"}

    def __init__(self, page: Page) -> None:
        self.responses: list[Response] = []
        page.on("response", lambda response: self.responses.append(response))

    def total(self) -> dict[str, int]:
        sums = {"html": 0, "css": 0, "js": 0}
        for response in self.responses:
            group = self.groups.get(response.headers.get("content-type", "").split(";")[0])
            if group and response.status == 200:
                sums[group] += len(gzip.compress(response.body(), 6))
        return sums
