"""The roles of staff: Django groups with the permissions of a job. Which brands she sees is said at the log-in."""

from fnmatch import fnmatchcase

from django.contrib.auth.models import Group, Permission

LOOK = ["directory.view_*", "scheduling.view_*", "!directory.view_user", "!directory.view_as", "!directory.view_audit*"]
# Whether other systems follow. What webhooks carried stays out: it may name clients.
TECHNICAL = ["integrations.view_room*", "integrations.view_hookendpoint"]
MAILS = ["message", "digest", "offer", "alert"]
NO_MAILS = [*[f"!scheduling.view_{name}" for name in MAILS], "!directory.view_loggedmail"]
# Name of the group → patterns over app.codename; "!" takes away again. Contact data is masked without see_contacts.
ROLES: dict[str, list[str]] = {
    "Owner": ["directory.*", "scheduling.*", "integrations.*", "!directory.add_user", "!directory.delete_*"]
    + ["!*.add_brand", "!integrations.delete_*"],
    "Onboarding": [*LOOK, "directory.*_professional", "directory.*_office", "directory.*_spokenlanguage"]
    + ["directory.*_traderrecord"]
    + ["directory.*_person", "directory.*_job", "directory.see_contacts", "directory.view_as"]
    + ["scheduling.*_meetingtype", "scheduling.*_availability*", "scheduling.*_busytime"]
    + ["integrations.view_*", "integrations.change_mirror", "integrations.*_roomchoice", "!integrations.delete_*"]
    + ["!directory.delete_*"],
    "Support": [
        *LOOK,
        "scheduling.add_booking",
        "scheduling.change_booking",
        *[f"scheduling.change_{name}" for name in MAILS],
    ]
    + ["scheduling.add_spamrule", "scheduling.change_spamrule", "scheduling.change_blockedattempt"]
    + ["scheduling.change_clientmark", "scheduling.delete_clientmark", *TECHNICAL, "directory.reveal_contacts"],
    "Moderation": [*LOOK, "directory.change_professional", *NO_MAILS]
    + ["scheduling.*_spamrule", "scheduling.change_blockedattempt"],
    "Read only": [*LOOK, *NO_MAILS, *TECHNICAL],
}


def permissions_of(patterns: list[str]) -> list[Permission]:
    """The permissions that exist and are meant by `patterns`; the last one that fits decides."""
    found = []
    for permission in Permission.objects.select_related("content_type"):
        name = f"{permission.content_type.app_label}.{permission.codename}"
        fitting = [pattern for pattern in patterns if fnmatchcase(name, pattern.lstrip("!"))]
        if fitting and not fitting[-1].startswith("!"):
            found.append(permission)
    return found


def make(*, reset: bool = False) -> list[str]:
    """Make the groups that are missing; `reset` also gives those that are there their permissions anew.

    Returns the names of the groups that were written.
    """
    written = []
    for name, patterns in ROLES.items():
        group, created = Group.objects.get_or_create(name=name)
        if created or reset:
            group.permissions.set(permissions_of(patterns))
            written.append(name)
    return written
