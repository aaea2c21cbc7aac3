"""Visitors of a running site, each with cookies of her own: they read a page, then press its button."""

import re
from dataclasses import dataclass, field
from html import unescape

import requests

FORM = re.compile(r'<form method="post" action="([^"]+/hold/)".*?</form>', re.S)
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
START = re.compile(r'name="start" value="([^"]+)"')
TIMEOUT = 60


@dataclass
class Visitor:
    """`look` reads the free times of a page; `take` sends the form that it found there."""

    origin: str
    session: requests.Session = field(default_factory=requests.Session)
    action: str = ""
    token: str = ""

    def look(self, path: str) -> list[str]:
        page = self.session.get(self.origin + path, timeout=TIMEOUT)
        page.raise_for_status()
        form = FORM.search(page.text)
        assert form, f"no form of free times on {path}"
        self.action = unescape(form[1])
        token = TOKEN.search(page.text)
        assert token, f"no CSRF token on {path}"
        self.token = token[1]
        return [unescape(start) for start in START.findall(page.text)]

    def take(self, start: str) -> requests.Response:
        """No redirect is followed: 303 is the answer of who got the time."""
        return self.session.post(
            self.origin + self.action,
            data={"csrfmiddlewaretoken": self.token, "start": start},
            headers={"Connection": "close"},
            allow_redirects=False,
            timeout=TIMEOUT,
        )
