"""`make run`: everything on one machine, without any service. Web and worker, in the foreground, stopped together.

    HOST, PORT    where the web server listens (127.0.0.1:8000)

Whatever .env or the environment sets wins over the defaults made here. A process that ends takes the others with
it: nothing is restarted, so that a fault is seen where it happens.
"""

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess  # noqa: S404  (our own programs, no shell)
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import IO

BASE_DIR = Path(__file__).resolve().parent.parent
GRACE = 12.0  # seconds a process may take to stop
START = 60.0  # seconds the web server may take to answer
COLOURS = {"web": "36", "worker": "35", "sandbox": "33", "run": "32"}


@dataclass
class Service:
    """One line of the process table. `once`: it may end, and is not missed."""

    name: str
    command: list[str]
    process: subprocess.Popen[str] | None = None
    once: bool = False


def sandbox_service() -> list[Service]:
    """Local copies of the providers, in development, unless their port is 0 or taken."""
    from django.conf import settings

    if not (settings.DEVELOPMENT and settings.SANDBOX_PORT):
        return []
    if not port_is_free("127.0.0.1", settings.SANDBOX_PORT):
        say(f"Port {settings.SANDBOX_PORT} is taken: the provider sandbox is left out (SANDBOX_PORT=… moves it).")
        return []
    return [Service("sandbox", [sys.executable, "manage.py", "sandbox", "--port", str(settings.SANDBOX_PORT)])]


def services(host: str, port: int) -> list[Service]:
    """The process table: what runs, by name."""
    python = sys.executable
    web = [python, "-m", "gunicorn", "config.wsgi:application", "--bind", f"{host}:{port}"]
    web += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--graceful-timeout", "5"]
    web += ["--log-level", "warning", "--no-control-socket"]
    # As root Celery warns at length; on a development machine (or in a container) that is noise.
    worker = [
        python,
        "-W",
        "ignore:You're running the worker",
        "-m",
        "celery",
        "--quiet",
        "-A",
        "config",
        "worker",
        "--beat",
        "--pool",
        "threads",
        "--concurrency",
        "4",
    ]
    worker += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [Service("web", web), Service("worker", worker)]


def say(text: str, name: str = "run") -> None:
    colour = COLOURS.get(name, "37")
    prefix = f"{name:>7} │ "
    if sys.stdout.isatty():
        prefix = f"\033[{colour}m{prefix}\033[0m"
    sys.stdout.write("".join(f"{prefix}{line}\n" for line in text.splitlines()))
    sys.stdout.flush()


def port_is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def set_defaults(port: int) -> None:
    """What a development machine wants, unless the environment or .env says otherwise."""
    import environ

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    environ.Env.read_env(BASE_DIR / ".env")
    os.environ.setdefault("DEVELOPMENT", "1")
    os.environ.setdefault("PUBLIC_PORT", "" if port == 80 else str(port))
    os.environ["PYTHONUNBUFFERED"] = "1"


def prepare() -> None:
    """Catalogues, tables, first data, static files; each only as far as something changed."""
    from config.translations import compile_catalogues

    compile_catalogues()
    import django
    from django.conf import settings
    from django.core.management import call_command, get_commands
    from django.db import connections

    django.setup()
    from directory.models import Brand

    call_command("migrate", verbosity=0, interactive=False)
    if settings.DEVELOPMENT and "demo" in get_commands() and not Brand.objects.exists():
        say("First start: loading demo data …")
        call_command("demo", verbosity=0)
    if "Manifest" in settings.STORAGES["staticfiles"]["BACKEND"]:
        collect_static(Path(settings.STATIC_ROOT))
    connections.close_all()


def collect_static(target: Path) -> None:
    """collectstatic, unless neither our files nor the installed packages have changed since."""
    sources = [(str(path), path.stat().st_mtime_ns) for path in sorted((BASE_DIR / "static").rglob("*"))]
    sources.append(((BASE_DIR / "requirements.txt").read_text(), 0))
    fingerprint = hashlib.sha256(json.dumps(sources).encode()).hexdigest()
    mark = target / ".fingerprint"
    if mark.exists() and mark.read_text() == fingerprint:
        return
    from django.core.management import call_command

    say("Collecting static files …")
    call_command("collectstatic", verbosity=0, interactive=False, clear=target.exists())
    mark.write_text(fingerprint)


