"""`make run`: the parts that go wrong on other people's machines."""

import os
import socket
import subprocess
import sys
import time

import pytest
from django.conf import settings

from config import run

SLEEPER = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)"]
LEAVER = [sys.executable, "-c", "raise SystemExit(7)"]


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def free_port():
    """A port where nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_on(port: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "config.run"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "PORT": str(port)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_port_in_use_gets_one_clear_line(taken_port):
    result = start_on(taken_port)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert f"Port {taken_port}" in result.stderr


@pytest.mark.parametrize("port", ["http", "70000", "-1"])
def test_a_port_that_is_none_is_refused(port):
    result = start_on(port)
    assert result.returncode == 1
    assert "PORT must be a number" in result.stderr
    assert "Traceback" not in result.stderr


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_process_that_ends_takes_the_others_with_it(capsys, free_port):
    table = [run.Service("web", SLEEPER), run.Service("worker", LEAVER)]
    for service in table:
        run.start(service)
    try:
        assert run.supervise(table, "127.0.0.1", free_port, lambda: False) == 1
    finally:
        run.stop(table)
    assert "worker ended with code 7" in capsys.readouterr().out
    assert table[0].process
    assert not alive(table[0].process.pid)


def test_stopping_is_clean_and_quick(capsys, free_port):
    table = [run.Service("web", SLEEPER)]
    run.start(table[0])
    assert run.supervise(table, "127.0.0.1", free_port, lambda: True) == 0
    began = time.monotonic()
    run.stop(table)
    assert time.monotonic() - began < run.GRACE


@pytest.mark.django_db
def test_the_box_names_every_brand_and_the_default_one(brand, other_brand, monkeypatch):
    monkeypatch.setenv("DEVELOPMENT", "1")
    box = run.welcome(8000)
    assert "http://anwalt.localhost:8000/" in box
    assert "http://praxis.localhost:8000/" in box
    assert "http://localhost:8000/admin/" in box
    assert "/dev/mail/" in box
    assert len({len(line) for line in box.splitlines()}) == 1


def test_what_runs_once_may_end(free_port):
    table = [run.Service("web", SLEEPER), run.Service("sandbox", LEAVER, once=True)]
    for service in table:
        run.start(service)
    try:
        assert table[1].process
        table[1].process.wait(10)
        assert run.dead(table) is None
    finally:
        run.stop(table)
