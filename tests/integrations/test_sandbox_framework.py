"""The sandbox's own machinery: store, faults, clock, limits, webhooks, control API."""

import json
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from django.conf import settings

from integrations.sandbox.clock import Clock
from integrations.sandbox.core import Sandbox
from integrations.sandbox.limits import Limit, Limits
from integrations.sandbox.log import redact
from integrations.sandbox.meetergo.seed import ADMIN_ID, KEY
from integrations.sandbox.store import Store

HEADERS = {"Authorization": f"Bearer {KEY}", "x-meetergo-api-user-id": ADMIN_ID}


def me(sandbox, **options):
    return requests.get(sandbox.base("meetergo") + "/v4/user/me", headers=HEADERS, timeout=5, **options)


@pytest.fixture
def receiver():
    """A server that notes every webhook; `answers` are the statuses it gives, then 200."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.received.append(json.loads(body))
            self.send_response(server.answers.pop(0) if server.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.received, server.answers = [], []
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_two_writers_at_once_lose_nothing(tmp_path):
    store = Store(tmp_path / "store.sqlite3")
    store.put("p", "counter", "one", {"value": 0})

    def add(_):
        with store.transaction():
            body = store.get("p", "counter", "one")
            store.put("p", "counter", "one", {"value": body["value"] + 1})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(100)))
    assert store.get("p", "counter", "one") == {"value": 100}


def test_a_transaction_that_fails_leaves_nothing(tmp_path):
    store = Store(tmp_path / "store.sqlite3")

    def failing():
        with store.transaction():
            store.put("p", "kind", "1", {})
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        failing()
    assert store.all("p", "kind") == []


def test_state_survives_a_restart(tmp_path):
    path = tmp_path / "s.sqlite3"
    first = Sandbox(path)
    first.store.put("meetergo", "user", "x", {"id": "x", "email": "x@example.org"})
    first.set_switch("meetergo", "U1", 400)
    first.clock.set(datetime(2030, 1, 1, tzinfo=UTC), speed=0)
    first.close()
    second = Sandbox(path)
    assert second.store.get("meetergo", "user", "x")
    assert second.switch("meetergo", "duplicate_email") == 400
    assert second.clock.now() == datetime(2030, 1, 1, tzinfo=UTC)
    second.reset()
    assert second.store.get("meetergo", "user", "x") is None
    assert second.switch("meetergo", "duplicate_email") == 409
    assert second.store.get("meetergo", "user", ADMIN_ID)
    second.close()


def test_the_bucket_lets_the_burst_through_and_then_the_rate(tmp_path):
    clock = Clock(Store(tmp_path / "s.sqlite3"))
    clock.set(datetime(2030, 1, 1, tzinfo=UTC), speed=0)
    limits = Limits(clock, {"m": Limit(rate=100, per=60, burst=200)})
    assert [limits.take("m", "key").allowed for _ in range(201)].count(True) == 200
    assert limits.take("m", "other").allowed
    clock.set(clock.now() + timedelta(minutes=1))
    assert [limits.take("m", "key").allowed for _ in range(150)].count(True) == 100


def test_a_fast_clock_refills_faster(tmp_path):
    clock = Clock(Store(tmp_path / "s.sqlite3"))
    before = clock.timestamp()
    clock.set(speed=1000)
    time.sleep(0.05)
    assert clock.timestamp() - before > 20


def test_secrets_are_redacted():
    assert redact({"a": [{"secret": "x", "ok": 1}], "accessToken": "y"}) == {
        "a": [{"secret": "***", "ok": 1}],
        "accessToken": "***",
    }


def test_a_fault_fires_as_often_as_it_says(sandbox):
    fault = sandbox.fault("status", status=503, path="/v4/user/*", times=2, retry_after=7)
    answers = [me(sandbox) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert fault.fired == 2


def test_a_fault_elsewhere_does_not_fire(sandbox):
    sandbox.fault("drop", provider="meetbit", times=None)
    sandbox.fault("drop", method="POST", times=None)
    sandbox.fault("drop", path="/webhooks", times=None)
    assert me(sandbox).status_code == 200


@pytest.mark.parametrize("kind", ["drop", "lost", "cut"])
def test_broken_connections_are_broken(sandbox, kind):
    sandbox.fault(kind)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        me(sandbox)
    assert me(sandbox).status_code == 200
    assert [entry["status"] for entry in sandbox.log()] == [None, 200]


@pytest.mark.parametrize(("kind", "done"), [("drop", False), ("status", False), ("lost", True), ("lost_504", True)])
def test_a_lost_answer_is_lost_after_the_work(sandbox, kind, done):
    sandbox.fault(kind)
    before = len(sandbox.objects("meetergo", "user"))
    body = {"email": "a@example.org", "givenName": "Ada", "familyName": "Quist", "timezone": "Europe/Berlin"}
    try:
        requests.post(sandbox.base("meetergo") + "/v4/user", json=body, headers=HEADERS, timeout=5)
    except requests.ConnectionError:
        assert kind in ("drop", "lost")
    assert (len(sandbox.objects("meetergo", "user")) > before) is done


def test_spoiled_bodies(sandbox):
    for kind in ("truncated", "html", "empty"):
        sandbox.fault(kind)
        answer = me(sandbox)
        assert answer.status_code == 200
        with pytest.raises(requests.JSONDecodeError):
            answer.json()
    sandbox.fault("extra")
    assert "_undocumented" in me(sandbox).json()
    sandbox.fault("nulls", fields=["timezone"])
    assert me(sandbox).json()["timezone"] is None


def test_latency_waits_and_then_another_fault_may_follow(sandbox):
    sandbox.fault("latency", seconds=0.3)
    sandbox.fault("status", status=500)
    began = time.monotonic()
    assert me(sandbox).status_code == 500
    assert time.monotonic() - began >= 0.3


def test_chance_repeats_itself(sandbox):
    def run():
        sandbox.heal(seed=3)
        sandbox.fault("status", probability=0.5, times=None)
        return [me(sandbox).status_code for _ in range(12)]

    first = run()
    assert set(first) == {200, 503}
    assert run() == first


def test_many_clients_at_once(sandbox):
    sandbox.limit("meetergo", enabled=False)
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _: me(sandbox).status_code, range(120)))
    assert set(answers) == {200}


def test_the_log_keeps_no_credentials(sandbox):
    me(sandbox)
    text = json.dumps(sandbox.log())
    assert "sandbox-secret" not in text
    (entry,) = sandbox.log(provider="meetergo", method="get", path="/v4/user")
    assert entry["actor"] == ADMIN_ID
    assert entry["ended"] >= entry["began"]


def test_webhooks_can_be_doubled_dropped_held_and_forged(sandbox, receiver):
    sender = sandbox.sandbox.deliveries

    def send(number):
        return sender.send("meetergo", "e", receiver.url, json.dumps({"n": number}).encode())

    def numbers():
        assert sender.wait()
        found = [body["n"] for body in receiver.received]
        receiver.received.clear()
        return found

    send(1)
    assert numbers() == [1]
    sandbox.webhooks("meetergo", "duplicate", copies=3)
    send(2)
    assert numbers() == [2, 2, 2]
    sandbox.webhooks("meetergo", "drop")
    send(3)
    assert numbers() == []
    sandbox.webhooks("meetergo", "hold")
    for number in (4, 5, 6):
        send(number)
    assert numbers() == []
    assert sender.flush("meetergo", "reverse") == 3
    assert numbers() == [6, 5, 4]
    answer = requests.post(
        f"{sandbox.url}/_sandbox/deliver",
        json={"provider": "meetergo", "endpoint": receiver.url, "payload": {"n": "forged"}},
        timeout=5,
    )
    assert answer.status_code == 200
    assert numbers() == ["forged"]
    states = [each["state"] for each in sandbox.deliveries("meetergo")]
    assert states.count("dropped") == 1
    assert states.count("sent") == 8


def test_a_failed_webhook_is_sent_again(sandbox, receiver):
    receiver.answers = [500, 500]
    sandbox.sandbox.deliveries.send("meetergo", "e", receiver.url, b'{"n": 1}', retries=[0.01, 0.01, 0.01])
    (delivery,) = sandbox.deliveries("meetergo")
    assert (delivery["state"], delivery["tries"], len(receiver.received)) == ("sent", 3, 3)


def test_the_control_api(sandbox):
    root = f"{sandbox.url}/_sandbox/"

    def post(path, **body):
        return requests.post(root + path, json=body, timeout=5)

    assert post("faults", kind="status", status=418).status_code == 200
    assert me(sandbox).status_code == 418
    assert post("faults", kind="earthquake").status_code == 400
    assert post("switches", provider="meetergo", name="U9", value=409).status_code == 200
    assert post("switches", provider="meetergo", name="U9", value=404).status_code == 400
    assert post("switches", provider="nobody", name="U9", value=1).status_code == 400
    assert post("clock", at="2031-05-01T10:00:00+02:00", speed=0).json()["now"] == "2031-05-01T08:00:00+00:00"
    assert post("clock", at="2031-05-01T10:00:00").status_code == 400
    assert post("limits", name="meetergo", rate=5).json()["meetergo"]["rate"] == 5
    url = f"{root}objects/meetergo/user/{ADMIN_ID}"
    assert requests.patch(url, json={"title": "Dr."}, timeout=5).json()["title"] == "Dr."
    assert requests.get(url, timeout=5).json()["title"] == "Dr."
    assert requests.delete(url, timeout=5).status_code == 200
    assert requests.get(url, timeout=5).status_code == 400
    assert requests.get(root + "log", timeout=5).json()[-1]["status"] == 418
    assert post("reset").status_code == 200
    state = requests.get(root, timeout=5).json()
    assert state["faults"] == []
    assert {"provider": "meetergo", "kind": "user", "count": 1} in state["objects"]
    assert requests.get(root + "nowhere", timeout=5).status_code == 404


def test_the_dashboard_shows_what_is_there(sandbox):
    me(sandbox)
    home = requests.get(sandbox.url + "/", timeout=5)
    assert home.status_code == 200
    assert "/v4/user/me" in home.text
    assert "<script" not in home.text
    kinds = requests.get(sandbox.url + "/_sandbox/view/meetergo/credential", timeout=5)
    assert "ak_live" not in kinds.text
    assert requests.get(sandbox.url + "/_sandbox/assets/dashboard.css", timeout=5).status_code == 200
    assert requests.get(sandbox.url + "/_sandbox/assets/../core.py", timeout=5).status_code == 404


def test_the_command_serves_stops_and_remembers(tmp_path):
    """`manage.py sandbox` in a process of its own, twice over the same file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, "manage.py", "sandbox", "--port", port, "--db", str(tmp_path / "kept.sqlite3")]
    url = f"http://127.0.0.1:{port}/_sandbox/objects/meetergo/user/{ADMIN_ID}"
    titles = []
    for title in ("Dr.", "Prof."):
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
        try:
            lines = [process.stdout.readline() for _ in range(3)]
            assert "Sandbox on" in lines[0]
            assert KEY in lines[2]
            titles.append(requests.get(url, timeout=10).json()["title"])
            requests.patch(url, json={"title": title}, timeout=10)
            process.terminate()
            assert process.wait(10) == 0
        finally:
            process.kill()
            process.communicate()
    assert titles == [None, "Dr."]
