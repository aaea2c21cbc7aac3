"""Settings of the server that is measured. Visitors are counted as in production, but nobody is turned away."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.site"
VISITOR_LIMITS = 1_000_000
