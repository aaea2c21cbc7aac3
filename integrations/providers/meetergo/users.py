"""Users and their personal pages."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext_noop

from integrations.contract import CannotFind, PageFacts, Payload, Remote, Resource, UserFacts
from integrations.errors import Conflict, NotFound, Rejected, Unsupported
from integrations.providers.meetergo import answers, meeting_types, shapes, templates
from integrations.providers.meetergo.shapes import Differences

if TYPE_CHECKING:
    from integrations.providers.meetergo.provider import Meetergo

# All that their API changes of a user.
EDITABLE = ("givenName", "familyName", "slug")
IDS = ("userId", "availabilityId", "meetingTypeId", "bookingUrl", "companyId")
WAY_OUT = {
    "email": gettext_noop(
        "meetergo cannot change an e-mail address: choose “create again” for a new provider account; "
        "bookings are kept here."
    ),
    "slug": gettext_noop("Another meetergo account has this name in its address."),
}
SHORTEST_SLUG = 5


class User(Resource):
    """A platform user. The owner of everything else here."""

    provider: "Meetergo"
    create_only = ("availability", "meetingType", "timezone", "first_ref")

    def payload(self, facts: UserFacts) -> Payload:
        self.provider.need_key()
        if not facts.email:
            raise Unsupported("meetergo needs an e-mail address of every user.")
        recipe, first = self.provider.is_recipe, facts.first_type
        slug = facts.slug if len(facts.slug) >= SHORTEST_SLUG else f"{facts.slug}-booking"
        body: Payload = {
            "email": facts.email,
            "givenName": facts.first_name,
            "familyName": facts.last_name,
            "timezone": facts.hours.time_zone,
            "availability": {
                "name": self.provider.option["schedule_name"],
                "timezone": facts.hours.time_zone,
                "schedule": shapes.weekly(facts.hours, recipe=recipe, end_of_day=self.provider.option["end_of_day"]),
            },
            "templates": templates.wanted(self.provider, facts.specialties),
        }
        if first is not None:
            body["first_ref"] = first.ref
            body["meetingType"] = {"name": first.title, "duration": first.duration, "slug": first.slug}
            if recipe:
                body["meetingType"]["slug"] = f"{slug}-{first.slug}"
            else:
                body["meetingType"]["channel"] = meeting_types.channel(self.provider, first.channel)
        if not recipe:
            body["slug"] = slug
        return body

    def find(self, ref: str, payload: Payload) -> Remote | None:
        """By e-mail, among all users of the company. One who is no platform user is a person's own account: stop."""
        if not payload.get("email"):
            raise CannotFind("meetergo finds users by e-mail only, and the e-mail address is not known any more.")
        for user in self._all():
            if str(user.get("email", "")).lower() == payload["email"].lower():
                if user.get("userType") not in (None, "api-platform"):
                    raise Rejected(
                        f"An account with this e-mail address exists and is no platform user ({user['userType']}). "
                        f"Adopt {user['id']} by hand if it is hers."
                    )
                return self._remote(user, {}, payload)
        return None

    def create(self, ref: str, payload: Payload) -> Remote:
        body = {name: value for name, value in payload.items() if name not in ("templates", "first_ref")}
        try:
            made = self.provider.call("POST", "/user", body=body)
        except Conflict as error:
            if "slug" not in str(error).lower() or "slug" not in body:
                raise
            body["slug"] = distinct(payload)
            made = self.provider.call("POST", "/user", body=body)
        user_id = answers.id_in(made, "userId", "id")
        data = {name: made[name] for name in IDS if made.get(name)}
        user = {"id": user_id, **{name: body.get(name) for name in ("email", *EDITABLE)}}
        return self._remote(user, data | {"first_ref": payload.get("first_ref", "")}, payload)

    def update(self, remote: Remote, payload: Payload) -> Remote:
        self.provider.need_key()
        user = self._read(remote.id)
        changes = {name: payload[name] for name in self._differences(payload, user) if name in EDITABLE}
        if changes:
            user = {**user, **self._patch(remote.id, changes, payload)}
        return self._remote(user, remote.data, payload)

    def _patch(self, user_id: str, changes: Payload, payload: Payload) -> dict[str, Any]:
        path = f"/user/{answers.checked_id(user_id)}"
        try:
            return dict(self.provider.call("PATCH", path, body=changes))
        except Conflict:
            if "slug" not in changes:
                raise
            return dict(self.provider.call("PATCH", path, body=changes | {"slug": distinct(payload)}))

    def delete(self, remote: Remote) -> None:
        """With what is theirs, or with all of it handed to the user of the option `transfer_to`."""
        self.provider.need_key()
        heir = self.provider.option["transfer_to"]
        body = {"targetUserId": answers.checked_id(heir)} if heir and heir != remote.id else None
        self.provider.call("DELETE", f"/user/{answers.checked_id(remote.id)}", body=body)

    def read(self, remote: Remote) -> Remote:
        user = self._read(remote.id)
        return Remote(remote.id, {**remote.data, **{name: user.get(name) for name in ("email", *EDITABLE)}})

    def differences(self, payload: Payload, observed: Remote) -> Differences:
        return self._differences(payload, observed.data)

    def list(self) -> Iterator[Remote]:
        for user in self._all():
            if user.get("userType") in (None, "api-platform"):
                yield Remote(str(user["id"]), {name: user.get(name) for name in ("email", *EDITABLE)})

    # --- inside -------------------------------------------------------------------------------------------------

    def _all(self) -> Iterator[dict[str, Any]]:
        pages, offset = answers.Pages(100), 0
        while pages.more:
            found = answers.rows(
                self.provider.call("GET", "/user", params=[("limit", "100"), ("offset", str(offset))]), "users"
            )
            offset += len(found)
            yield from (user for user in pages.take(found) if user.get("id") and not user.get("deletedAt"))

    def _read(self, user_id: str) -> dict[str, Any]:
        """One user; from the list where there is no such address (it is documented in passing only)."""
        try:
            user = self.provider.call("GET", f"/user/{answers.checked_id(user_id)}")
            if isinstance(user, dict) and user.get("id"):
                return user
        except Rejected as error:
            if error.status != 404:
                raise
        for user in self._all():
            if user["id"] == user_id:
                return user
        raise NotFound(f"There is no user {user_id}.")

    def _differences(self, payload: Payload, user: Mapping[str, Any]) -> Differences:
        found = shapes.differing({name: payload[name] for name in ("email", *EDITABLE) if name in payload}, user)
        if "email" in found and str(user.get("email")).lower() == payload["email"].lower():
            del found["email"]
        if "slug" in found and user.get("slug") == distinct(payload):
            del found["slug"]
        return found

    def _remote(self, user: Mapping[str, Any], before: Mapping[str, Any], payload: Payload) -> Remote:
        """What we keep: their ids and URL verbatim, the slug, given templates, and what could not be changed."""
        data = {name: value for name, value in before.items() if name not in ("gaps", "sent")}
        data["userId"] = user["id"]
        url = str(data.get("bookingUrl", ""))
        data["slug"] = user.get("slug") or shapes.user_slug_of(url)
        if url:
            data["bookingUrl"] = shapes.booking_url("", url, data["slug"], "", "")
        for name in ("companyId", "defaultAvailabilityId"):
            if user.get(name):
                data[name.replace("defaultA", "a")] = user[name]
        given = dict(data.get("templates") or {})
        for template_id in payload.get("templates", []):
            if template_id not in given:
                given[template_id] = templates.assign(self.provider, template_id, user["id"])
        data["templates"] = given
        there = {name: values for name, values in self._differences(payload, user).items() if user.get(name)}
        found: dict[str, list[str]] = {}
        for name, values in there.items():
            found |= shapes.gaps({name: values}, WAY_OUT.get(name, shapes.NOT_KEPT))
        return Remote(user["id"], data | ({"gaps": found} if found else {}))


