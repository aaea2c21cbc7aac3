"""What MeetBit's public documents leave open."""

from integrations.sandbox.core import Switch

SWITCHES = [
    Switch("endpoints", {}, "Corrections of the table of calls, as the option of a connection."),
    Switch("parameters", {}, "Corrections of the names of query parameters."),
    Switch("fields", {}, "Corrections of the names of fields."),
    Switch("list_shape", "list", "Where the rows of a list are.", ("list", "data", "items")),
    Switch("wrapped", True, "Single objects come in an envelope.", (True, False)),
    Switch("created", 200, "Status of a create.", (200, 201)),
    Switch("duplicate_user_email", "400", "A user with an e-mail address that exists.", ("400", "second")),
    Switch("duplicate_customer_email", "400", "A customer with an e-mail address that exists.", ("400", "second")),
    Switch("trashed_is_taken", False, "Deleted objects keep their e-mail address and public id.", (True, False)),
    Switch("require_all_keys", True, "Every writable field of a customer must be sent, null or not.", (True, False)),
    Switch("room_accounts", "automatic", "Who makes a user's account at MeetBit Rooms.", ("automatic", "manual")),
    Switch("stray_customers", True, "An unknown attendee becomes a customer.", (True, False)),
    Switch("reassigned_event", "events.created", "Type of a reassignment.", ("events.created", "events.reassigned")),
    Switch("growing_block", True, "Calls during a block make it longer.", (True, False)),
    Switch("webhook_pauses", [1, 2, 4, 8], "Seconds before each further try of a webhook: five attempts in all."),
]
