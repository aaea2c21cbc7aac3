"""Users and Customers."""

from typing import Any

from integrations.sandbox.core import Sandbox
from integrations.sandbox.meetbit.validate import Check, boolean, email, integer, phone, text, zone
from integrations.sandbox.meetbit.wire import NAME, Caller, change, denied, everything, listed, make, trash
from integrations.sandbox.store import Body

ROOMS = 2  # the provider "MeetBit Rooms"
USER_ORDER = (
    "id", "first_name", "last_name", "email", "status", "timezone", "role", "created_at", "updated_at", "deleted_at",
    "department", "department_id",
)  # fmt: skip
CUSTOMER_ORDER = (
    "id", "first_name", "middle_name", "last_name", "name", "email", "contact_number", "created_at", "updated_at",
    "deleted_at",
)  # fmt: skip
NAMES = ("first_name", "middle_name", "last_name")
ADDRESS = ("line_1", "line_2", "city", "region", "region_code", "country", "country_code", "postal_code")


def taken_emails(caller: Caller, kind: str, itself: Any = None) -> list[Any]:
    """E-mail addresses nobody else may have; none where a second record is made."""
    if caller.switch(f"duplicate_{kind}_email") == "second":
        return []
    rows = caller.sandbox.store.all(NAME, kind)
    if not caller.switch("trashed_is_taken"):
        rows = [row for row in rows if not row["deleted_at"]]
    return [row["email"] for row in rows if row["id"] != itself]


# --- users -----------------------------------------------------------------------------------------------------------


def shown_user(caller: Caller, user: Body) -> Body:
    """The stored columns under the names that the field table gives them."""
    names = caller.fields("user")
    stored = {"time_zone": "timezone", "phone": "contact_number", "department": "department_id", "role": "role_id"}
    renamed = {stored.get(ours, ours): theirs for ours, theirs in names.items() if theirs}
    return {renamed.get(column, column): value for column, value in user.items()}


def user_values(caller: Caller, itself: Body | None = None) -> Body:
    """Columns from the body, all checked; on an update only what was sent."""
    new, names, check = itself is None, caller.fields("user"), Check(caller.body)
    rules: dict[str, tuple[str, Any, bool, bool]] = {  # ours: column, rule, required, nullable
        "first_name": ("first_name", text(), True, False),
        "last_name": ("last_name", text(), True, False),
        "email": ("email", email, True, False),
        "time_zone": ("timezone", zone, False, True),
        "phone": ("contact_number", phone, False, True),
        "department": ("department_id", integer, True, False),
        "role": ("role_id", integer, False, True),
    }
    values: Body = {}
    for ours, (column, rule, required, nullable) in rules.items():
        name = names.get(ours)
        if name and (new or name in check.body):
            value = check.field(name, rule, required=required and new, nullable=nullable)
            if new or value is not None or nullable:
                values[column] = value
    for column, kind in (("department_id", "department"), ("role_id", "role")):
        if values.get(column) is not None and caller.sandbox.store.get(NAME, kind, str(values[column])) is None:
            check.complain(column, f"The selected {column.replace('_', ' ')} is invalid.")
    check.unique("email", values.get("email"), taken_emails(caller, "user", itself["id"] if itself else None))
    check.done()
    return values


def create_user(caller: Caller) -> Body:
    check = Check(caller.body)
    activate, silent = bool(check.field("activate", boolean)), bool(check.field("is_silent", boolean))
    if silent and not activate:
        check.complain("activate", "The activate field must be true when is silent is true.")
    check.done()
    if activate and not caller.allows("users.lock.*"):
        raise denied()
    values = user_values(caller)
    sandbox = caller.sandbox
    user = make(sandbox, "user", {**values, "status": "active" if activate else "inactive"}, values["email"].casefold())
    if caller.switch("room_accounts") == "automatic":
        make_account(sandbox, user["id"])
    if not silent:
        make(sandbox, "mail", {"to": user["email"], "subject": "Your password and the way to sign in"})
    return shown_user(caller, user)


def make_account(sandbox: Sandbox, user_id: int, provider_id: int = ROOMS) -> Body:
    """Also an action of the control API: staff connect a user with MeetBit Rooms."""
    return make(sandbox, "account", {"user_id": int(user_id), "provider_id": int(provider_id)})


def list_users(caller: Caller) -> Any:
    rows = [shown_user(caller, user) for user in caller.sandbox.store.all(NAME, "user")]
    roles = {role["id"]: role["name"] for role in everything(caller.sandbox, "role")}
    return listed(caller, [{**row, "role": roles.get(row.get("role_id"))} for row in rows], USER_ORDER)


def get_user(caller: Caller, uid: str) -> Body:
    return shown_user(caller, caller.alive("user", uid))


