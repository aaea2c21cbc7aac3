"""Settings, driven by the environment (see .env.example), in one module. Embedded defaults need no service at all."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import environ
from django.utils.translation import gettext_lazy as _

from config.api import (  # noqa: F401  (settings of others)
    CORS_ALLOW_ALL_ORIGINS,
    CORS_ALLOW_HEADERS,
    CORS_EXPOSE_HEADERS,
    CORS_URLS_REGEX,
    OAUTH2_PROVIDER,
    OAUTH2_PROVIDER_APPLICATION_MODEL,
    REST_FRAMEWORK,
    SPECTACULAR_SETTINGS,
)
from config.sign_in import apps as sign_in_apps

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if not env.bool("IGNORE_ENV_FILE", False):
    environ.Env.read_env(BASE_DIR / ".env")

VAR_DIR = Path(env("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)


def _persistent_secret(path: Path) -> str:
    """A random key made once per installation, so that embedded defaults are never a known secret."""
    if not path.exists():
        # Complete and private before it has its name: processes that start together read the same one.
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret-") as file:
            file.write(secrets.token_urlsafe(50))
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text().strip()


# DEVELOPMENT: plain http on localhost, mails as files. DEBUG: Django's own error pages, for hacking only.
DEVELOPMENT = env.bool("DEVELOPMENT", False)
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env("SECRET_KEY", default="") or _persistent_secret(VAR_DIR / "secret_key")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# The brand middleware answers only hosts that are rows of Domain; Django needs no second list.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"])
# Hosts without a Domain row that show the default brand.
DEFAULT_BRAND_HOSTS = env.list("DEFAULT_BRAND_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
# How links in mails and calendar files are built: scheme://brand domain[:port]
PUBLIC_SCHEME = env("PUBLIC_SCHEME", default="http" if DEVELOPMENT else "https")
PUBLIC_PORT = env("PUBLIC_PORT", default="8000" if DEVELOPMENT else "")

INSTALLED_APPS = [
    "modeltranslation",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "directory.admin_config.MarketplaceAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "csp",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "oauth2_provider",
    "directory",
    "scheduling",
    "integrations",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.admin_csp.AdminPolicyMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "directory.middleware.BrandMiddleware",
    "scheduling.middleware.EmbedMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "directory.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "directory.middleware.AuditMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "directory.devices.LastSeenMiddleware",
    "directory.second_factor.StaffMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "directory.middleware.TimeZoneMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "directory.context.brand",
            ],
        },
    },
]
FORM_RENDERER = "config.renderer.Renderer"

# --- database, cache, broker -------------------------------------------------------------------------------

# The provider sandbox (manage.py sandbox) keeps its own file; the port is where `make run` starts it, 0 for not at all.
SANDBOX_DB = VAR_DIR / "sandbox.sqlite3"
SANDBOX_PORT = env.int("SANDBOX_PORT", 8100)
# Webhooks go to public addresses over https; in development also to a receiver on this machine, over http.
WEBHOOKS_TO_LOOPBACK = env.bool("WEBHOOKS_TO_LOOPBACK", DEVELOPMENT)

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", 60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: writers queue politely instead of failing with "database is locked" half-way through a
    # transaction that began as a read. WAL: readers never wait for the writer.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
    # Threads of the test suite need a database that is a file, not one that is private to a connection.
    # pytest-xdist appends its worker's name.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}

if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    INSTALLED_APPS.insert(0, "django.contrib.postgres")

CACHE_URL_TEXT = env("CACHE_URL", default="")
CACHES = {"default": env.cache_url("CACHE_URL", default=f"filecache://{VAR_DIR / 'cache'}")}
if CACHES["default"]["BACKEND"].endswith("FileBasedCache"):
    # Beyond this number Django drops every third entry by chance; its default of 300 would log people out.
    CACHES["default"] |= {"BACKEND": "config.file_cache.FileCache", "OPTIONS": {"MAX_ENTRIES": 5000}}

CELERY_BROKER_URL = env("CELERY_BROKER_URL", default="filesystem://localhost//")
if CELERY_BROKER_URL.startswith("filesystem"):
    _broker = VAR_DIR / "broker"
    for _name in ("queue", "control"):
        (_broker / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker / "queue"),
        "data_folder_out": str(_broker / "queue"),
        "control_folder": str(_broker / "control"),
        "store_processed": False,
    }
    # `celery inspect` leaves a reply queue behind for every caller; in a folder nobody would tidy them up.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_IMPORTS = ("config.health",)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ALWAYS_EAGER = env.bool("CELERY_TASK_ALWAYS_EAGER", False)
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
# A lost broker message only costs these seconds: every task finds its due rows by itself.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "heartbeat": {"task": "config.health.heartbeat", "schedule": 15.0},
    "send due messages": {"task": "scheduling.tasks.send_due_messages", "schedule": 10.0},
    "send digests": {"task": "scheduling.tasks.send_digests", "schedule": 300.0},
    "watch for openings": {"task": "scheduling.tasks.watch_openings", "schedule": 30.0},
    "forget old mails": {"task": "scheduling.tasks.forget_messages", "schedule": 86400.0},
    "plan reminders": {"task": "scheduling.tasks.plan_reminders", "schedule": 900.0},
    "expire holds": {"task": "scheduling.tasks.expire_holds", "schedule": 30.0},
    "end requests without an answer": {"task": "scheduling.tasks.lapse_requests", "schedule": 60.0},
    "complete past bookings": {"task": "scheduling.tasks.complete_past", "schedule": 300.0},
    "bring providers up to date": {"task": "integrations.tasks.work", "schedule": 10.0},
    "keep providers' times warm": {"task": "integrations.tasks.keep_times_warm", "schedule": 60.0},
    "compare with providers": {"task": "integrations.tasks.sweep", "schedule": 900.0},
    "apply webhooks": {"task": "integrations.tasks.apply_webhooks", "schedule": 10.0},
    "ask how video meetings stand": {"task": "integrations.tasks.watch_rooms", "schedule": 30.0},
    "send webhooks": {"task": "integrations.tasks.send_hooks", "schedule": 10.0},
    "poll providers for bookings": {"task": "integrations.tasks.poll", "schedule": 180.0},
    "fetch reports of video meetings": {"task": "integrations.tasks.fetch_reports", "schedule": 3600.0},
    "look after connections": {"task": "integrations.tasks.housekeeping", "schedule": 3600.0},
    "send log-in alerts": {"task": "scheduling.tasks.send_login_alerts", "schedule": 60.0},
    "forget old tokens and answers of the API": {"task": "scheduling.tasks.forget_api", "schedule": 86_400.0},
    "forget exports": {"task": "scheduling.tasks.forget_exports", "schedule": 900.0},
    "extend public holidays": {"task": "scheduling.tasks.extend_holidays", "schedule": 86_400.0},
    "erase closed accounts": {"task": "scheduling.tasks.erase_closed", "schedule": 300.0},
    "prove erasures": {"task": "scheduling.tasks.prove_erasures", "schedule": 300.0},
    "remind of re-checks": {"task": "scheduling.tasks.remind_of_rechecks", "schedule": 21_600.0},
    "run jobs": {"task": "scheduling.tasks.run_jobs", "schedule": 15.0},
    "forget old lines of the audit log": {"task": "scheduling.tasks.forget_audit", "schedule": 86_400.0},
    "forget old visits": {"task": "scheduling.tasks.forget_visits", "schedule": 86_400.0},
    "forget strangers": {"task": "scheduling.tasks.forget_strangers", "schedule": 3600.0},
    "refresh next free times": {"task": "scheduling.tasks.refresh_next_free", "schedule": 300.0},
}
for _entry in CELERY_BEAT_SCHEDULE.values():
    # After a pause of the worker one sweep is enough, not one for every time that was missed.
    _entry["options"] = {"expires": _entry["schedule"]}

# --- people ------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "directory.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "directory.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {
    "login": "directory.account_forms.LoginForm",
    "signup": "directory.account_forms.SignupForm",
    "add_email": "directory.account_forms.AddEmailForm",
    "change_password": "directory.account_forms.ChangePasswordForm",
    "set_password": "directory.account_forms.SetPasswordForm",
    "reset_password": "directory.account_forms.ResetPasswordForm",
    "reset_password_from_key": "directory.account_forms.ResetPasswordKeyForm",
    "reauthenticate": "directory.account_forms.ReauthenticateForm",
}
ACCOUNT_SIGNUP_FORM_CLASS = "directory.forms.SignUpForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
MFA_ADAPTER = "directory.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A clock that is half a minute off is common; a code serves once all the same.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "directory.account_forms.CodeForm",
    "reauthenticate": "directory.account_forms.CodeAgainForm",
    "activate_totp": "directory.account_forms.ActivateTOTPForm",
    "add_webauthn": "directory.account_forms.AddPasskeyForm",
    "edit_webauthn": "directory.account_forms.RenamePasskeyForm",
}
SOCIALACCOUNT_ADAPTER = "directory.sign_in.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": sign_in_apps(env.json("SIGN_IN_PROVIDERS", default=[]))}}
# Names and the terms are asked for on our own form.
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
# A link, because browsers refuse a form whose answer leads to another origin (form-action), and to the ones after it.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_FORMS = {"signup": "directory.account_forms.SocialSignupForm"}
# Whether the administration opens only to staff who logged in with a second factor.
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", not DEVELOPMENT)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/my/"
LOGOUT_REDIRECT_URL = "/"

# --- language, time ----------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
MODELTRANSLATION_DEFAULT_LANGUAGE = "en"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("en", "de")
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["config.formats"]

# --- files -------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(VAR_DIR / "media")))
# What clients upload for professionals: sealed, and never under MEDIA_ROOT.
PRIVATE_ROOT = Path(env("PRIVATE_ROOT", default=str(VAR_DIR / "private")))
# Files as they lie in static/, without collectstatic and hashed names: for working on them.
PLAIN_STATIC = DEBUG or env.bool("PLAIN_STATIC", False)
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = PLAIN_STATIC
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not PLAIN_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# --- mail --------------------------------------------------------------------------------------------------

MAIL_FILES_DIR = VAR_DIR / "mail"
if DEVELOPMENT and not env("EMAIL_URL", default=""):
    EMAIL_BACKEND = "scheduling.mail.EmlBackend"
else:
    vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25"))
EMAIL_TIMEOUT = 20
# How long the log of mails is kept after the appointment, in days; 0 for ever.
MAIL_LOG_DAYS = env.int("MAIL_LOG_DAYS", 365)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="bookings@localhost")

# --- security ----------------------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_SCHEME == "https"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", PUBLIC_SCHEME == "https")
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked by the load balancer over plain http
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000 if PUBLIC_SCHEME == "https" else 0)
# How many proxies in a row write X-Forwarded-For: the address that limits count is the one the outermost of them saw.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 1 if env.bool("BEHIND_PROXY", False) else 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
if env.bool("BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "directory.views.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- the product -------------------------------------------------------------------------------------------

# Seam 2 of docs/architecture.md: who decides about times and bookings, by the name a meeting type carries.
SCHEDULING_ENGINES = {"native": "scheduling.engine.NativeEngine", "remote": "integrations.engine.RemoteEngine"}

# Seam 2: long work by the kind of its job (directory/jobs.py): what takes a Job and yields after each item.
JOB_KINDS = {
    "import members": "directory.imports.run",
    "list action": "directory.admin.bulk.work",
    "takeout": "scheduling.takeout.work",
}
# Callables that name the queues of an app, for how late the worker is (directory/queues.py).
QUEUES = ["scheduling.queues.mails", "directory.queues.jobs", "integrations.queues.waiting"]
# Lines of the audit log are kept this long.
AUDIT_KEPT_DAYS = env.int("AUDIT_KEPT_DAYS", 3 * 365)

# How many months the sums of visits to a professional's pages are kept; 0 for ever.
VISITS_KEPT_MONTHS = env.int("VISITS_KEPT_MONTHS", 25)

# How generous the limits for visitors are (scheduling/guard.py): a factor; 0 switches them and the form's times off.
VISITOR_LIMITS = env.float("VISITOR_LIMITS", 1.0)

# --- providers ---------------------------------------------------------------------------------------------

# Seam 2 of docs/architecture.md: every provider by name, loaded with import_string.
PROVIDERS = {
    "meetergo": "integrations.providers.meetergo.Meetergo",
    "meetbit": "integrations.providers.meetbit.MeetBit",
    "bookme": "integrations.providers.bookme.BookMe",
    "liveminutes": "integrations.providers.liveminutes.LiveMinutes",
    "meetrs": "integrations.providers.meetrs.MeetRs",
}
# What the apps above have to say on a professional's first page: callables that take a Professional and return
# notes of scheduling.today. One whose app is not installed is left out.
MEMBER_NOTICES = ["integrations.notices.for_member", "integrations.notices.about_rooms"]
# Where something of a member still is: a callable that takes a Professional and returns names of accounts.
MEMBER_REMAINS = "integrations.remains.of"
# How far a member's account at a provider is: a class like scheduling.progress.BuiltIn.
MEMBER_PROGRESS = "integrations.progress.MirrorProgress"
# Who knows the video room of an appointment: a callable that takes a booking and a side and returns a room of
# scheduling.rooms, or None for the link that the professional entered.
VIDEO_ROOMS = "integrations.rooms.room_of"
# Whether somebody else reminds the client of an appointment: a callable that takes a booking; asked when ours is due.
REMINDED_ELSEWHERE = "integrations.reminding.does"
# Booking pages that professionals have at a provider whose free times are computed here.
MEMBER_PAGES = "integrations.pages.page_of"
# Keys for secrets at rest, newest first; empty: derived from SECRET_KEY and SECRET_KEY_FALLBACKS.
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[])
# Where the pace of provider calls is kept: redis://…, or empty for a file that the workers of one machine share.
RATE_LIMIT_URL = env("RATE_LIMIT_URL", default=CACHE_URL_TEXT if CACHE_URL_TEXT.startswith("redis") else "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {"django.request": {"level": "ERROR"}, "django.security.DisallowedHost": {"level": "CRITICAL"}},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

from config.unfold import UNFOLD  # noqa: E402, F401  (admin look; long and of no interest here)
