"""Meeting types: nested bodies, read back after every write."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_noop

from integrations.contract import MeetingTypeFacts, Payload, Remote, Resource
from integrations.errors import NotFound, Unsupported
from integrations.providers.meetergo import answers, shapes
from integrations.providers.meetergo.shapes import Differences

if TYPE_CHECKING:
    from integrations.providers.meetergo.provider import Meetergo

NO_FIELD = gettext_noop("The API of the recipe has no field for it.")
LIMITS = {"duration": (5, 480), "buffer_before": (0, 120), "buffer_after": (0, 120), "seats": (1, 100)}
FLAT = ("name", "description", "duration", "bufferTimeBefore", "bufferTimeAfter")


def channel(provider: "Meetergo", ours: str) -> str:
    """Our channel in their words."""
    theirs = {
        "on_site": "local",
        "phone": provider.option["phone_channel"],
        "video": provider.option["video_channel"],
    }
    return str(theirs[ours])


def types_of(provider: "Meetergo", user_id: str) -> list[dict[str, Any]]:
    """The user's own meeting types, as listed."""
    found = answers.rows(provider.call("GET", "/meeting-type", acting=user_id), "meetingTypes")
    return [row for row in found if row.get("id") and not row.get("deletedAt")]


class MeetingType(Resource):
    """A bookable kind of meeting of one user."""

    provider: "Meetergo"
    owner_kind: ClassVar[str | None] = "user"
    dies_with_owner = True
    find_first = True  # creating the user makes the first one

    def payload(self, facts: MeetingTypeFacts) -> Payload:
        for name, (low, high) in LIMITS.items():
            if not low <= getattr(facts, name) <= high:
                raise Unsupported(
                    f"{name} of a meeting type is {low} to {high} at meetergo, not {getattr(facts, name)}."
                )
        rest: Payload = {
            "spots": facts.seats,
            "enabled": facts.enabled,
            "timeslotInterval": facts.step,
            "bookingMinimum": facts.notice,
            "daysIntoFuture": {"mode": "limit", "bookingLimit": facts.horizon_days * 1440, "countMode": "calendar"},
        }
        if self.provider.is_recipe:
            # What the document does not know is not sent, and shown where it is otherwise there.
            return {
                "name": facts.title,
                "description": facts.description,
                "duration": facts.duration,
                "bufferTimeBefore": facts.buffer_before,
                "bufferTimeAfter": facts.buffer_after,
                "slug": facts.slug,
                "unsent": rest,
            }
        return {
            "meetingInfo": {
                "name": facts.title,
                "description": facts.description,
                "duration": facts.duration,
                "channel": channel(self.provider, facts.channel),
                "bufferBefore": facts.buffer_before,
                "bufferAfter": facts.buffer_after,
            },
            "slug": facts.slug,
            "locations": [facts.location] if facts.location and facts.channel == "on_site" else [],
            "metadata": {"ref": facts.ref},
            **rest,
        }

    def find(self, ref: str, payload: Payload) -> Remote | None:
        """By our reference; the one that came with the user by its id; else by slug, where nobody's reference is on it."""
        unmarked = []
        for row in types_of(self.provider, self._owner.id):
            mark = shapes.at(row, "metadata.ref")
            if mark == ref:
                return self._remote(row, {}, payload)
            if not mark:
                unmarked.append(row)
        first = self._owner.data.get("meetingTypeId")
        is_first = self._owner.data.get("first_ref") == ref
        for row in unmarked:
            if row["id"] == first:
                if is_first:
                    return self._remote(row, {}, payload)
                continue
            same_slug = row.get("slug") and row["slug"] == payload.get("slug")
            if same_slug or (self.provider.is_recipe and stored(row)["name"] == payload.get("name")):
                return self._remote(row, {}, payload)
        return None

    def create(self, ref: str, payload: Payload) -> Remote:
        if self.provider.is_recipe:
            body = {name: payload[name] for name in ("name", "duration", "description")}
        else:
            # `enabled`, the raster and the notice are known to the update only: what was dropped follows there.
            body = dict(payload)
        made = self._call("POST", "/meeting-type", body=body)
        answers.id_in(made, "id")
        return self._finish(made, {}, payload)

    def update(self, remote: Remote, payload: Payload) -> Remote:
        return self._finish(self._read(remote.id), remote.data, payload)

    def _finish(self, row: dict[str, Any], before: Mapping[str, Any], payload: Payload) -> Remote:
        """Send what differs, read back: unknown fields are dropped there without a word."""
        differences = self._sendable(payload, row)
        if differences:
            if self.provider.is_recipe:
                body = {name: payload[name] for name in differences}
            else:
                body = shapes.partial(payload, differences)
            path = f"/meeting-type/{answers.checked_id(row['id'])}"
            changed = self._call("PATCH", path, body=body)
            row = changed if isinstance(changed, dict) and changed.get("id") else row
            if self._sendable(payload, row):
                row = self._read(row["id"])
        return self._remote(row, before, payload)

    def delete(self, remote: Remote) -> None:
        self._call("DELETE", f"/meeting-type/{answers.checked_id(remote.id)}")

    def read(self, remote: Remote) -> Remote:
        return Remote(remote.id, {**remote.data, "type": self._read(remote.id)})

    def differences(self, payload: Payload, observed: Remote) -> Differences:
        return self._differing(payload, observed.data["type"])

    def list(self) -> Iterator[Remote]:
        if self.owner is None:
            return
        for row in types_of(self.provider, self._owner.id):
            yield Remote(str(row["id"]), {"slug": row.get("slug"), "name": stored(row)["name"]})

    # --- inside -------------------------------------------------------------------------------------------------

    @property
    def _owner(self) -> Remote:
        assert self.owner is not None
        return self.owner

    def _call(self, method: str, path: str, *, body: Any = None) -> Any:
        return self.provider.call(method, path, acting=self._owner.id, body=body)

    def _read(self, type_id: str) -> dict[str, Any]:
        row = self._call("GET", f"/meeting-type/{answers.checked_id(type_id)}")
        if not isinstance(row, dict) or not row.get("id") or row.get("deletedAt"):
            raise NotFound(f"There is no meeting type {type_id}.")
        return row

    def _sendable(self, payload: Payload, row: Mapping[str, Any]) -> Differences:
        found = self._differing(payload, row)
        return {name: values for name, values in found.items() if name in FLAT} if self.provider.is_recipe else found

    def _differing(self, payload: Payload, row: Mapping[str, Any]) -> Differences:
        if not self.provider.is_recipe:
            return shapes.differing(payload, row)
        flat = shapes.differing({name: payload[name] for name in FLAT}, stored(row))
        return flat | shapes.differing(payload["unsent"], row)

    def _remote(self, row: Mapping[str, Any], before: Mapping[str, Any], payload: Payload) -> Remote:
        now, user = stored(row), self._owner.data
        known = str(before.get("bookingUrl") or "")
        if not known and row["id"] == user.get("meetingTypeId"):
            known = str(user.get("bookingUrl") or "")
        base = known or str(user.get("bookingUrl") or "")
        url = shapes.booking_url(
            row.get("bookingUrl"),
            base,
            str(user.get("slug") or ""),
            str(row.get("slug") or ""),
            self.provider.option["booking_domain"],
        )
        data: dict[str, Any] = {
            "bookingUrl": url,
            "slug": row.get("slug") or "",
            "userId": self._owner.id,
            "queueId": row.get("queueId") or "",
            "userSlug": user.get("slug") or "",
            "duration": now["duration"],
            "step": row.get("timeslotInterval") or now["duration"],
            "spots": row.get("spots") or 1,
        }
        found = self._differing(payload, row) if payload else {}
        why = NO_FIELD if self.provider.is_recipe else shapes.NOT_KEPT
        lost = shapes.gaps(found, why)
        return Remote(str(row["id"]), data | ({"gaps": lost} if lost else {}))


def stored(row: Mapping[str, Any]) -> dict[str, Any]:
    """A meeting type under flat names, nested as it comes today or flat as it came."""
    info = row.get("meetingInfo") if isinstance(row.get("meetingInfo"), Mapping) else {}
    both = {**row, **{name: value for name, value in (info or {}).items() if value is not None}}
    return {
        "name": both.get("name"),
        "description": both.get("description"),
        "duration": both.get("duration"),
        "bufferTimeBefore": both.get("bufferBefore", both.get("bufferTimeBefore")),
        "bufferTimeAfter": both.get("bufferAfter", both.get("bufferTimeAfter")),
    }
