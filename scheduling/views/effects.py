"""The page between a change of open time and its saving: which booked appointments it touches, and what becomes of them."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from directory.access import MemberRequest
from scheduling import absences
from scheduling.absences import Outcome, Verb
from scheduling.forms.effects import EffectsForm


def decide(
    request: MemberRequest, verb: Verb, *, title: str, said: str, done: Callable[[], HttpResponse]
) -> HttpResponse:
    """Carry out `verb` and answer with `done`, or ask about the appointments it touches. `said`: what was saved."""
    form = EffectsForm(request.POST)
    wants_all = "all" in request.POST
    ready = form.is_bound and not wants_all and form.is_valid()
    choices = form.choices() if ready else {}
    reason = form.cleaned_data.get("reason", "") if ready else ""
    outcome = absences.decided(verb, request.professional, choices, user=request.user, reason=reason)
    if outcome.done:
        messages.info(request, " ".join([said, *in_words(outcome)]))
        return done()
    form.show(outcome.touched, missing=form.is_bound and not wants_all)
    context = {"professional": request.professional, "form": form, "title": title, "wants_all": wants_all}
    status = 409 if form.is_bound and not wants_all else 200
    return render(request, "scheduling/member/effects.html", context, status=status)


def in_words(outcome: Outcome) -> list[str]:
    """What became of the appointments, a sentence each; nothing is left unsaid."""
    sentences = []
    if count := len(outcome.moved):
        text = ngettext("%(count)s appointment is moved.", "%(count)s appointments are moved.", count)
        sentences.append(text % {"count": count})
    if count := len(outcome.asked):
        text = ngettext(
            "%(count)s move waits for the booking system of your provider.",
            "%(count)s moves wait for the booking system of your provider.",
            count,
        )
        sentences.append(text % {"count": count})
    if count := len(outcome.cancelled):
        text = ngettext("%(count)s appointment is cancelled.", "%(count)s appointments are cancelled.", count)
        sentences.append(text % {"count": count})
    if count := len(outcome.kept):
        text = ngettext("%(count)s appointment stays as it is.", "%(count)s appointments stay as they are.", count)
        sentences.append(text % {"count": count})
    if outcome.to_call:
        names = ", ".join(booking.client_name for booking in outcome.to_call)
        sentences.append(_("Please call: %(names)s. There is no e-mail address.") % {"names": names})
    return sentences
