"""All methods in one view: 1 with exactly the documented fields, or 0 and nothing else."""

import base64
import json
import re
import secrets
from collections.abc import Callable
from datetime import datetime
from string import ascii_uppercase, digits
from typing import Any

from django.http import HttpResponse

from integrations.providers.liveminutes.methods import LONGEST_ID, METHODS, TIME
from integrations.sandbox.core import ApiError, Sandbox
from integrations.sandbox.store import Body

NAME = "liveminutes"
LETTERS = ascii_uppercase + digits


def view(request: Any, method: str) -> HttpResponse:
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    try:
        authenticate(request)
        values = parameters(request, method)
        with request.sandbox.store.transaction():
            answered = HANDLERS[method](request, values)
    except FailedError as failed:
        return answer(request, {"resultcode": 0}, failed.reason)
    return answer(request, {"resultcode": 1, **{name: answered[name] for name in METHODS[method].answers}})


class FailedError(Exception):
    """0. The reason goes into a header that the real one does not send."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def answer(request: Any, body: Body, reason: str = "") -> HttpResponse:
    """Slashes are escaped, as the vendor's samples show."""
    response = HttpResponse(json.dumps(body).replace("/", "\\/"), content_type="application/json")
    if reason and request.sandbox.switch(NAME, "reasons"):
        response["X-Sandbox-Reason"] = reason
    return response


def authenticate(request: Any) -> None:
    scheme, _space, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    try:
        sid, _colon, token = base64.b64decode(text, validate=True).decode().partition(":")
    except ValueError:
        sid = token = ""
    account = request.sandbox.store.get(NAME, "account", sid)
    if scheme.lower() == "basic" and account and account["token"] == token:
        request.actor = sid
        return
    if request.sandbox.switch(NAME, "auth_failure") == "401":
        headers = {"WWW-Authenticate": 'Basic realm="LiveMinutes"'}
        raise ApiError(HttpResponse("Unauthorized", status=401, headers=headers))
    raise FailedError("wrong AccountSid or AuthToken")


def parameters(request: Any, method: str) -> dict[str, str]:
    """Unknown fields are ignored; missing and long ones are not."""
    styles = request.sandbox.switch(NAME, "body_styles")
    found: dict[str, Any] = {}
    if styles in ("all", "query"):
        found |= {name: request.GET[name] for name in request.GET}
    if styles in ("all", "form"):
        found |= {name: request.POST[name] for name in request.POST}
    if styles in ("all", "json") and request.META.get("CONTENT_TYPE", "").startswith("application/json"):
        try:
            found |= json.loads(request.body or b"{}")
        except (ValueError, TypeError):
            raise FailedError("the body is no JSON object") from None
    spec = METHODS[method]
    for name in spec.required:
        if name not in found:
            raise FailedError(f"{name} is missing")
    for name in ("hostid", "puid"):
        if name in found and not 0 < len(str(found[name])) <= LONGEST_ID:
            raise FailedError(f"{name} must have 1 to {LONGEST_ID} characters")
    try:
        if found.get("time"):
            if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", str(found["time"])):
                raise ValueError("shape")
            datetime.strptime(str(found["time"]), TIME)  # noqa: DTZ007  (it has no zone)
        if found.get("duration"):
            float(found["duration"])
    except ValueError:
        raise FailedError("time or duration cannot be read") from None
    return {name: str(found.get(name, "")) for name in spec.required + spec.optional}


# --- objects -----------------------------------------------------------------------------------------------------------


def code(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _position in range(length))


def url(request: Any, path: str) -> str:
    return str(request.build_absolute_uri(f"/{NAME}/{path}"))


def change(sandbox: Sandbox, kind: str, uid: str, **values: Any) -> Body:
    found = sandbox.store.get(NAME, kind, uid)
    if found is None:
        raise ValueError(f"There is no {kind} {uid}.")
    return sandbox.store.put(NAME, kind, uid, {**found, **values})


def alive(request: Any, values: dict[str, str]) -> Body:
    meeting: Body | None = request.sandbox.store.get(NAME, "meeting", values["meetingKey"])
    if meeting is None:
        raise FailedError("there is no meeting with this key")
    if meeting.get("cancelled"):
        raise FailedError("the meeting is cancelled")
    return meeting


def someone(request: Any, values: dict[str, str]) -> Body:
    meeting = alive(request, values)
    person: Body | None = request.sandbox.store.get(NAME, "participant", f"{meeting['id']}|{values['puid']}")
    if person is None or person.get("cancelled"):
        raise FailedError("there is no such participant")
    return person


