"""A copy of the meetergo API, as its public documents describe it, mounted at /meetergo/.

    base URL of a client    http://127.0.0.1:8100/meetergo/v4       root: the same without /v4
    API key                 ak_live:11111111-1111-4111-8111-111111111111:sandbox-secret   (SANDBOX_MEETERGO_KEY)
    personal token          rgo-sandboxsandboxsandboxsandboxsand   (SANDBOX_MEETERGO_TOKEN), of the administrator
    acting administrator    22222222-2222-4222-8222-222222222222
    company                 33333333-3333-4333-8333-333333333333
    booking pages           http://127.0.0.1:8100/meetergo/{userSlug}/{typeSlug}[?embed=true]

What the documents leave open is a switch (`switches.py`), named after its number in the notes where it has one.
`profile=recipe` answers as the white-label recipe shows it. Simplifications: `bufferMustStayWithinWorkingHours`,
payments, coupons, waiting lists, forms and contacts are accepted and have no effect.
"""
