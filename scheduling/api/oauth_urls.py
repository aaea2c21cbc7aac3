"""Where programs get their tokens; the names are those that the library looks up for its metadata."""

from django.urls import path
from oauth2_provider.views import OAuthServerMetadataView

from scheduling.api import consent

app_name = "oauth2_provider"
urlpatterns = [
    path("oauth/authorize", consent.Authorize.as_view(), name="authorize"),
    path("oauth/token", consent.Token.as_view(), name="token"),
    path("oauth/revoke", consent.Revoke.as_view(), name="revoke-token"),
    path(".well-known/oauth-authorization-server", OAuthServerMetadataView.as_view(), name="oauth-server-metadata"),
    path(".well-known/oauth-protected-resource", consent.ResourceMetadata.as_view(), name="oauth-resource-metadata"),
    path(".well-known/oauth-protected-resource/api/v1", consent.ResourceMetadata.as_view()),
]
