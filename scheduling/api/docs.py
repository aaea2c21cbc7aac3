"""What people read about the API: the reference in the browser, and a page for each kind of problem."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from scheduling.api.problems import KINDS


def show(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document as pages, and without JavaScript a link to the document."""
    return render(request, "scheduling/api/docs.html", {"kinds": KINDS.values()})


def problem(request: HttpRequest, code: str) -> HttpResponse:
    """The address in the `type` of a problem says what it means and what to do."""
    if code not in KINDS:
        raise Http404
    return render(request, "scheduling/api/problem.html", {"kind": KINDS[code], "kinds": KINDS.values()})
