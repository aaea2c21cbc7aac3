"""Which public holidays the professional keeps."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.access import MemberRequest, professional_required
from scheduling import public_holidays
from scheduling.views.effects import decide


@professional_required
def show(request: MemberRequest) -> HttpResponse:
    """?region=DE-BY shows the holidays of a region, all ticked but those she works on; POST keeps the ticked ones."""
    host = request.professional
    choice = public_holidays.choice_of(host)
    typed = request.POST if request.method == "POST" else request.GET
    country, _dash, region = str(typed.get("region", str(choice or ""))).partition("-")
    known = not country or public_holidays.is_known(country, region)
    if not known:
        country = region = ""
    today = timezone.localdate()
    listed = public_holidays.coming(country, region, today) if country else []
    if request.method == "POST" and known and "back" not in request.POST:
        kept = set(request.POST.getlist("keep"))
        skipped = {holiday.key for holiday in listed if holiday.key not in kept}
        return decide(
            request,
            lambda: public_holidays.keep(host, country, region, skipped).touched,
            title=_("Public holidays"),
            said=_("Your public holidays are saved.") if country else _("Public holidays do not close your calendar."),
            done=lambda: redirect("my_hours"),
        )
    same = choice is not None and str(choice) == "-".join(filter(None, [country, region]))
    skipped = set(choice.skipped) if choice and same else set()
    context = {
        "professional": host,
        "countries": [(code, name, public_holidays.regions(code)) for code, name in public_holidays.COUNTRIES.items()],
        "chosen": "-".join(filter(None, [country, region])),
        "listed": [(holiday, holiday.key not in skipped) for holiday in listed],
        "choice": choice,
    }
    return render(request, "scheduling/member/holidays.html", context, status=200 if known else 422)
