"""What members are at meetergo, over HTTP against its copy: users, hours, meeting types."""

from dataclasses import replace
from datetime import date

import pytest

from integrations.contract import (
    Closure,
    Remote,
)
from integrations.errors import Conflict, NotFound, Rejected
from integrations.providers.meetergo import templates
from tests.integrations.meetergo_world import (
    CHANGED,
    HOURS,
    LONG,
    NOW,
    TYPE,
    USER,
    book,
    make_type,
    make_user,
    provider_of,
)


@pytest.fixture
def provider(sandbox):
    return provider_of(sandbox)


@pytest.fixture
def user(provider):
    return make_user(provider)


# --- users ----------------------------------------------------------------------------------------------------------


def test_all_five_ids_and_the_url_are_kept_verbatim(sandbox, provider, user):
    stored = sandbox.objects("meetergo", "user")[-1]
    assert user.data["userId"] == user.id == stored["id"]
    assert user.data["availabilityId"] == stored["defaultAvailabilityId"]
    assert {each["id"] for each in sandbox.objects("meetergo", "meetingType")} == {user.data["meetingTypeId"]}
    assert user.data["companyId"] == stored["companyId"]
    assert user.data["bookingUrl"] == f"{sandbox.base('meetergo')}/erika-mueller/erstgespraech"


@pytest.mark.parametrize("status", [409, 400])
def test_a_known_address_is_a_conflict_and_can_be_found(sandbox, provider, user, status):
    sandbox.switch("meetergo", "U1", status)
    with pytest.raises(Conflict, match="already exists"):
        make_user(provider)
    users = provider.resource("user")
    assert users.find("7", users.payload(replace(USER, email="ERIKA@example.org"))).id == user.id


def test_a_persons_own_account_is_not_taken_over(sandbox, provider, user):
    sandbox.edit("meetergo", "user", user.id, userType="standard")
    users = provider.resource("user")
    with pytest.raises(Rejected, match="by hand"):
        users.find("7", users.payload(USER))


def test_a_changed_address_is_shown_with_the_way_out_and_the_name_changes_all_the_same(sandbox, provider, user):
    users = provider.resource("user")
    changed = users.update(user, users.payload(replace(USER, email="new@example.org", last_name="Neu")))
    assert changed.data["gaps"]["email"][0] == "new@example.org"
    assert "create again" in changed.data["gaps"]["email"][2]
    stored = next(each for each in sandbox.objects("meetergo", "user") if each["id"] == user.id)
    assert (stored["familyName"], stored["email"]) == ("Neu", "erika@example.org")


def test_a_taken_slug_gets_an_ending_and_that_is_no_drift(sandbox, provider, user):
    users = provider.resource("user")
    twin = replace(USER, ref="8", email="other@example.org")
    made = make_user(provider, twin)
    assert made.data["slug"].startswith("erika-mueller-")
    assert "gaps" not in made.data
    assert users.update(made, users.payload(twin)) == made


def test_a_new_slug_changes_the_address_of_every_booking_page(provider, user):
    users = provider.resource("user")
    renamed = users.update(user, users.payload(replace(USER, slug="erika-maier")))
    assert renamed.data["bookingUrl"].endswith("/meetergo/erika-maier/erstgespraech")
    assert make_type(provider, renamed).data["bookingUrl"].endswith("/meetergo/erika-maier/erstgespraech")


def test_a_user_leaves_alone_or_hands_over(sandbox, provider, user):
    heir = make_user(provider, replace(USER, ref="8", email="heir@example.org", slug="the-heir"))
    provider_of(sandbox, transfer_to=heir.id).resource("user").delete(user)
    owners = {each["id"]: each["userId"] for each in sandbox.objects("meetergo", "meetingType")}
    assert owners[user.data["meetingTypeId"]] == heir.id
    provider.resource("user").delete(heir)
    with pytest.raises(NotFound):
        provider.resource("user").read(heir)


def test_a_long_list_of_users_is_read_to_its_end_and_a_repeated_page_ends_it(sandbox, provider):
    sandbox.limit("meetergo", enabled=False)
    for number in range(105):
        make_user(
            provider, replace(USER, ref=str(number), email=f"u{number}@example.org", slug=f"user-number-{number}")
        )
    assert len(list(provider.resource("user").list())) == 105
    sandbox.fault("repeat_page", path="/v4/user", times=None)
    assert len(list(provider.resource("user").list())) < 105


def test_templates_are_given_once(sandbox, provider):
    template = templates.create(provider, replace(TYPE, title="Kennenlernen"))
    sandbox.switch("meetergo", "assign_answer", "empty")
    giving = provider_of(sandbox, templates={"family-law": template})
    facts = replace(USER, specialties=("tax-law", "family-law"))
    user = make_user(giving, facts)
    assert len(user.data["templates"][template]) == 1
    users = giving.resource("user")
    users.update(Remote(user.id, {}), users.payload(facts))
    names = [each["meetingInfo"]["name"] for each in sandbox.objects("meetergo", "meetingType")]
    assert names.count("Kennenlernen") == 1
    assert "templates" in make_user(giving, replace(facts, email="b@example.org", specialties=())).data


