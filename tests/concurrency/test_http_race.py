"""A hundred visitors press the button at the same moment, through the real pages of a running server."""

import re
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from scheduling.models import Booking
from tests import factories
from tests.concurrency import race
from tests.concurrency.race import next_monday
from tests.concurrency.visitors import Visitor


@pytest.mark.django_db(transaction=True)
def test_one_visitor_of_a_hundred_gets_the_hour_and_the_others_a_polite_page(live_server, alice):
    an_hour = factories.make_meeting_type(alice, duration=60, step=5, buffer_after=10)
    morning = next_monday("10:00")
    path = f"{an_hour.get_absolute_url()}?from={morning:%Y-%m-%d}"
    # The test server lets ten wait at its door, as no server of the real world does.
    live_server.thread.httpd.socket.listen(256)
    # All have read the same page before; nobody has a session yet.
    visitors = [Visitor(live_server.url) for _ in range(100)]
    starts = visitors[0].look(path)
    wanted = [f"{morning + timedelta(minutes=5 * late):%Y-%m-%dT%H:%M:%SZ}" for late in range(12)]
    assert set(wanted) <= set(starts)
    for visitor in visitors[1:]:
        visitor.session.cookies = visitors[0].session.cookies.copy()
        visitor.action, visitor.token = visitors[0].action, visitors[0].token

    answers = race.run([partial(visitor.take, wanted[n % 12]) for n, visitor in enumerate(visitors)], over_http=True)

    failures = [answer for answer in answers if isinstance(answer, Exception)]
    assert not failures
    assert Counter(answer.status_code for answer in answers) == {303: 1, 409: 99}  # type: ignore[attr-defined]
    winner = next(answer for answer in answers if answer.status_code == 303)  # type: ignore[attr-defined]
    assert re.fullmatch(r"/b/[^/]+/details/", winner.headers["Location"])  # type: ignore[attr-defined]
    assert Booking.objects.count() == 1
    details = visitors[answers.index(winner)].session.get(live_server.url + winner.headers["Location"], timeout=60)  # type: ignore[attr-defined]
    assert details.status_code == 200
