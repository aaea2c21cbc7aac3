"""`make run` on a fresh copy: start, wait, fetch pages, stop; then a second start that keeps what was there.

Only the standard library: the copy makes its own environment.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORT = 8791
BY_NAME = "/search/?sort=name"
FIRST, SECOND = 420, 60  # seconds a start may take; the first installs everything


def fetch(path: str, host: str = "localhost") -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", headers={"Host": f"{host}:{PORT}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except OSError:
        return 0, ""


def start(folder: Path) -> subprocess.Popen[bytes]:
    keep = ("PATH", "HOME", "LANG", "CI", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "PIP_ROOT_USER_ACTION")
    environment = {name: os.environ[name] for name in keep if name in os.environ}
    return subprocess.Popen(
        ["make", "run", f"PORT={PORT}"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=(folder / "run.log").open("wb"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def wait_until(what: str, seconds: float, process: subprocess.Popen[bytes]) -> float:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if process.poll() is not None:
            raise AssertionError(f"make run ended with code {process.returncode}")
        if fetch(what)[0] == 200:
            return time.monotonic() - began
        time.sleep(0.5)
    raise AssertionError(f"{what} did not answer 200 within {seconds} seconds: {fetch(what)}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C does; make itself then reports an interrupt, which is no fault."""
    os.killpg(process.pid, signal.SIGINT)
    process.wait(30)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", PORT))


def check_pages(log: str) -> list[str]:
    """Fetch the first pages of each brand that the welcome box names; returns the profiles found."""
    # The server's own line names the address it listens on; whether it is in the log yet is a matter of luck.
    hosts = sorted(set(re.findall(rf"http://([\w.-]+):{PORT}/", log)) - {"127.0.0.1"})
    assert len(hosts) >= 3, f"the box names only {hosts}"
    profiles = []
    for host in hosts:
        for path in ("/", "/search/", "/accounts/login/", BY_NAME):
            status, page = fetch(path, host)
            assert status == 200, f"{host}{path}: {status}"
            assert "<h1" in page, f"{host}{path} has no heading"
        # Who is free first changes while the worker runs; the order of names does not.
        profiles += [(host, slug) for slug in re.findall(r'href="(/p/[\w-]+/)"', page)]
    assert profiles, "no professional is shown"
    status, page = fetch(profiles[0][1], profiles[0][0])
    assert status == 200, profiles[0]
    sheets = re.findall(r'href="(/static/[^"]+\.css)"', page)
    assert sheets, "the profile has no stylesheet"
    for sheet in sheets:
        assert fetch(sheet)[0] == 200, sheet
    for path in ("/admin/login/", "/dev/mail/"):
        assert fetch(path)[0] == 200, path
    assert fetch("/", "stranger.example")[0] == 404
    return sorted(f"{host}{path}" for host, path in set(profiles))


def port_in_use_is_said(folder: Path) -> None:
    result = subprocess.run(
        ["make", "-s", "run", f"PORT={PORT}"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode != 0
    assert f"Port {PORT}" in result.stderr, result.stderr
    assert "Traceback" not in result.stderr


def main() -> int:
    process = None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "copy"
        subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(folder)], check=True)
        log = folder / "run.log"
        try:
            process = start(folder)
            took = wait_until("/healthz", FIRST, process)
            time.sleep(2)
            first = check_pages(log.read_text())
            wait_until("/healthz?worker", 60, process)
            port_in_use_is_said(folder)
            stop(process)
            process = start(folder)
            again = wait_until("/healthz", SECOND, process)
            time.sleep(2)
            other = set(check_pages(log.read_text())) ^ set(first)
            assert not other, f"the second start shows other professionals: {sorted(other)}"
            stop(process)
        except AssertionError as error:
            sys.stdout.write(f"{error}\n--- log\n{log.read_text() if log.exists() else ''}\n")
            return 1
        finally:
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(30)
            shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(f"first start {took:.0f} s with installation, second {again:.1f} s, {len(first)} links kept\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