def distinct(payload: Payload) -> str:
    """Addresses are unique across all of meetergo: where somebody has ours, ours gets an ending, always the same."""
    return f"{payload['slug']}-{hashlib.sha256(payload['email'].encode()).hexdigest()[:6]}"


class PersonalPage(Resource):
    """How a user's own page looks. It is there as soon as the user is: creating it is changing it."""

    provider: "Meetergo"
    owner_kind: ClassVar[str | None] = "user"
    dies_with_owner = True

    def payload(self, facts: PageFacts) -> Payload:
        if self.provider.is_recipe:
            return {
                "headerTitle": facts.headline,
                "headerSubtitle": facts.subline,
                "primaryColor": facts.colour,
            }
        return {
            "useCustomColors": True,  # without it the colours are ignored
            "primaryColor": facts.colour,
            "secondaryColor": facts.dark_colour,
            "description": " – ".join(filter(None, (facts.headline, facts.subline))),
        }

    def find(self, ref: str, payload: Payload) -> Remote | None:
        return None

    def create(self, ref: str, payload: Payload) -> Remote:
        assert self.owner is not None
        return self.update(Remote(f"page-{self.owner.id}"), payload)

    def update(self, remote: Remote, payload: Payload) -> Remote:
        path = "/personal-page" if self.provider.is_recipe else "/personal-page/me"
        page = self._call("PATCH", path, body=payload)
        found = shapes.differing(payload, page if isinstance(page, dict) else {})
        if found:
            found = shapes.differing(payload, self._read())
        why = shapes.gaps(found)
        return Remote(remote.id, {"gaps": why} if why else {})

    def delete(self, remote: Remote) -> None:
        """The page goes with its user."""
        raise Unsupported("meetergo cannot delete a personal page; it goes with its user.")

    def read(self, remote: Remote) -> Remote:
        return Remote(remote.id, {**remote.data, "page": self._read()})

    def differences(self, payload: Payload, observed: Remote) -> Differences:
        return shapes.differing(payload, observed.data["page"])

    def _read(self) -> dict[str, Any]:
        try:
            page = self._call("GET", "/personal-page/me")
        except Rejected as error:
            if error.status != 404 or not self.provider.is_recipe:
                raise
            return {}
        return page if isinstance(page, dict) else {}

    def _call(self, method: str, path: str, *, body: Any = None) -> Any:
        assert self.owner is not None
        return self.provider.call(method, path, acting=self.owner.id, body=body)
