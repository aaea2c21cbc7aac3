"""A copy of the MeetBit Public API 2.0, as its public documents describe it, mounted at /meetbit/.

    base URL of a client    http://127.0.0.1:8100/meetbit/api/public/v2.0
    access key              MBP-sandbox / sandbox-secret!   (SANDBOX_MEETBIT_KEY_ID, SANDBOX_MEETBIT_KEY_SECRET)
    department, role        1, 1; the provider "MeetBit Rooms" is 2
    Meeting Links           http://127.0.0.1:8100/meetbit/meetings/{public id}?name=…&email=…
    video rooms             http://127.0.0.1:8100/meetbit/rooms/{public id}

Calls are matched against the very table the adapter uses (`integrations.providers.meetbit.endpoints`), so that one
correction reaches both; what rests on an assumption answers with X-Sandbox-Inferred: 1. What the documents leave open is
a switch (`switches.py`).
"""