def update_user(caller: Caller, uid: str) -> Body:
    user = caller.alive("user", uid)
    values = user_values(caller, user)
    return shown_user(
        caller, change(caller.sandbox, "user", user, str(values.get("email") or user["email"]).casefold(), **values)
    )


def delete_user(caller: Caller, uid: str) -> None:
    remove_user(caller.sandbox, caller.alive("user", uid))


def remove_user(sandbox: Sandbox, user: Body) -> None:
    trash(sandbox, "user", user)
    for account in everything(sandbox, "account"):
        if account["user_id"] == user["id"]:
            trash(sandbox, "account", account)


def restore_user(caller: Caller, uid: str) -> Body:
    return shown_user(caller, restored(caller, "user", uid))


def restored(caller: Caller, kind: str, uid: str) -> Body:
    found = caller.sandbox.store.get(NAME, kind, uid)
    if found is None:
        caller.alive(kind, uid)
        raise AssertionError
    back = change(caller.sandbox, kind, found, deleted_at=None)
    for account in caller.sandbox.store.all(NAME, "account") if kind == "user" else []:
        if account["user_id"] == back["id"]:
            change(caller.sandbox, "account", account, deleted_at=None)
    return back


def list_accounts(caller: Caller) -> Any:
    names = caller.fields("account")
    stored = {"user": "user_id", "provider": "provider_id"}
    renamed = {stored[ours]: theirs for ours, theirs in names.items()}
    rows = [
        {renamed.get(column, column): value for column, value in account.items()}
        for account in caller.sandbox.store.all(NAME, "account")
    ]
    return listed(caller, rows, ("id", *renamed.values(), "created_at", "updated_at", "deleted_at"))


# --- customers -------------------------------------------------------------------------------------------------------


def customer_values(caller: Caller, itself: Body | None = None) -> Body:
    new, check = itself is None, Check(caller.body)
    strict = new and caller.switch("require_all_keys")
    values: Body = {}
    rules = {**dict.fromkeys(NAMES, text()), "email": email, "contact_number": phone}
    for name, rule in rules.items():
        if new or name in check.body:
            values[name] = check.field(name, rule, required=strict, nullable=True)
    if "address" in check.body or strict:
        if not isinstance(check.body.get("address"), dict):
            check.complain("address", "The address field is required.")
        else:
            values["address"] = {
                name: check.field(name, text(), required=strict, nullable=True, inside="address") for name in ADDRESS
            }
    check.unique("email", values.get("email"), taken_emails(caller, "customer", itself["id"] if itself else None))
    check.done()
    return values


def full_name(values: Body) -> str:
    return " ".join(values[name] for name in NAMES if values.get(name))


def make_customer(sandbox: Sandbox, values: Body) -> Body:
    blank = {**dict.fromkeys((*NAMES, "email", "contact_number")), "address": dict.fromkeys(ADDRESS)}
    body = {**blank, **values}
    return make(sandbox, "customer", {**body, "name": full_name(body)}, (body["email"] or "").casefold())


def create_customer(caller: Caller) -> Body:
    return make_customer(caller.sandbox, customer_values(caller))


def list_customers(caller: Caller) -> Any:
    return listed(caller, caller.sandbox.store.all(NAME, "customer"), CUSTOMER_ORDER)


def get_customer(caller: Caller, uid: str) -> Body:
    return caller.alive("customer", uid)


def update_customer(caller: Caller, uid: str) -> Body:
    customer = caller.alive("customer", uid)
    changed = {**customer, **customer_values(caller, customer)}
    key = (changed["email"] or "").casefold()
    return change(caller.sandbox, "customer", {**changed, "name": full_name(changed)}, key)


def delete_customer(caller: Caller, uid: str) -> None:
    trash(caller.sandbox, "customer", caller.alive("customer", uid))


def restore_customer(caller: Caller, uid: str) -> Body:
    return restored(caller, "customer", uid)


def by_email(sandbox: Sandbox, kind: str, address: str) -> Body | None:
    return next(iter(everything(sandbox, kind, address.casefold())), None)


def stray_customer(sandbox: Sandbox, name: str, address: str, number: str | None = None) -> Body:
    """Whoever turns up on a public page or in a room: matched by e-mail, else made."""
    first, _space, last = name.rpartition(" ")
    values = {
        "first_name": first or last,
        "last_name": last if first else None,
        "email": address,
        "contact_number": number,
    }
    return by_email(sandbox, "customer", address) or make_customer(sandbox, values)


# --- what staff do in the administration (control API) ---------------------------------------------------------------


def remove_by_staff(sandbox: Sandbox, kind: str, id: int | str) -> Body:
    """Deletes a user, customer or online_conference in the administration."""
    found = sandbox.store.get(NAME, kind, str(id))
    if found is None:
        raise ValueError(f"There is no {kind} {id}.")
    if kind == "user":
        remove_user(sandbox, found)
    else:
        trash(sandbox, kind, found)
    return {"deleted": found["id"]}
