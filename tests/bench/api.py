"""How long a call for free times takes, against a view that does nothing: the same server, one run, eight clients.

    python -m tests.bench.api [rounds]

gunicorn as in production (two workers, four threads each) on the database that DATABASE_URL names (a scratch copy is made
and dropped) and the cache of CACHE_URL. Twenty hosts, each busy four times a day for five weeks. Each client is a
process with a connection that stays open, and asks one question after the other; blocks of all kinds take turns, so that a
busy machine disturbs them alike, and each p95 is the middle one of all blocks.

    bare        a view that answers “Hello”, behind all middleware of an address of the API
    page        the same behind that of the pages
    cold        a week of free times, computed: another host and another beginning each time
    unchanged   a question again and again with its ETag: 304

Exit code 1 unless cold is at most 4 times, unchanged at most 1.5 times what the bare view takes.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.stampede import scratch_database

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "bench.localhost"
CLIENTS, BLOCK, HOSTS = 8, 60, 20
COLD, UNCHANGED = 4.0, 1.5


def people() -> list[str]:
    """Hosts with full calendars; the addresses under which each is asked for free times."""
    from scheduling.models import BusyTime
    from tests import factories
    from tests.concurrency.race import next_monday

    brand = factories.make_brand(slug="bench", host=HOST, is_default=True)
    paths = []
    for number in range(HOSTS):
        host = factories.make_professional(brand, slug=f"host-{number}")
        kind = factories.make_meeting_type(host, slug="first", duration=30, step=15, buffer_after=10)
        starts = [
            next_monday("09:00") + timedelta(days=7 * week + day, minutes=105 * place)
            for week in range(5)
            for day in range(5)
            for place in range(4)
        ]
        BusyTime.objects.bulk_create(
            BusyTime(
                host=host, starts_at=start, ends_at=start + timedelta(minutes=45), source="bench", remote_id=f"{start}"
            )
            for start in starts
        )
        paths.append(f"/api/v1/professionals/{host.slug}/meeting-types/{kind.slug}/slots")
    return paths


class Client:
    """One connection that stays open; as little work as possible between two questions."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path: str, etag: str = "") -> tuple[int, bytes]:
        """Status and head of the answer."""
        extra = f"If-None-Match: {etag}\r\n" if etag else ""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAccept: */*\r\n{extra}\r\n".encode())
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.socket.recv(65_536)
            if not more:
                raise ConnectionError("The server closed the connection.")
            data += more
        head, _end, body = data.partition(b"\r\n\r\n")
        length = header(head, "content-length")
        while length and len(body) < int(length):
            body += self.socket.recv(65_536)
        return int(head[9:12]), head


def header(head: bytes, name: str) -> str:
    for line in head.split(b"\r\n")[1:]:
        key, _colon, value = line.partition(b":")
        if key.decode().lower() == name:
            return value.decode().strip()
    return ""


def ask(number: int, port: int, paths: list[str], orders: Any, answers: Any) -> None:
    """One client: does each block that is ordered, and hands back how long each call took, in ms."""
    client = Client(port)
    begin = time.time() + 86_400
    asked = 0
    while (kind := orders.get()) != "end":
        taken, known = [], ("", "")
        for _count in range(BLOCK):
            asked += 1
            path, etag, wanted = {"bare": "/api/bare", "page": "/bare"}.get(kind, ""), "", 200
            if not path:
                moment = begin + 3600 * ((asked * CLIENTS + number) % 400)
                start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
                end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment + 7 * 86_400))
                path = f"{paths[(asked + number) % len(paths)]}?start={start}&end={end}"
            if kind == "unchanged":
                # One question for the whole block, so that nothing is computed beside what is timed.
                known = known if known[0] else (path, header(client.get(path)[1], "etag"))
                (path, etag), wanted = known, 304
            began = time.perf_counter()
            status, _head = client.get(path, etag)
            taken.append((time.perf_counter() - began) * 1000)
            if status not in (wanted, 200):
                raise SystemExit(f"{path}: {status}")
            if status != wanted:  # a new minute is a new ETag
                known = ("", "")
        answers.put(taken)


@contextmanager
def server(database: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.bench.site_settings",
            "DATABASE_URL": database,
            "VAR_DIR": folder,
            "DEVELOPMENT": "1",
            "PLAIN_STATIC": "1",
            "LOG_LEVEL": "WARNING",
        }
        command = [Path(sys.executable).parent / "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
        command += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--no-control-socket"]
        command += ["--keep-alive", "60"]
        process = subprocess.Popen(
            [*command, "--log-level", "error"], cwd=ROOT, env=environment, start_new_session=True
        )
        try:
            for _turn in range(300):
                try:
                    if Client(port).get("/bare")[0] == 200:
                        break
                except OSError:
                    time.sleep(0.1)
            yield port
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)


def measure(port: int, paths: list[str], kinds: list[str], rounds: int) -> dict[str, tuple[float, float]]:
    """For each kind the middle p50 and p95 of its blocks, in ms; eight clients at once."""
    context = get_context("spawn")
    orders = [context.Queue() for _count in range(CLIENTS)]
    answers = context.Queue()
    clients = [
        context.Process(target=ask, args=(number, port, paths, orders[number], answers), daemon=True)
        for number in range(CLIENTS)
    ]
    for one in clients:
        one.start()

    def block(kind: str) -> list[float]:
        for queue in orders:
            queue.put(kind)
        return sorted(sum((answers.get(timeout=120) for _client in clients), []))

    seen: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    for kind in kinds:
        block(kind)  # the first answers of each worker load modules
    for _round in range(rounds):
        for kind in kinds:
            taken = block(kind)
            seen[kind].append((taken[len(taken) // 2], taken[int(len(taken) * 0.95)]))
    for queue in orders:
        queue.put("end")
    return {kind: (median(p50 for p50, _p95 in all_), median(p95 for _p50, p95 in all_)) for kind, all_ in seen.items()}


def database_url() -> str:
    """Of the scratch copy, for another process."""
    from django.db import connection

    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    user = values["USER"] + (f":{values['PASSWORD']}" if values["PASSWORD"] else "")
    return f"postgres://{user}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


def main(rounds: int = 9) -> int:
    with scratch_database() as vendor:
        paths = people()
        print(
            f"Free times over HTTP on {vendor}: {CLIENTS} clients, {rounds} blocks of {CLIENTS * BLOCK} calls each.\n"
        )
        with server(database_url()) as port:
            found = measure(port, paths, ["bare", "page", "cold", "unchanged"], rounds)
    bare = found["bare"][1]
    for kind, (p50, p95) in found.items():
        print(f"  {kind:<10} p50 {p50:>7.2f} ms   p95 {p95:>7.2f} ms   {p95 / bare:>5.2f} × bare")
    verdicts = []
    for kind, most in (("cold", COLD), ("unchanged", UNCHANGED)):
        ratio = found[kind][1] / bare
        verdicts.append(ratio <= most)
        print(f"{'PASS' if verdicts[-1] else 'FAIL'}  p95 {kind}: {ratio:.2f} × a bare view (goal ≤ {most:g})")
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
