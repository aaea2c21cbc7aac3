"""Personal pages, calendar connections, contacts: as much as a directory meets."""

from integrations.sandbox.meetergo.auth import Caller
from integrations.sandbox.meetergo.shapes import error, everything, new_id, put, stamp
from integrations.sandbox.meetergo.users import integer
from integrations.sandbox.meetergo.validate import anything, boolean, clean, list_of, mapping, text
from integrations.sandbox.store import Body

PAGE = {
    "useCustomColors": boolean, "primaryColor": text(), "secondaryColor": text(), "headerImage": text(),
    "description": text(), "showAllMeetingTypes": boolean, "meetingTypeOrder": list_of(text()),
    "onlineProfiles": mapping,
}  # fmt: skip
# What only the recipe knows; kept, so that one can see that it came.
OLD_PAGE = {**PAGE, "headerTitle": anything, "headerSubtitle": anything}


def my_page(caller: Caller) -> Body:
    page: Body = caller.user["personalPage"]
    return page


def update_my_page(caller: Caller) -> Body:
    sandbox = caller.sandbox
    changes = clean(sandbox, caller.body, OLD_PAGE if caller.switch("profile") == "recipe" else PAGE)
    with sandbox.store.transaction():
        user = caller.own("user", caller.user["id"], "User")
        user["personalPage"] = {**user["personalPage"], **changes}
        user["updatedAt"] = stamp(sandbox)
        put(sandbox, "user", user)
    page: Body = user["personalPage"]
    return page


def update_page_as_in_the_recipe(caller: Caller) -> Body:
    if caller.switch("profile") != "recipe":
        raise error(404, "Cannot PATCH /v4/personal-page")
    return update_my_page(caller)


def page_of(caller: Caller, uid: str) -> Body:
    caller.need_admin()
    page: Body = caller.own("user", uid, "User")["personalPage"]
    return page


def calendars(caller: Caller) -> list[Body]:
    return everything(caller.sandbox, "calendarConnection", caller.user["id"])


def one_time_link(caller: Caller, uid: str) -> tuple[int, Body]:
    meeting_type = caller.own("meetingType", uid, "Meeting type")
    owner = caller.own("user", meeting_type["userId"], "User")
    link = new_id()
    return 201, {"id": link, "url": f"{caller.base}/{owner['slug']}/{meeting_type['slug']}?oneTimeLinkId={link}"}


def contacts(caller: Caller) -> Body:
    """Attendees become contacts by themselves."""
    page, limit = integer(caller, "page", 1, 1, 10**9), integer(caller, "limit", 20, 1, 100)
    by_email: dict[str, Body] = {}
    for appointment in everything(caller.sandbox, "appointment"):
        if appointment["companyId"] == caller.company_id:
            for each in appointment["attendees"]:
                by_email.setdefault(
                    each["email"] or each["id"],
                    {"id": each["id"], "email": each["email"], "firstName": each["firstname"],
                     "lastName": each["lastname"], "phoneNumber": each["phone"]},
                )  # fmt: skip
    found = list(by_email.values())
    return {"result": [{"item": item} for item in found[(page - 1) * limit : page * limit]], "total": len(found)}
