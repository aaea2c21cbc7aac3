from django.apps import apps
from django.contrib import admin
from django.urls import include, path

from config.health import healthz
from directory import second_factor, sign_in

admin.site.login_form = second_factor.PasswordOnlyForm
admin.site.login = second_factor.one_log_in(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("directory.urls")),
    path("", include("scheduling.urls")),
    path("accounts/oidc/<slug:provider_id>/login/", sign_in.leave, name="sign_in"),
    path("accounts/", include("allauth.urls")),
    path("healthz", healthz),
    path("my/", include("directory.member_urls")),
    path("my/", include("scheduling.member_urls")),
    path("api/", include("scheduling.api.urls")),
    path("", include("scheduling.api.oauth_urls")),
    path("admin/", admin.site.urls),
]
if apps.is_installed("integrations"):
    urlpatterns.append(path("", include("integrations.urls")))

handler400 = "directory.views.errors.bad_request"
handler403 = "directory.views.errors.permission_denied"
handler404 = "directory.views.errors.not_found"
handler500 = "directory.views.errors.server_error"
