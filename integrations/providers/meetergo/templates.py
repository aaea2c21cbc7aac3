"""Meeting-type templates: made once per brand and specialty, given to users when they come."""

from typing import TYPE_CHECKING, Any

from integrations.contract import MeetingTypeFacts
from integrations.errors import Unsupported
from integrations.providers.meetergo import answers
from integrations.providers.meetergo.meeting_types import MeetingType, types_of

if TYPE_CHECKING:
    from integrations.providers.meetergo.provider import Meetergo


def wanted(provider: "Meetergo", specialties: tuple[str, ...]) -> list[str]:
    """Ids of the templates that a user with these specialties gets, by the option `templates`."""
    table = provider.option["templates"] or {}
    names = ["*", *specialties]
    return list(dict.fromkeys(str(table[name]) for name in names if table.get(name)))


def create(provider: "Meetergo", facts: MeetingTypeFacts, *, locked: tuple[str, ...] = ()) -> str:
    """A template like this meeting type; returns its id, for the option `templates`. `locked`: fields that users of the
    template cannot edit in meetergo's own pages."""
    payload = MeetingType(provider).payload(facts)
    if provider.is_recipe:
        body: dict[str, Any] = {name: payload[name] for name in ("name", "duration", "description")}
    else:
        body = {name: payload[name] for name in ("meetingInfo", "spots", "locations")}
        body["templateType"] = "individual"
    made = provider.call("POST", "/meeting-type-template/create", body=body)
    template_id = answers.id_in(made, "id", "templateId")
    if locked:
        if provider.is_recipe:
            raise Unsupported("The recipe knows no locked fields.")
        provider.call(
            "PATCH", f"/meeting-type-template/{answers.checked_id(template_id)}", body={"lockedFields": list(locked)}
        )
    return template_id


def assign(provider: "Meetergo", template_id: str, user_id: str) -> list[str]:
    """Give a template to a user who has not got it; returns the ids of the meeting types that came into being.

    The answer is undocumented, so the user's meeting types are listed before and after.
    """
    before = {row["id"]: row for row in types_of(provider, user_id)}
    made = [uid for uid, row in before.items() if row.get("templateId") == template_id]
    if made:
        return made
    path = f"/meeting-type-template/assign/{answers.checked_id(template_id)}"
    provider.call("POST", path, body={"userId": answers.checked_id(user_id)})
    return [row["id"] for row in types_of(provider, user_id) if row["id"] not in before]
