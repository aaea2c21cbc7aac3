"""The provider sandbox: local copies of the providers' APIs, so that everything can be tried without an account.

`manage.py sandbox` serves it on port 8100, tests run it in a thread (`sandbox` fixture, tests/sandbox.py). It shares
nothing with the product: its own URLs, its own handler without the product's middleware, its own SQLite file
(`settings.SANDBOX_DB`). State survives a restart; faults, the request log and rate windows do not.

    core        Sandbox: one running copy, with everything below; `request.sandbox` in every view
    store       JSON objects by provider, kind and id
    clock       the sandbox's own time
    faults      what goes wrong, by provider, method and path
    limits      token buckets
    log         what was asked, redacted
    deliveries  webhooks out
    server      the handler around every request, and the threaded server
    control     the control API under /_sandbox/ (its docstring lists it) and the dashboard at /
    meetergo/   one package per provider

To add a provider, make a package here with

    provider.py     PROVIDER = Provider(name="…", urls="integrations.sandbox.….urls", seed=…, switches=[…], …)
    urls.py         ordinary `urlpatterns`; they are mounted below /<name>/

and name it in `core.PROVIDERS`. Its views take the request and answer with a Django response; they raise
`core.ApiError(response)` to leave early. They keep state only in `request.sandbox.store`, read the time from
`request.sandbox.clock`, count calls with `request.sandbox.limits.take(name, key)`, send webhooks with
`request.sandbox.deliveries.send(…)` after the store's transaction has ended, and ask
`request.sandbox.switch(provider, name)` wherever the public documents leave something open.
"""
