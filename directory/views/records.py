"""What a member sends for her approval: the trader record and documents. Only she and those who decide read them."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from directory import reviews
from directory.access import MemberRequest, professional_required
from directory.forms.records import DocumentForm, TraderForm


@professional_required
def show(request: MemberRequest) -> HttpResponse:
    """GET shows both forms; a POST saves the one whose button was pressed."""
    professional = request.professional
    sends_file = request.method == "POST" and "document" in request.POST
    saves_record = request.method == "POST" and not sends_file
    form = TraderForm(request.POST if saves_record else None, professional=professional)
    document = DocumentForm(request.POST if sends_file else None, request.FILES if sends_file else None)
    if saves_record and form.is_valid():
        reviews.save_trader_record(professional, form.values(), by=request.user)
        messages.info(request, _("Your trader record is saved."))
        return redirect("my_record")
    if sends_file and document.is_valid():
        try:
            reviews.add_evidence(
                professional, document.cleaned_data["file"], title=document.cleaned_data["title"], by=request.user
            )
        except ValidationError as error:
            document.add_error("file", error)
        else:
            messages.info(request, _("The document is kept, sealed. Only those who approve profiles can read it."))
            return redirect("my_record")
    context = {
        "professional": professional,
        "form": form,
        "record": form.instance if form.instance.pk else None,
        "document_form": document,
        "documents": professional.evidence.defer("content"),
    }
    wrong = form.is_bound or document.is_bound
    return render(request, "directory/member/record.html", context, status=422 if wrong else 200)


@require_POST
@professional_required
def withdraw(request: MemberRequest, pk: int) -> HttpResponse:
    """Take back a document that she sent herself."""
    if not reviews.withdraw_evidence(request.professional, pk, by=request.user):
        raise Http404
    messages.info(request, _("The document is deleted."))
    return redirect("my_record")
