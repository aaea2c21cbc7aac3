"""Settings of the public API, which config.settings takes over."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    # No cookies: whoever calls says who she is, so that another site cannot borrow a browser's log-in.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "scheduling.api.callers.TokenAuthentication",
        "scheduling.api.oauth.OAuthAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["scheduling.api.callers.AnyCaller"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "scheduling.api.description.Description",
    "EXCEPTION_HANDLER": "scheduling.api.problems.handler",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Scheduling API",
    "VERSION": "1.0.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "scheduling.api.description.complete",
    ],
    "ENUM_NAME_OVERRIDES": {
        "BookingStatus": "scheduling.models.bookings.Status",
        "Channel": "scheduling.models.MeetingType.Channel",
        "ClientCategory": "scheduling.clients.ClientCategory",
        "MemberStatus": "directory.models.Professional.Status",
        "OnboardingState": "scheduling.progress.State",
    },
}
# Any site may call the API from a browser: it takes no cookies, so there is nothing of a visitor to take.
CORS_ALLOW_ALL_ORIGINS = True
CORS_URLS_REGEX = r"^/(api/v1/|oauth/(token|revoke)$|\.well-known/oauth-)"
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "booking-token",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
]
CORS_EXPOSE_HEADERS = [
    "etag",
    "idempotency-replayed",
    "location",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "deprecation",
    "sunset",
]

OAUTH2_PROVIDER_APPLICATION_MODEL = "scheduling.ApiClient"
# RFC 9700 throughout: PKCE with S256, no implicit and no password grant, tokens only as digests in the database, rotated
# refresh tokens, of which a second use ends the whole family.
OAUTH2_PROVIDER: dict[str, Any] = {
    "OAUTH2_VALIDATOR_CLASS": "scheduling.api.oauth.Validator",
    "OAUTH2_BACKEND_CLASS": "scheduling.api.oauth.Core",
    "SCOPES_BACKEND_CLASS": "scheduling.api.oauth.Scopes",
    "CLIENT_SECRET_GENERATOR_LENGTH": 48,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 90 * 86_400,
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "PKCE_REQUIRED": True,
    # http is for programs that listen on this machine only; the administration refuses other addresses (RFC 8252).
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https", "http"],
    "OAUTH2_RESPONSE_TYPES_SUPPORTED": ["code"],
    "OAUTH2_GRANT_TYPES_SUPPORTED": ["authorization_code", "client_credentials", "refresh_token"],
    "OAUTH2_TOKEN_ENDPOINT_AUTH_METHODS_SUPPORTED": ["client_secret_basic", "client_secret_post", "none"],
    **{
        f"COMPLIANT_BCP_RFC9700_{name}": True
        for name in (
            "IMPLICIT_GRANT",
            "PASSWORD_GRANT",
            "PKCE_METHOD",
            "ACCESS_TOKEN_TRANSPORT",
            "AUTHZ_RESPONSE_ISS",
            "TOKEN_STORAGE",
            "REFRESH_TOKEN",
            "REDIRECT_URI_MATCHING",
            "PKCE_REQUIRED",
        )
    },
}
