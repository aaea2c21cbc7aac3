"""What the sandbox knows about meetergo's copy."""

from integrations.sandbox.core import Provider
from integrations.sandbox.limits import Limit
from integrations.sandbox.meetergo import appointments, bookings, users
from integrations.sandbox.meetergo.seed import facts, seed
from integrations.sandbox.meetergo.shapes import NAME, fail
from integrations.sandbox.meetergo.switches import SWITCHES

PROVIDER = Provider(
    name=NAME,
    title="meetergo",
    urls="integrations.sandbox.meetergo.urls",
    seed=seed,
    switches=SWITCHES,
    limits={NAME: Limit(rate=100, per=60, burst=200)},
    actions={
        "confirm": bookings.confirm,
        "decline": bookings.decline,
        "expire": bookings.expire,
        "book": appointments.book_by_somebody,
        "cancel": appointments.cancel_by_somebody,
        "reschedule": appointments.move_by_somebody,
        "delete_user": users.remove_by_staff,
    },
    facts=facts,
    fail=fail,
)