# --- hours ----------------------------------------------------------------------------------------------------------


def test_hours_that_came_with_the_user_are_adopted_without_a_write(sandbox, provider, user):
    hours = provider.resource("availability", user)
    payload = hours.payload(HOURS)
    found = hours.find("7", payload)
    assert found.id == user.data["availabilityId"]
    hours.update(found, payload)
    assert not sandbox.log(method="PATCH")


@pytest.mark.parametrize("prefix", ["v4", "root"])
def test_the_prefix_of_schedules_is_an_option(sandbox, prefix):
    sandbox.switch("meetergo", "U8", prefix)
    provider = provider_of(sandbox, availability_prefix=prefix)
    user = make_user(provider)
    hours = provider.resource("availability", user)
    assert hours.update(Remote(user.data["availabilityId"]), hours.payload(CHANGED["availability"]))
    other = provider_of(sandbox, availability_prefix="root" if prefix == "v4" else "v4").resource("availability", user)
    with pytest.raises(Rejected, match="options of the connection"):
        other.read(Remote(user.data["availabilityId"]))


def test_an_array_schedule_that_is_ignored_does_not_go_unnoticed(sandbox):
    sandbox.switch("meetergo", "U2", "ignore")
    provider = provider_of(sandbox, dialect="recipe")
    user = make_user(provider, replace(USER, hours=CHANGED["availability"]))
    hours = provider.resource("availability", user)
    remote = hours.update(hours.find("7", {}), hours.payload(CHANGED["availability"]))
    assert "schedule" in remote.data["gaps"]


def test_closures_are_covered_by_public_holidays_or_shown(sandbox):
    year = NOW.year if NOW.year < 2027 else 2027
    provider = provider_of(sandbox, holiday_country="DE", holiday_state="BY")
    user = make_user(provider)
    hours = provider.resource("availability", user)
    christmas = Closure(date(year, 12, 25), date(year, 12, 26), (), "Weihnachten")
    summer = Closure(date(year, 12, 28), date(year, 12, 30), (), "Urlaub")
    kept = replace(christmas, holiday=True)
    assert str(summer.first) in hours.unmapped(replace(HOURS, closures=(kept, summer)))[0]
    assert str(kept.first) not in hours.unmapped(replace(HOURS, closures=(kept, summer)))[0]
    assert (
        str(kept.first)
        in provider_of(sandbox).resource("availability", user).unmapped(replace(HOURS, closures=(kept,)))[0]
    )
    payload = hours.payload(replace(HOURS, closures=(christmas, summer)))
    remote = hours.update(hours.find("7", payload), payload)
    assert list(remote.data["gaps"]) == [f"closure {year}-12-28"]
    assert "dashboard" in remote.data["gaps"][f"closure {year}-12-28"][2]
    asked = len(sandbox.log(method="PATCH"))
    assert hours.update(remote, payload) == remote
    assert len(sandbox.log(method="PATCH")) == asked
    assert hours.differences(payload, hours.read(remote)) == {}


# --- meeting types --------------------------------------------------------------------------------------------------


def test_the_first_type_is_adopted_and_marked(sandbox, provider, user):
    first = make_type(provider, user)
    assert first.id == user.data["meetingTypeId"]
    assert sandbox.objects("meetergo", "meetingType")[0]["metadata"] == {"ref": "11"}
    assert make_type(provider, user, LONG).id != first.id


def test_another_type_does_not_take_the_first_one(provider, user):
    types = provider.resource("meeting_type", user)
    assert types.find("12", types.payload(replace(LONG, slug=TYPE.slug))) is None


def test_a_slug_that_is_dropped_on_creation_follows(sandbox, provider, user):
    sandbox.switch("meetergo", "U7", "stripped")
    made = make_type(provider, user, replace(LONG, slug="anders"))
    assert made.data["slug"] == "anders"
    assert made.data["bookingUrl"].endswith("/erika-mueller/anders")


def test_fields_that_are_dropped_in_silence_are_shown(sandbox, provider, user):
    made = make_type(provider, user, LONG)
    sandbox.fault("nulls", fields=["bookingMinimum"], times=None)
    types = provider.resource("meeting_type", user)
    again = types.update(made, types.payload(LONG))
    assert again.data["gaps"] == {"bookingMinimum": ["60", "None", "meetergo did not keep it."]}


def test_a_switched_off_type_is_off_at_once(sandbox, provider, user):
    made = make_type(provider, user, replace(LONG, enabled=False))
    stored = next(each for each in sandbox.objects("meetergo", "meetingType") if each["id"] == made.id)
    assert stored["enabled"] is False
    with pytest.raises(Rejected):
        book(provider, made)


def test_a_malformed_id_is_never_asked_for(sandbox, provider, user):
    before = len(sandbox.log())
    with pytest.raises(Rejected, match="no id"):
        provider.resource("meeting_type", user).read(Remote('"x"'))
    assert len(sandbox.log()) == before
