"""Every component with realistic content, for those who build pages. Only in development."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

ICONS = [
    "accessibility", "badge-check", "ban", "banknote", "bell", "briefcase", "building-2", "calendar", "calendar-check",
    "calendar-clock", "calendar-days", "calendar-off", "calendar-plus", "calendar-x", "check", "chevron-left",
    "chevron-right", "circle-alert", "circle-check", "circle-question-mark", "clock", "copy", "credit-card", "download",
    "external-link", "eye", "eye-off", "file-text", "globe", "graduation-cap", "hourglass", "house", "image", "info",
    "languages", "layout-list", "link", "list", "lock", "log-in", "log-out", "mail", "map", "map-pin", "message-square",
    "minus", "pencil", "phone", "plus", "printer", "refresh-cw", "rotate-ccw", "save", "scale", "search", "send",
    "settings", "shield-check", "sliders-horizontal", "star", "stethoscope", "sun", "timer", "trash-2",
    "triangle-alert", "undo-2", "upload", "user", "user-plus", "user-round", "users", "video", "x",
]  # fmt: skip


class SampleForm(forms.Form):
    name = forms.CharField(label="Name", widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(label="E-mail", help_text="Your confirmation and calendar file go here.")
    phone = forms.CharField(label="Phone", required=False, widget=forms.TextInput(attrs={"type": "tel"}))
    topic = forms.ChoiceField(
        label="What is it about", choices=[("", "Please choose"), ("a", "Separation"), ("b", "Custody")]
    )
    channel = forms.ChoiceField(
        label="How shall we meet", choices=[("v", "Video call"), ("o", "In the office")], widget=forms.RadioSelect
    )
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    terms = forms.BooleanField(label="I have read the privacy notice.")


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    if not settings.DEVELOPMENT:
        raise Http404
    now = timezone.now().replace(second=0, microsecond=0)
    first = now.replace(hour=7, minute=30) + timedelta(days=1)
    context = {
        "icons": ICONS,
        "form": SampleForm(),
        "bad_form": SampleForm({"bad-name": "Ana", "bad-email": "ana@", "bad-channel": "v"}, prefix="bad"),
        "now": now,
        "expires": now + timedelta(minutes=10),
        "soon": now + timedelta(seconds=90),
        "days": [now + timedelta(days=n) for n in range(7)],
        "morning": [first + timedelta(minutes=30 * n) for n in range(5)],
        "afternoon": [first + timedelta(minutes=330 + 30 * n) for n in range(4)],
        "canonical_query": {},
    }
    return render(request, "styleguide.html", context)