def welcome(port: int) -> str:
    """The box with addresses and log-ins, as the database has them."""
    from django.conf import settings

    from directory.models import Brand

    def url(host: str) -> str:
        return f"http://{host}" if port == 80 else f"http://{host}:{port}"

    rows = []
    for brand in Brand.objects.prefetch_related("domains").order_by("-is_default", "name"):
        rows.append((brand.name, url(brand.host) + "/"))
        if brand.is_default:
            rows.append(("", url("localhost") + "/"))
    if not rows:
        rows.append(("Site", url("localhost") + "/ (no brand yet: make one in the administration)"))
    rows.append(("Administration", url("localhost") + "/admin/"))
    if os.environ["DEVELOPMENT"].lower() in ("1", "true", "yes", "on"):
        rows.append(("Mails sent", url("localhost") + "/dev/mail/"))
        if settings.SANDBOX_PORT:
            rows.append(("Provider sandbox", f"http://127.0.0.1:{settings.SANDBOX_PORT}/"))
    rows += demo_logins()
    rows += [("Stop", "Ctrl-C")]
    width = max(len(label) for label, _value in rows)
    lines = [f"{label:<{width}}   {value}" for label, value in rows]
    inner = max(len(line) for line in lines)
    edge = "─" * (inner + 4)
    return "\n".join([f"╭{edge}╮", *(f"│  {line:<{inner}}  │" for line in lines), f"╰{edge}╯"])


def demo_logins() -> list[tuple[str, str]]:
    """(role, 'e-mail / password') of the demo data that are in this database."""
    from django.core.management import get_commands

    if "demo" not in get_commands():
        return []
    logins = import_module(f"{get_commands()['demo']}.management.commands.demo").LOGINS
    from directory.models import User

    present = set(User.objects.filter(email__in=[login[1] for login in logins]).values_list("email", flat=True))
    return [(role, f"{email}  /  {password}") for role, email, password in logins if email in present]


def relay(service: Service, stream: IO[str]) -> None:
    for line in stream:
        say(line.rstrip("\n"), service.name)


def start(service: Service) -> None:
    # A session of its own: Ctrl-C reaches only us, and we stop each process once, in order.
    service.process = subprocess.Popen(  # noqa: S603
        service.command,
        cwd=BASE_DIR,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    assert service.process.stdout is not None
    threading.Thread(target=relay, args=(service, service.process.stdout), daemon=True).start()


def stop(table: list[Service]) -> None:
    """Ask, wait, then end whatever is left of each process group."""
    running = [service.process for service in table if service.process is not None]
    for process in running:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + GRACE
    for process in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def dead(table: list[Service]) -> Service | None:
    ended = (one for one in table if one.process and one.process.poll() is not None and not one.once)
    return next(ended, None)


def answers(host: str, port: int) -> bool:
    shown = f"[{host}]" if ":" in host else {"0.0.0.0": "127.0.0.1"}.get(host, host)  # noqa: S104
    try:
        with urllib.request.urlopen(f"http://{shown}:{port}/healthz", timeout=5) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def connect_demo(table: list[Service], port: int) -> None:
    """Give the demo brands their connections to the sandbox, beside everything else; what it says is shown."""
    from django.core.management import get_commands

    if "demo_providers" not in get_commands() or not any(service.name == "sandbox" for service in table):
        return
    web = f"http://127.0.0.1:{port}"
    service = Service("sandbox", [sys.executable, "manage.py", "demo_providers", "--web", web], once=True)
    start(service)
    table.append(service)


def supervise(table: list[Service], host: str, port: int, stopping: Callable[[], bool]) -> int:
    """Until a signal comes (0) or a process ends (1)."""
    began, greeted = time.monotonic(), False
    while not stopping():
        gone = dead(table)
        if gone is not None and gone.process is not None:
            say(f"{gone.name} ended with code {gone.process.returncode}; stopping the rest.")
            return 1
        if not greeted and answers(host, port):
            greeted = True
            say(welcome(port))
            connect_demo(table, port)
        elif not greeted and time.monotonic() - began > START:
            say(f"The web server did not answer within {START:.0f} seconds.")
            return 1
        time.sleep(0.2)
    return 0


def main() -> int:
    host, port_text = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not port_text.isdigit() or not 0 < int(port_text) < 65536:
        sys.stderr.write(f"PORT must be a number from 1 to 65535, not “{port_text}”.\n")
        return 1
    port = int(port_text)
    if not port_is_free(host, port):
        sys.stderr.write(f"Port {port} on {host} is taken. Stop what listens there, or: make run PORT={port + 1}\n")
        return 1
    signalled: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        signalled.append(number)

    set_defaults(port)
    prepare()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, remember)
    table = services(host, port) + sandbox_service()
    try:
        for service in table:
            start(service)
        code = supervise(table, host, port, lambda: bool(signalled))
    finally:
        say("Stopping …")
        stop(table)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
