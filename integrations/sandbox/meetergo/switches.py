"""What meetergo's public documents leave open."""

from integrations.sandbox.core import Switch

SWITCHES = [
    Switch("profile", "current", "Which generation of shapes: today's, or the white-label recipe's.", ("current", "recipe")),
    Switch("duplicate_email", 409, "Status for an e-mail address that exists.", (409, 400), "U1"),
    Switch(
        "array_schedule", "400", "Reaction to a schedule in the old encoding.", ("400", "ignore", "accept"), "U2",
        {"recipe": "accept"},
    ),
    Switch("user_counters", "total,count,offset", "Names of the three counters of the user list.", (), "U3"),
    Switch("envelope", "current", "Envelope of webhooks.", ("current", "old"), "U4", {"recipe": "old"}),
    Switch("webhook_retries", 0, "How often a failed webhook is sent again, one second apart.", (), "U5"),
    Switch("default_hours", "09:00", "When the default working day begins.", ("09:00", "08:00"), "U6"),
    Switch("slug_on_create", "honoured", "A slug sent with a new meeting type.", ("honoured", "stripped"), "U7"),
    Switch("availability_prefix", "both", "Where /availability is served.", ("both", "root", "v4"), "U8"),
    Switch("slot_occupied", 400, "Status for a start that is taken.", (400, 409), "U9"),
    Switch("comma_lists", "accepted", "hostIds=a,b in one value.", ("accepted", "400"), "U10"),
    Switch(
        "assign_answer", "meeting type", "Answer to assigning a template.", ("meeting type", "template", "empty"), "U11"
    ),
    Switch(
        "deleted_users_bookings", "kept", "Future appointments of a deleted user.", ("kept", "cancelled"), "U12"
    ),
    Switch("raster", 0, "Minutes between starts when a type sets none; 0: its duration.", (), "U13"),
    Switch("confirmation_literal", "enabled", "What switches double opt-in and host confirmation on.", (), "U14"),
    Switch("unknown_fields", "dropped", "Fields nobody documented.", ("dropped", "400"), "U15"),
    Switch("delete_status", 204, "Status of a delete, except of meeting types (200).", (204, 200), "U16"),
    Switch("malformed_id", 500, "Status for an id that is no UUID.", (500, 400, 404)),
    Switch("retry_after", "absent", "Retry-After with a 429.", ("absent", "present")),
    Switch("scope_required", True, "hostIds or queueId demanded for slots and bookings.", (True, False), "", {"recipe": False}),
    Switch("strict_attendee", True, "receiveReminders and notes demanded.", (True, False), "", {"recipe": False}),
    Switch("flat_bodies", False, "Flat meeting types and templates are understood.", (False, True), "", {"recipe": True}),
    Switch(
        "slots_shape", "dates", "Shape of bookable slots.", ("dates", "availableSlots", "slots", "timeframes"), "",
        {"recipe": "availableSlots"},
    ),
    Switch("schedule_shape", "object", "Schedules in answers.", ("object", "array"), "", {"recipe": "array"}),
    Switch("schedule_patch", "merge", "Days that an update leaves out.", ("merge", "close")),
    Switch("acting_user", "required", "x-meetergo-api-user-id with a key.", ("required", "optional"), "", {"recipe": "optional"}),
    Switch("slots_zone", "UTC", "Offset of slots when no timezone is asked for.", ("UTC", "host")),
    Switch("slots_cache", 0, "Seconds for which slots may be stale without refreshCache."),
    Switch("pending_blocks", "no", "A pending booking takes its slot.", ("no", "yes")),
    Switch("removed_attendee_event", "booking_cancelled", "Webhook when one of a group leaves.", ("booking_cancelled", "none")),
    Switch("https_endpoints", "any", "Webhook endpoints must be https.", ("any", "required")),
    Switch("booking_base", "", "First part of booking URLs: a company's own domain."),
]  # fmt: skip
