"""Working hours: the default schedule of a user, public holidays, and what their API cannot say of single dates."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from integrations.contract import Closure, HoursFacts, Payload, Remote, Resource
from integrations.errors import NotFound, Unsupported
from integrations.providers.meetergo import answers, shapes
from integrations.providers.meetergo.shapes import Differences

if TYPE_CHECKING:
    from integrations.providers.meetergo.provider import Meetergo

# The years that their address for public holidays takes.
HOLIDAY_YEARS = range(2025, 2028)
OVERRIDES = gettext_noop(
    "meetergo takes date overrides in its dashboard only: enter them there, or book on our own pages, which leave these "
    "times out."
)


class Availability(Resource):
    """The default schedule of a user. Date overrides have no address in their API: those that the public holidays do
    not cover are gaps."""

    provider: "Meetergo"
    owner_kind: ClassVar[str | None] = "user"
    dies_with_owner = True
    find_first = True

    def payload(self, facts: HoursFacts) -> Payload:
        country = self.provider.option["holiday_country"]
        return {
            "name": self.provider.option["schedule_name"],
            "timezone": facts.time_zone,
            "schedule": shapes.weekly(
                facts, recipe=self.provider.is_recipe, end_of_day=self.provider.option["end_of_day"]
            ),
            "closures": [spelled(closure, facts.time_zone) for closure in facts.closures],
            "holidays": [country, self.provider.option["holiday_state"]] if country else [],
        }

    def unmapped(self, facts: HoursFacts) -> list[str]:
        # Where the connection names a country their side closes public holidays; what it leaves open is seen on reading.
        theirs = bool(self.provider.option["holiday_country"])
        closures = [closure for closure in facts.closures if not (theirs and closure.holiday)]
        if not closures:
            return []
        dates = ", ".join(f"{one.first}" if one.first == one.last else f"{one.first} – {one.last}" for one in closures)
        return [f"meetergo takes date overrides in its dashboard only: {dates}. Our own pages leave them out."]

    def find(self, ref: str, payload: Payload) -> Remote | None:
        known = self._owner.data.get("availabilityId")
        if known:
            try:
                return self._remote(self._read(str(known)), {}, payload)
            except NotFound:
                return None
        listed = answers.rows(self._call("GET", "/availability", at_root=True), "availabilities")
        mine = [plan for plan in listed if plan.get("id") and not plan.get("deletedAt")]
        default = next((plan for plan in mine if plan.get("isDefault")), mine[0] if len(mine) == 1 else None)
        return self._remote(default, {}, payload) if default else None

    def create(self, ref: str, payload: Payload) -> Remote:
        body = {name: payload[name] for name in ("name", "timezone", "schedule")}
        made = self._call("POST", "/availability", body=body, at_root=True)
        return self._finish(answers.id_in(made, "id", "availabilityId"), {}, payload)

    def update(self, remote: Remote, payload: Payload) -> Remote:
        return self._finish(remote.id, remote.data, payload)

    def _finish(self, plan_id: str, before: Mapping[str, Any], payload: Payload) -> Remote:
        """Compare, send what differs, compare again: their server drops what it does not know without a word."""
        plan = self._read(plan_id)
        changes = {name: payload[name] for name in self._differing(payload, plan)}
        if changes:
            self._call("PATCH", f"/availability/{answers.checked_id(plan_id)}", body=changes)
        todo = missing_years(payload, before)
        for year in todo:
            country, state = payload["holidays"]
            body = {"year": year, "country": country} | ({"germanState": state} if state else {})
            path = f"/availability/{answers.checked_id(plan_id)}/holiday-exceptions"
            self._call("PATCH", path, body=body, at_root=True)
        if changes or todo:
            plan = self._read(plan_id)
        return self._remote(plan, {**before, "holidays": holiday_marks(payload)}, payload)

    def delete(self, remote: Remote) -> None:
        """The schedule stays: their API has no address that deletes one, and every user has at least one."""
        raise Unsupported("meetergo cannot delete a schedule; it goes with its user.")

    def read(self, remote: Remote) -> Remote:
        plan = self._read(remote.id)
        return Remote(remote.id, {**remote.data, "plan": plan})

    def differences(self, payload: Payload, observed: Remote) -> Differences:
        plan = observed.data["plan"]
        found = self._differing(payload, plan)
        if missing_years(payload, observed.data):
            found["holidays"] = (holiday_marks(payload), observed.data.get("holidays"))
        return found

    def list(self) -> Iterator[Remote]:
        if self.owner is None:
            return
        for plan in answers.rows(self._call("GET", "/availability", at_root=True), "availabilities"):
            if plan.get("id") and not plan.get("deletedAt"):
                yield Remote(str(plan["id"]), {"name": plan.get("name")})

    # --- inside -------------------------------------------------------------------------------------------------

    @property
    def _owner(self) -> Remote:
        assert self.owner is not None
        return self.owner

    def _call(self, method: str, path: str, *, body: Any = None, at_root: bool | None = None) -> Any:
        root = self.provider.option["availability_prefix"] == "root" if at_root is None else at_root
        return self.provider.call(method, path, acting=self._owner.id, body=body, at_root=root)

    def _read(self, plan_id: str) -> dict[str, Any]:
        plan = self._call("GET", f"/availability/{answers.checked_id(plan_id)}")
        if not isinstance(plan, dict) or not plan.get("id"):
            raise NotFound(f"There is no schedule {plan_id}.")
        return plan

    def _differing(self, payload: Payload, plan: Mapping[str, Any]) -> Differences:
        found = shapes.differing({"timezone": payload["timezone"]}, plan)
        if shapes.week_of(payload["schedule"]) != shapes.week_of(plan.get("schedule")):
            found["schedule"] = (payload["schedule"], plan.get("schedule"))
        return found

    def _remote(self, plan: Mapping[str, Any], before: Mapping[str, Any], payload: Payload) -> Remote:
        found: dict[str, list[str]] = {}
        if payload:
            found = shapes.gaps(self._differing(payload, plan))
            spans = closed_spans(plan)
            for closure in payload["closures"]:
                start, end = datetime.fromisoformat(closure["start"]), datetime.fromisoformat(closure["end"])
                if closure["windows"] or not any(low <= start and end <= high for low, high in spans):
                    found[f"closure {closure['first']}"] = [
                        f"{closure['first']} – {closure['last']} {closure['windows'] or 'closed'}",
                        "weekly hours",
                        OVERRIDES,
                    ]
        data = {"name": plan.get("name"), "holidays": before.get("holidays") or []}
        return Remote(str(plan["id"]), data | ({"gaps": found} if found else {}))


def holiday_marks(payload: Payload) -> list[str]:
    """What should have been asked for: this year and the next, as far as their API takes them."""
    year = datetime.now(UTC).year
    where = " ".join(filter(None, payload["holidays"]))
    return [f"{one} {where}" for one in (year, year + 1) if where and one in HOLIDAY_YEARS]


def missing_years(payload: Payload, before: Mapping[str, Any]) -> list[int]:
    done = before.get("holidays") or []
    return [int(mark.split(" ", 1)[0]) for mark in holiday_marks(payload) if mark not in done]


def spelled(closure: Closure, zone: str) -> dict[str, Any]:
    """A closure with its instants, for comparison with what they store."""
    start = datetime.combine(closure.first, time.min, ZoneInfo(zone)).astimezone(UTC)
    end = datetime.combine(closure.last + timedelta(days=1), time.min, ZoneInfo(zone)).astimezone(UTC)
    windows = [f"{shapes.clock(low)}–{shapes.clock(high, '24:00')}" for low, high in closure.windows]
    return {
        "first": closure.first.isoformat(),
        "last": closure.last.isoformat(),
        "windows": ", ".join(windows),
        "start": start.isoformat(),
        "end": end.isoformat(),
    }


def closed_spans(plan: Mapping[str, Any]) -> list[tuple[datetime, datetime]]:
    """The blocked ranges of a schedule, touching ones joined."""
    exceptions = plan.get("availabilityExceptions")
    spans: list[tuple[datetime, datetime]] = []
    for one in exceptions if isinstance(exceptions, list) else []:
        if one.get("available") or one.get("deletedAt"):
            continue
        try:
            spans.append((datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])))
        except (KeyError, TypeError, ValueError):
            continue
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
