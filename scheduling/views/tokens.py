"""A member's API tokens: make one and see it once, see what is out, withdraw it."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from directory.access import MemberRequest, professional_required
from scheduling.api import callers, oauth
from scheduling.forms.tokens import TokenForm
from scheduling.models import ApiClient, PersonalToken, Scope

MOST = 20


@professional_required
def index(request: MemberRequest) -> HttpResponse:
    """POST makes a token; the page that answers is the only one that shows it."""
    form, token, status = TokenForm(request.POST if request.method == "POST" else None), "", 200
    if form.is_valid() and _good(request).count() >= MOST:
        form.add_error(None, _("There are %(count)d tokens already. Withdraw one first.") % {"count": MOST})
    if form.is_valid():
        _row, token = callers.new_token(request.professional, **form.values())  # type: ignore[arg-type]
        form, status = TokenForm(), 201
    elif form.is_bound:
        status = 422
    rows = list(_good(request))
    for row in rows:
        row.may = [Scope(one).label for one in row.scopes if one in Scope.values]  # type: ignore[attr-defined]
    programs = oauth.allowed_by(request.user, request.brand) if request.user == request.professional.person.user else []
    context = {"tokens": rows, "form": form, "token": token, "programs": programs}
    return render(request, "scheduling/member/tokens.html", context, status=status)


def _good(request: MemberRequest) -> QuerySet[PersonalToken]:
    mine = PersonalToken.objects.filter(professional=request.professional, brand=request.brand)
    return mine.filter(revoked_at=None, expires_at__gt=timezone.now())


@require_POST
@professional_required
def withdraw(request: MemberRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(PersonalToken, pk=pk, professional=request.professional, brand=request.brand)
    callers.withdraw(row)
    messages.info(request, _("The token is withdrawn. The program with it can do nothing any more."))
    return redirect("my_tokens")


@require_POST
@professional_required
def withdraw_program(request: MemberRequest, pk: int) -> HttpResponse:
    client = get_object_or_404(ApiClient, pk=pk, brand=request.brand)
    if client not in oauth.allowed_by(request.user, request.brand):
        raise Http404
    oauth.withdraw(request.user, client)
    messages.info(request, _("The program has no access any more."))
    return redirect("my_tokens")
