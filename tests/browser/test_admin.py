"""A day of staff: two roles, one brand. A profile is approved, contact data revealed, and the audit log knows it."""

import re
from datetime import datetime

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Page, expect

from directory import jobs, notices, roles
from directory.admin import verbs
from directory.models import Brand, CheckItem, Job, Professional
from integrations.models import Connection, HookEndpoint, Mirror, WebhookEvent
from scheduling import bookings
from scheduling.models import SpamRule
from tests import factories
from tests.browser.tools import assert_no_horizontal_scroll, axe_violations


def log_in(page: Page, email: str) -> None:
    page.goto("/admin/login/?next=/admin/")
    page.get_by_label(re.compile("^e-?mail", re.IGNORECASE)).fill(email)
    page.get_by_label(re.compile("^password", re.IGNORECASE)).fill(factories.PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page).to_have_url(re.compile("/admin/$"))


def look(page: Page) -> None:
    """What unfold leaves to be wished for is moderate; nothing worse, and nothing of ours."""
    worse = [text for text in axe_violations(page) if "(serious)" in text or "(critical)" in text]
    assert not worse, f"{page.url}\n" + "\n".join(worse)


def test_the_bar_of_actions_fits_in_both_languages(directory: Brand, origin, admin_user, alice, new_page):
    account = Connection.objects.create(brand=directory, provider="meetergo", name="meetergo", is_default=True)
    page: Page = new_page()
    log_in(page, admin_user.email)
    for language, more in (("en", "More"), ("de", "Mehr")):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": origin}])
        for path in (f"directory/professional/{alice.pk}", f"integrations/connection/{account.pk}"):
            page.goto(f"/admin/{path}/change/")
            expect(page.get_by_role("button", name=more)).to_be_visible()
            assert_no_horizontal_scroll(page)
    page.get_by_role("button", name="Mehr").press("Enter")
    expect(page.get_by_role("link", name="Zugangsdaten eingeben")).to_be_visible()


def test_approve_look_reveal_and_be_on_record(directory: Brand, admin_user, alice, next_monday: datetime, new_page):
    roles.make()
    staff = factories.make_user(email="staff@example.org", is_staff=True)
    staff.groups.set(Group.objects.filter(name__in=["Support", "Moderation"]))
    staff.brands.add(directory)
    wanda = factories.make_professional(directory, last_name="Wartet", status="submitted", bookable=False)
    CheckItem.objects.create(brand=directory, text="Found in the register")
    booking = bookings.enter(alice.meeting_types.first(), next_monday, name="Bob Berg", email="bob@example.org")

    page: Page = new_page()
    log_in(page, staff.email)
    look(page)
    page.goto(f"/admin/directory/professional/{wanda.pk}/review/")
    look(page)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Not ticked yet: Found in the register")).to_be_visible()
    page.get_by_label("Found in the register").check()
    page.get_by_role("button", name="Approve").click()
    expect(page).not_to_have_url(re.compile("/review/$"))
    assert Professional.objects.get(pk=wanda.pk).status == "listed"

    page.goto("/admin/directory/professional/")
    look(page)
    page.goto(
        f"/admin/directory/professional/{alice.pk}/why/?type={booking.meeting_type_id}&day={next_monday:%Y-%m-%d}&at=10:00"
    )
    expect(page.get_by_text("Taken", exact=True)).to_be_visible()
    look(page)

    page.goto(f"/admin/scheduling/booking/{booking.pk}/change/")
    expect(page.get_by_text("b•••@e•••.org").first).to_be_visible()
    expect(page.get_by_text("bob@example.org")).to_have_count(0)
    page.get_by_role("link", name="Show").first.click()
    page.get_by_role("button", name="Show contact data").click()
    expect(page.get_by_text("bob@example.org")).to_be_visible()
    look(page)
    page.goto("/admin/directory/auditevent/")
    expect(page.get_by_text("staff@example.org")).to_have_count(0)  # the log is not for everybody

    owner: Page = new_page()
    log_in(owner, admin_user.email)
    owner.goto("/admin/directory/auditevent/")
    line = owner.get_by_role("row").filter(has_text="staff@example.org").filter(has_text="contact data")
    expect(line.first).to_be_visible()
    look(owner)


