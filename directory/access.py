"""Who may see the professional's pages."""

import zoneinfo
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache

from directory import view_as
from directory.models import Brand, Professional, User
from directory.views.errors import error

P = ParamSpec("P")


class MemberRequest(HttpRequest):
    """A request that passed `professional_required`: for annotations only."""

    brand: Brand
    user: User  # type: ignore[assignment]
    professional: Professional
    LANGUAGE_CODE: str


def professional_of(user: User, brand: Brand) -> Professional | None:
    """The member that a log-in is at this brand, closed or not, with person and brand loaded."""
    return Professional.objects.of_brand(brand).filter(person__user=user).select_related("person", "brand").first()


def professional_required(
    view: Callable[Concatenate[MemberRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let members of request.brand pass, with request.professional set and their own time zone active.

    Anonymous → log-in; a log-in that is no member here → the page to become one, staff → administration; a closed account → 410.
    """

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        professional = view_as.current(request)
        if professional is not None:
            request.viewing_as = professional  # type: ignore[attr-defined]
            if view_as.is_closed(request):
                return error(request, 403, only_looking=True)
        else:
            professional = professional_of(request.user, request.brand)  # type: ignore[attr-defined]
        if professional is None:
            return redirect("admin:index" if request.user.is_staff else "my_join")
        if professional.status == Professional.Status.CLOSED:
            return error(request, 410, account_closed=True)
        professional.brand = request.brand  # type: ignore[attr-defined]
        request.professional = professional  # type: ignore[attr-defined]
        with timezone.override(zoneinfo.ZoneInfo(professional.time_zone)):
            return view(request, *args, **kwargs)  # type: ignore[arg-type]

    return guarded