def count(request: Any, user: str, *, meeting: bool = False) -> None:
    """Cancelled ones stay counted."""
    store, switch = request.sandbox.store, request.sandbox.switch
    before = store.get(NAME, "quota", "quota") or {"sessions": 0, "users": 0}
    made = len(store.all(NAME, "meeting")) - 1 + before["sessions"]
    if meeting and made >= switch(NAME, "session_limit"):
        raise FailedError("no more meetings in this account")
    if store.get(NAME, "user", user) is None:
        if len(store.all(NAME, "user")) + before["users"] >= switch(NAME, "user_limit"):
            raise FailedError("no more users in this account")
        store.put(NAME, "user", user, {"id": user})


# --- methods -----------------------------------------------------------------------------------------------------------


def create_meeting(request: Any, values: dict[str, str]) -> Body:
    key = values.pop("meetingKey") or code(12)
    meeting = request.sandbox.store.get(NAME, "meeting", key)
    if meeting is not None and request.sandbox.switch(NAME, "duplicate_key") == "fail":
        raise FailedError("there is a meeting with this key")
    if meeting is None:
        count(request, values["hostid"], meeting=True)
        names = {"code": code(6), "host_code": f"LIVE{code(20)}"}
        meeting = {"id": key, **values, **names, "status": "1", "cancelled": False}
        request.sandbox.store.put(NAME, "meeting", key, meeting, names["code"])
        request.sandbox.store.put(
            NAME, "link", names["host_code"], {"id": names["host_code"], "meeting": key, "puid": ""}
        )
    return {
        "meetingKey": key,
        "meetingUrl": url(request, meeting["code"]),
        "hostUrl": url(request, f"e/{meeting['host_code']}"),
    }


def add_participant(request: Any, values: dict[str, str]) -> Body:
    meeting, store = alive(request, values), request.sandbox.store
    uid = f"{meeting['id']}|{values['puid']}"
    person = store.get(NAME, "participant", uid)
    if person and not person["cancelled"] and request.sandbox.switch(NAME, "duplicate_puid") == "fail":
        raise FailedError("this participant exists")
    if person is None or person["cancelled"]:
        count(request, values["puid"])
        link = f"LIVE{code(20)}"
        person = {"id": uid, "meeting": meeting["id"], **values, "code": link, "status": "1", "cancelled": False}
        store.put(NAME, "participant", uid, person, meeting["id"])
        store.put(NAME, "link", link, {"id": link, "meeting": meeting["id"], "puid": values["puid"]})
    return {"meetingKey": meeting["id"], "participantUrl": url(request, f"e/{person['code']}")}


def get_participant_url(request: Any, values: dict[str, str]) -> Body:
    meeting = alive(request, values)
    if values["puid"] == meeting["hostid"] and request.sandbox.switch(NAME, "host_as_participant"):
        return {"participantUrl": url(request, f"e/{meeting['host_code']}")}
    return {"participantUrl": url(request, f"e/{someone(request, values)['code']}")}


def get_meeting_url(request: Any, values: dict[str, str]) -> Body:
    return {"meetingUrl": url(request, alive(request, values)["code"])}


def cancel_meeting(request: Any, values: dict[str, str]) -> Body:
    meeting = request.sandbox.store.get(NAME, "meeting", values["meetingKey"])
    if meeting is None:
        raise FailedError("there is no meeting with this key")
    done = meeting.get("cancelled") or meeting["status"] == "12"
    if done and request.sandbox.switch(NAME, "cancel_again") == "fail":
        raise FailedError("the meeting is cancelled or over")
    change(request.sandbox, "meeting", meeting["id"], cancelled=True)
    return {"meetingKey": meeting["id"]}


def cancel_participant(request: Any, values: dict[str, str]) -> Body:
    person = someone(request, values)
    change(request.sandbox, "participant", person["id"], cancelled=True)
    return {"meetingKey": person["meeting"]}


def get_meeting_status(request: Any, values: dict[str, str]) -> Body:
    meeting = request.sandbox.store.get(NAME, "meeting", values["meetingKey"])
    if meeting and meeting.get("cancelled") and request.sandbox.switch(NAME, "cancelled_status") == "12":
        return {"status": said(request, "12")}
    return {"status": said(request, alive(request, values)["status"])}


def get_participant_status(request: Any, values: dict[str, str]) -> Body:
    return {"status": said(request, someone(request, values)["status"])}


def said(request: Any, status: str) -> str | int:
    return int(status) if request.sandbox.switch(NAME, "status_as") == "number" and status.isdigit() else status


HANDLERS: dict[str, Callable[[Any, dict[str, str]], Body]] = {
    "createMeeting": create_meeting,
    "addParticipant": add_participant,
    "getParticipantUrl": get_participant_url,
    "getMeetingUrl": get_meeting_url,
    "cancelMeeting": cancel_meeting,
    "cancelParticipant": cancel_participant,
    "getMeetingStatus": get_meeting_status,
    "getParticipantStatus": get_participant_status,
}
