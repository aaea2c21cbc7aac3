"""What is done to many chosen rows: a job of the list action, with the outcome of each row.

The job keeps keys and words of refusal; names are read when they are shown, as the reader of the page may see them.
"""

import csv
import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from directory import audit, jobs
from directory.models import Brand, Job

log = logging.getLogger(__name__)
KIND = "list action"
SHOWN = 500  # outcomes on the page of a job; the download has all


@dataclass(frozen=True)
class Outcome:
    """What became of one row; `words` say why it was refused, and are empty where it was done."""

    name: str
    url: str
    words: str


def start(model_admin: Any, request: HttpRequest, rows: list[Any], *, build: str, title: str) -> Job:
    """Queue `build` (a method of `model_admin` that makes the Question) for `rows`, with the answers in request.POST."""
    user: Any = request.user
    post = {name: values for name, values in request.POST.lists() if name not in ("rows", "csrfmiddlewaretoken")}
    data = {"keys": [str(row.pk) for row in rows], "post": post}
    options = {"model": model_admin.opts.label_lower, "build": build}
    brand = _brand_of(model_admin, rows[0]) or request.brand  # type: ignore[attr-defined]
    return jobs.start(KIND, title=title, brand=brand, by=user, total=len(rows), data=json.dumps(data), options=options)


def _brand_of(model_admin: Any, row: Any) -> Brand | None:
    way = model_admin.brand_path
    if way is None:
        return None
    key = type(row)._default_manager.filter(pk=row.pk).values_list(way, flat=True).first()
    return Brand.objects.filter(pk=key).first()


def work(job: Job) -> Iterator[str | None]:
    """The rows one after the other, by the right of who started the job: whoever lost it meanwhile does nothing more."""
    model_admin = _admin_of(job)
    kept = json.loads(job.data)
    answers = QueryDict(mutable=True)
    for name, values in kept["post"].items():
        answers.setlist(name, values)
    request = _request(job)
    question = form = None
    for key in kept["keys"][job.done + job.failed :]:
        with _acting(request):
            row = model_admin.get_queryset(request).filter(pk=key).first()
            if row is None:
                words = _("It is not there any more, or not yours to change.")
            elif not model_admin.has_act_permission(request, row):
                words = _("Whoever started this may not do it any more.")
            else:
                if form is None:
                    question = getattr(model_admin, job.options["build"])(request, [row])
                    form = question.form(answers)
                    form.is_valid()
                words = _one(model_admin, request, row, question, form.cleaned_data)
        line = io.StringIO()
        csv.writer(line).writerow([key, words])
        job.result += line.getvalue()
        yield words or None


def _one(model_admin: Any, request: HttpRequest, row: Any, question: Any, data: dict[str, Any]) -> str:
    """Empty, or why it was refused."""
    try:
        words: str = model_admin.answer(request, row, question, data)
    except Exception:  # noqa: BLE001  one row among hundreds: it is said, the others go on
        log.exception("%s %s: unexpected", row._meta.label, row.pk)
        return _("An unexpected error; the operator's log has the details.")
    return words


def outcomes(job: Job, request: HttpRequest, limit: int | None = None) -> list[Outcome]:
    """What became of the rows so far, those first that were refused; names as the reader of the page may see them."""
    found = [(key, words) for key, words in csv.reader(io.StringIO(job.result))]
    found.sort(key=lambda pair: not pair[1])
    found = found[:limit]
    model_admin = _admin_of(job)
    may_look = model_admin.has_view_permission(request)
    keys = [model_admin.opts.pk.to_python(key) for key, _words in found] if may_look else []
    rows = {str(row.pk): row for row in model_admin.get_queryset(request).filter(pk__in=keys)}
    return [
        Outcome(str(rows[key]) if key in rows else key, _page(model_admin, key) if key in rows else "", words)
        for key, words in found
    ]


def _page(model_admin: Any, key: str) -> str:
    try:
        return reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_change", args=[key])
    except NoReverseMatch:
        return ""


def keys(model: Any, text: str) -> list[Any]:
    """The keys in a field of the question's page; nothing that is none."""
    found = []
    for part in text.split(","):
        try:
            found.append(model._meta.pk.to_python(part))
        except ValidationError:
            continue
    return found


def _admin_of(job: Job) -> Any:
    return admin.site._registry[apps.get_model(job.options["model"])]


def _request(job: Job) -> HttpRequest:
    """What the actions ask of a request: who, where, and that it is the administration."""
    request = HttpRequest()
    request.path = request.path_info = reverse("admin:index")
    request.method = "POST"
    request.user = job.by or AnonymousUser()
    request.brand = job.brand  # type: ignore[attr-defined]
    return request


@contextmanager
def _acting(request: HttpRequest) -> Iterator[None]:
    """Inside, the audit log names who started the job, and names are masked as for her."""
    token = audit.REQUEST.set(request)
    try:
        yield
    finally:
        audit.REQUEST.reset(token)
