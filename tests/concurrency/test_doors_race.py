"""One hour, four doors: the page, the API, a window on somebody's site, and the telephone. One wins."""

import uuid
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
import requests

from scheduling import bookings, embed
from scheduling.models import Booking
from tests import factories
from tests.concurrency import race
from tests.concurrency.race import next_monday
from tests.concurrency.visitors import TIMEOUT, Visitor


@pytest.mark.django_db(transaction=True)
def test_a_hundred_attempts_through_all_doors_have_one_winner(live_server, alice, settings):
    settings.VISITOR_LIMITS = 0
    an_hour = factories.make_meeting_type(alice, duration=60, step=5, buffer_after=10)
    morning = next_monday("10:00")
    live_server.thread.httpd.socket.listen(256)
    starts = [f"{morning + timedelta(minutes=5 * late):%Y-%m-%dT%H:%M:%SZ}" for late in range(12)]

    def by_api(start: str) -> str:
        body = {
            "token": str(uuid.uuid4()),
            "professional": alice.slug,
            "meeting_type": an_hour.slug,
            "start": start,
        }
        address = f"{live_server.url}/api/v1/reservations"
        answer = requests.post(address, json=body, headers={"Connection": "close"}, timeout=TIMEOUT)
        return {201: "won", 409: "lost"}.get(answer.status_code, f"{answer.status_code}: {answer.text}")

    def by_page(visitor: Visitor, start: str) -> str:
        answer = visitor.take(start)
        return {303: "won", 302: "won", 409: "lost"}.get(
            answer.status_code, f"{answer.status_code}: {answer.text[:300]}"
        )

    def by_phone(number: int) -> str:
        try:
            bookings.enter(an_hour, morning + timedelta(minutes=5 * (number % 12)), name="Bob Berg", notify=False)
        except bookings.SlotTaken:
            return "lost"
        return "won"

    # Each is somebody else, with a frame or cookies of her own: whoever holds a time already may exchange it.
    query = f"?from={morning:%Y-%m-%d}"
    visitors = [Visitor(live_server.url) for _number in range(50)]
    for number, visitor in enumerate(visitors):
        path = an_hour.get_absolute_url() + query
        if number % 2:
            visitor.session.headers["Sec-Fetch-Dest"] = "iframe"
            path = embed.new_frame(alice, "https://elsewhere.example").prefix.rstrip("/") + path
        assert set(starts) <= set(visitor.look(path))

    jobs = [partial(by_page, visitor, starts[n % 12]) for n, visitor in enumerate(visitors)]
    jobs += [partial(by_api, starts[n % 12]) for n in range(25)]
    jobs += [partial(by_phone, n) for n in range(25)]
    outcomes = race.run(jobs, over_http=True)

    assert Counter(outcomes) == {"won": 1, "lost": 99}
    assert Booking.objects.count() == 1
