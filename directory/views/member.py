"""The professional's account: join, profile, portrait, submission, settings, leaving."""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from directory import accounts, departures, profiles, view_as
from directory.access import MemberRequest, professional_of, professional_required
from directory.cities import zone_city
from directory.forms.member import JoinForm, LeaveForm, PortraitForm, PreferencesForm, ProfileForm, office_formset
from directory.middleware import YEAR


@never_cache
@login_required
def join(request: HttpRequest) -> HttpResponse:
    """A log-in without a member here becomes one; only with a proven address, since the address finds the person."""
    if professional_of(request.user, request.brand):  # type: ignore[attr-defined,arg-type]
        return redirect("my_today")
    form = JoinForm(request.POST or None)
    address = request.user.email  # type: ignore[union-attr]
    if not EmailAddress.objects.filter(user=request.user, email__iexact=address, verified=True).exists():  # type: ignore[misc]
        return render(request, "directory/member/join.html", {"form": None, "address": address}, status=403)
    if form.is_valid():
        try:
            accounts.sign_up(
                user=request.user,  # type: ignore[arg-type]
                brand=request.brand,  # type: ignore[attr-defined]
                first_name=form.cleaned_data["first_name"],
                last_name=form.cleaned_data["last_name"],
                language=request.LANGUAGE_CODE,  # type: ignore[attr-defined]
            )
        except accounts.NotAllowed as reason:
            form.add_error(None, str(reason))
        else:
            return redirect("my_today")
    return render(request, "directory/member/join.html", {"form": form, "address": address}, status=_status(form))


@professional_required
def profile(request: MemberRequest) -> HttpResponse:
    """Everything that clients read, in one form."""
    professional = request.professional
    data = request.POST if request.method == "POST" else None
    form = ProfileForm(data, instance=professional)
    offices = office_formset(professional, data)
    if data is not None and form.is_valid() & offices.is_valid():
        profiles.edit(
            professional,
            person=form.person_values(),
            profile=form.profile_values(),
            specialties=form.cleaned_data["specialties"],
            languages=form.cleaned_data["languages"],
            offices=offices.remaining(),
        )
        messages.info(request, _saved_profile(professional))
        return redirect("my_profile")
    return _profile_page(request, form=form, offices=offices)


def _profile_page(request: MemberRequest, *, status: int = 200, **context: object) -> HttpResponse:
    professional = request.professional
    context.setdefault("form", None)
    if context["form"] is None:
        context["form"] = ProfileForm(instance=professional)
        context["offices"] = office_formset(professional)
    bound = [form for form in context.values() if getattr(form, "is_bound", False)]
    return render(
        request,
        "directory/member/profile.html",
        {
            "portrait_form": PortraitForm(),
            **context,
            "professional": professional,
            "missing": accounts.missing_for_submission(professional),
        },
        status=422 if bound else status,
    )


def _saved_profile(professional: accounts.Professional) -> str:
    if professional.is_public:
        return _("Your profile is saved. Clients see it as it is now.")
    return _("Your profile is saved.")


@require_POST
@professional_required
def portrait(request: MemberRequest) -> HttpResponse:
    """Upload a new portrait or remove the one there is."""
    if "remove" in request.POST:
        profiles.set_portrait(request.professional, None)
        messages.info(request, _("Your portrait is removed."))
        return redirect("my_profile")
    form = PortraitForm(request.POST, request.FILES)
    if not form.is_valid():
        return _profile_page(request, portrait_form=form)
    profiles.set_portrait(request.professional, form.cleaned_data["portrait"])
    messages.info(request, _("Your portrait is saved."))
    return redirect("my_profile")


@require_POST
@professional_required
def submit(request: MemberRequest) -> HttpResponse:
    try:
        professional = accounts.submit(request.professional)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    except accounts.NotAllowed as reason:
        messages.error(request, str(reason))
    else:
        if professional.status == accounts.Status.LISTED:
            messages.success(request, _("Your profile is listed."))
        else:
            messages.success(request, _("Your profile is submitted. We check it and write to you."))
    return redirect("my_profile")


@professional_required
def preferences(request: MemberRequest) -> HttpResponse:
    """Language and time zone, and the doors to e-mail, password and leaving."""
    professional = request.professional
    before = professional.time_zone
    form = PreferencesForm(request.POST if request.method == "POST" else None, instance=professional.person)
    if not form.is_valid():
        return render(request, "directory/member/settings.html", {"form": form}, status=_status(form))
    language, zone = form.cleaned_data["language"], form.cleaned_data["time_zone"]
    profiles.set_preferences(professional, time_zone=zone, language=language)
    with override(language):
        text = _("Your settings are saved.")
        if zone != before:
            text = _(
                "Your hours are now kept by the clock of %(zone)s. Booked appointments stay at the moment they were booked for."
            ) % {"zone": zone_city(zone)}
        messages.info(request, text)
    response = redirect("my_settings")
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR, samesite="Lax", httponly=True)
    return response


@professional_required
def leave(request: MemberRequest) -> HttpResponse:
    """Close the account after she typed her own address; then she is logged out."""
    professional = request.professional
    form = LeaveForm(request.POST if request.method == "POST" else None, own_email=request.user.email)
    if not form.is_valid():
        context = {"form": form, "professional": professional}
        return render(request, "directory/member/leave.html", context, status=_status(form))
    accounts.close_account(professional)
    logout(request)
    return redirect("farewell")


def farewell(request: HttpRequest) -> HttpResponse:
    return render(request, "directory/member/farewell.html")


@never_cache
def departure(request: HttpRequest, token: str) -> HttpResponse:
    """/left/<token>/ – what was erased, for whoever has the link from the last mail."""
    found = departures.find(request.brand, token)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    context = {"departure": found, "erased_at": found.professional.person.erased_at}
    return render(request, "directory/member/departure.html", context)


def _status(form: object) -> int:
    """422 for a page that shows what is wrong with what was typed."""
    return 422 if getattr(form, "is_bound", False) else 200


@require_POST
def end_view_as(request: HttpRequest) -> HttpResponse:
    """Staff is done looking: back to the member in the administration."""
    key = view_as.end(request)
    return redirect("admin:directory_professional_change", key) if key else redirect("admin:index")
