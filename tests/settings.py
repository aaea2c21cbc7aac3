"""The real settings, with a folder of its own for every test process and nothing that waits.

DATABASE_URL, CACHE_URL and CELERY_BROKER_URL of the environment count, so the same tests run on PostgreSQL and Redis.
"""

import os
import tempfile

# Kept in a name: the folder goes when the process ends.
_folder = tempfile.TemporaryDirectory(prefix="marketplace-tests-", ignore_cleanup_errors=True)
os.environ["VAR_DIR"] = _folder.name
# A developer's .env must not change what the tests say.
os.environ["IGNORE_ENV_FILE"] = "1"
os.environ["PLAIN_STATIC"] = "1"
os.environ["DEVELOPMENT"] = "1"
os.environ["EMAIL_URL"] = "memorymail://"
os.environ.pop("DEBUG", None)
os.environ.setdefault("LOG_LEVEL", "WARNING")

from config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ACCOUNT_RATE_LIMITS = False
VISITOR_LIMITS = 0  # tests of the guard switch them on
CELERY_TASK_ALWAYS_EAGER = False
# Static files are read where they lie; no collectstatic before a test run.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