LISTS = [
    "directory/job",
    "directory/specialty",
    "directory/auditevent",
    "directory/professional/import",
    "scheduling/blockedattempt",
    "scheduling/spamrule",
    "scheduling/spamrule/add",
    "scheduling/mailtext",
    "scheduling/consent",
    "scheduling/message",
    "directory/loggedmail",
    "integrations/hookendpoint",
    "integrations/hookdelivery",
    "integrations/webhookevent",
    "integrations/mirror",
    "integrations/connection",
]


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("de", "dark")])
def test_lists_of_staff_are_accessible(
    directory: Brand, origin, admin_user, alice, next_monday, new_page, language, scheme
):
    """With a row in each: an empty list proves little."""
    account = Connection.objects.create(brand=directory, provider="meetergo", name="meetergo")
    Mirror.objects.create(connection=account, kind="user", local_uid=str(alice.pk), remote_id="r1", due_at=None)
    WebhookEvent.objects.create(connection=account, event_key="1", body="{}", type="booking_created")
    HookEndpoint.objects.create(brand=directory, url="https://example.org/hook")
    SpamRule.objects.create(brand=directory, kind="domain", value="spam.example")
    factories.make_specialty(directory, "Family law")
    notices.send(alice.pk, Professional.Status.LISTED)
    booking = bookings.enter(alice.meeting_types.first(), next_monday, name="Bob Berg", email="bob@example.org")
    job = jobs.start(
        "list action",
        title="Approve 30 profiles",
        brand=directory,
        by=admin_user,
        total=2,
        options={"model": "directory.professional", "build": "_approval"},
    )
    Job.objects.update(status="done", done=1, failed=1, result=f"{alice.pk},\r\n{alice.pk},It is closed.\r\n")
    page: Page = new_page(color_scheme=scheme)
    log_in(page, admin_user.email)
    page.context.add_cookies([{"name": "django_language", "value": language, "url": origin}])
    for path in [*LISTS, f"directory/job/{job.pk}/change", f"scheduling/booking/{booking.pk}/cancel"]:
        page.goto(f"/admin/{path}/")
        assert "/login/" not in page.url
        look(page)
        assert_no_horizontal_scroll(page)


def test_lists_on_a_phone_keep_their_title_and_their_words(directory: Brand, origin, admin_user, new_page):
    factories.make_specialty(directory, "Wohnungseigentumsrecht")
    page: Page = new_page(viewport={"width": 360, "height": 740})
    log_in(page, admin_user.email)
    page.context.add_cookies([{"name": "django_language", "value": "de", "url": origin}])
    page.goto("/admin/directory/specialty/?q=wohnung")
    title = page.locator("h1").get_by_text("Fachgebiete")
    assert title.evaluate("(one) => one.scrollWidth <= one.clientWidth || one.getBoundingClientRect().width > 60")
    label = page.locator("#changelist [data-label='Name in der Adresse']").first
    assert label.evaluate("(cell) => getComputedStyle(cell, '::before').textTransform") == "none"
    assert_no_horizontal_scroll(page)


def test_many_rows_are_done_by_a_job_that_can_be_watched(directory: Brand, admin_user, new_page, monkeypatch):
    monkeypatch.setattr(verbs, "INLINE", 1)
    for name in ("Erste", "Zweite"):
        factories.make_professional(directory, last_name=name)
    page: Page = new_page()
    log_in(page, admin_user.email)
    page.goto("/admin/directory/professional/?status__exact=listed")
    page.locator("#action-toggle").check(force=True)
    page.locator("select[name=action]").select_option("suspend_chosen")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("A worker does it, one row after the other.")).to_be_visible()
    look(page)
    page.get_by_label("Reason").fill("The register was wrong.")
    page.get_by_role("button", name="Suspend").click()
    total = Job.objects.get().total
    expect(page.get_by_text(f"0 of {total} done")).to_be_visible()
    jobs.run_next()
    expect(page.get_by_text(f"{total} of {total} done")).to_be_visible()  # the page asks again by itself
    expect(page.get_by_role("link", name="Download the result")).to_be_visible()
    look(page)
    assert not Professional.objects.filter(status="listed").exists()
