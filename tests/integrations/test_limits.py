"""The pace of a connection among many workers."""

import threading
import time

import pytest

from integrations.errors import Transient
from integrations.limits import gates


def test_waiting_workers_use_what_is_allowed_and_no_more():
    gate = gates("many", [(5, 0.25)])
    entered: list[float] = []
    end = time.monotonic() + 2

    def work():
        while time.monotonic() < end:
            gate.enter(5)
            entered.append(time.monotonic())

    crew = [threading.Thread(target=work) for _ in range(6)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    inside = [at for at in entered if at < end]
    assert 0.8 * 40 <= len(inside) <= 40 + 5


def test_who_has_no_patience_is_sent_away():
    gate = gates("impatient", [(1, 60.0)])
    gate.enter(1)
    began = time.monotonic()
    with pytest.raises(Transient) as caught:
        gate.enter(0.1)
    assert time.monotonic() - began < 1
    assert caught.value.retry_after > 50


def test_a_pause_that_begins_while_somebody_waits_holds_for_her_too():
    gate = gates("paused", [(1, 0.2)])
    gate.enter(1)
    began = time.monotonic()
    threading.Timer(0.05, gate.pause, [0.6]).start()
    gate.enter(2)
    assert time.monotonic() - began >= 0.6
