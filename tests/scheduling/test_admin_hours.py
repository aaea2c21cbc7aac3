"""Hours, overrides and meeting types in Django admin are written as people write them."""

from django.test import Client
from django.urls import reverse

from directory.models import Professional
from scheduling.models import AvailabilityOverride, AvailabilityRule, MeetingType
from tests import factories


def page(name: str, *args: object) -> str:
    return reverse(f"admin:scheduling_{name}", args=args)


def test_hours_are_written_as_clock_times(alice: Professional, admin_client: Client) -> None:
    data = {"host": alice.pk, "weekday": 5, "start_minute": "9:30", "end_minute": "24:00"}
    assert admin_client.post(page("availabilityrule_add"), data).status_code == 302
    rule = AvailabilityRule.objects.get(host=alice, weekday=5)
    assert (rule.start_minute, rule.end_minute) == (570, 1440)
    assert 'value="09:30"' in admin_client.get(page("availabilityrule_change", rule.pk)).content.decode()
    for bad in (
        {"start_minute": "noon"},
        {"end_minute": "9:00"},
        {"end_minute": "24:30"},
        {"start_minute": "10:00", "end_minute": "11:00"},  # overlaps
        {"start_minute": ""},
    ):
        assert admin_client.post(page("availabilityrule_add"), {**data, **bad}).status_code == 200
    assert AvailabilityRule.objects.filter(host=alice, weekday=5).count() == 1


def test_overrides_are_written_as_windows(alice: Professional, admin_client: Client) -> None:
    data = {"host": alice.pk, "first_date": "2030-05-01", "last_date": "2030-05-02"}
    url = page("availabilityoverride_add")
    assert admin_client.post(url, {**data, "windows": "13:00–17:30, 9:00-12:00"}).status_code == 302
    override = AvailabilityOverride.objects.get()
    assert override.windows == [[540, 720], [780, 1050]]
    assert (
        "09:00–12:00, 13:00–17:30"
        in admin_client.get(page("availabilityoverride_change", override.pk)).content.decode()
    )
    assert admin_client.post(url, {**data, "windows": ""}).status_code == 302
    for bad in ({"windows": "morning"}, {"windows": "12:00-9:00"}, {"last_date": "2030-04-01"}):
        assert admin_client.post(url, {**data, **bad}).status_code == 200
    assert AvailabilityOverride.objects.count() == 2


def test_meeting_types_keep_to_their_host(
    meeting_type: MeetingType, charlie: Professional, admin_client: Client
) -> None:
    other = factories.make_meeting_type(meeting_type.host)
    url = page("meetingtype_change", meeting_type.pk)
    context = admin_client.get(url).context
    form = context["adminform"].form
    assert set(form.fields["office"].queryset) == set(meeting_type.host.offices.all())
    data = {name: value for name in form.fields if (value := form[name].value()) not in (None, "")}
    for inline in context["inline_admin_formsets"]:
        counts = inline.formset.management_form
        data |= {counts.add_prefix(name): counts[name].value() for name in counts.fields}
    assert admin_client.post(url, {**data, "slug": other.slug}).status_code == 200
    assert admin_client.post(url, {**data, "office": charlie.offices.get().pk}).status_code == 200
    assert admin_client.post(url, {**data, "daily_limit": 5, "weekly_limit": 2}).status_code == 200
    assert admin_client.post(url, {**data, "title": "A longer talk"}).status_code == 302
    meeting_type.refresh_from_db()
    assert meeting_type.title == "A longer talk"
