"""The public REST API, /api/v1/: JSON in and out, problems per RFC 9457, described by OpenAPI 3.1.

    problems      the kinds of error, their addresses and their words
    callers       who asks: nobody, a client with its booking's own token, a professional, a connected program
    base          what every endpoint has: limits, idempotency, headers
    public        the four steps: configuration, free times, reservation, booking
    mine          a professional's own things
    members       the operator's
    shapes        what goes in and out

Everything that changes a booking goes through the verbs and the guard that the pages use.
"""
