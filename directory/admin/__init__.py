"""Django admin of the directory."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin

from directory.admin import audit, brands, jobs, mails, people, professionals

__all__ = ["audit", "brands", "jobs", "mails", "people", "professionals"]

# What keeps others out of a log-in belongs to its owner; apps for sign-in come from the environment.
for _model in (Authenticator, UserSession, SocialAccount, SocialApp, SocialToken):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)
