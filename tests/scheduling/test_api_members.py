"""The operator's members over the API: listed, sent in bulk, with how far each is, for programs of their brand only."""

from datetime import timedelta

import pytest
from django.utils import timezone

from directory import accounts, imports
from directory.models import AuditEvent, Person, Professional, Specialty
from scheduling.models import MeetingRoom, MeetingType
from tests import factories
from tests.scheduling.test_api import Api, problem, token_of
from tests.scheduling.test_oauth import access, program

pytestmark = pytest.mark.django_db
ALL = ["members:read", "members:write", "members:contacts"]


@pytest.fixture
def operator(brand) -> Api:
    return access(brand, program(brand, scopes=ALL))


@pytest.fixture(autouse=True)
def family(brand) -> Specialty:
    return Specialty.objects.create(brand=brand, slug="family-law", name_en="Family law", synonyms="Scheidung")


def anna(**changes) -> dict:
    office = {"street": "Weg 1", "postcode": "10115", "city": "Berlin"}
    known = {"reference": "K-1", "email": "anna@example.org", "first_name": "Anna", "last_name": "Öztürk"}
    profile = {"title": "Lawyer", "about": "Hello", "specialties": ["Scheidung"], "languages": ["de", "tr"]}
    return {**known, **profile, "office": office, **changes}


def send(api: Api, *members, **more):
    return api("post", "members", {"members": list(members), **more})


# --- sending ------------------------------------------------------------------------------------------------------


def test_members_are_added_changed_and_refused_one_by_one(operator, brand):
    wrong = anna(reference="K-2", email="nonsense", specialties=["alchemy"], office={"street": "Weg 2"})
    answer = send(operator, anna(), wrong, "nobody", {"reference": "K-4", "surname": "x"}).json()
    assert [answer[name] for name in ("created", "updated", "refused")] == [1, 0, 3]
    made, faulty, text, unknown = answer["results"]
    assert (made["member"]["status"], made["member"]["specialties"]) == ("draft", ["family-law"])
    assert made["member"]["offices"][0]["city"] == "Berlin"
    pointers = {one["pointer"] for one in faulty["problem"]["errors"]}
    assert pointers == {"#/members/1/office/postcode", "#/members/1/office/city"}, "the shape first"
    assert (faulty["problem"]["code"], faulty["problem"]["status"]) == ("validation", 422)
    assert text["problem"]["errors"][0]["pointer"] == "#/members/2"
    assert unknown["problem"]["errors"][0]["pointer"] == "#/members/3/surname"
    assert Professional.objects.filter(brand=brand).count() == 1

    again = send(operator, anna(title="Judge", about=""), anna(reference="K-2", email="nonsense")).json()
    assert [one["result"] for one in again["results"]] == ["updated", "refused"]
    assert again["results"][1]["problem"]["errors"][0]["pointer"] == "#/members/1/email"
    member = Professional.objects.get(reference="K-1")
    assert (member.title, member.about) == ("Judge", "Hello"), "what is empty stays"
    lines = AuditEvent.objects.filter(verb="members.sent")
    assert [line.note for line in lines.order_by("pk")] == [
        "created 1, updated 0, refused 3",
        "created 0, updated 1, refused 1",
    ]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"first_name": ""}, "first_name"),
        ({"specialties": ["alchemy"]}, "specialties"),
        ({"specialties": ["family-law|family-law"]}, "specialties"),
        ({"languages": ["xx"]}, "languages"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"language": "xx"}, "language"),
        ({"phone": "1" * 41}, "phone"),
        ({"reference": ""}, "reference"),
        ({"title": None}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"office": {"name": "x" * 200, "street": "Weg", "postcode": "1", "city": "B"}}, "office/name"),
        ({"office": {"street": "Weg", "postcode": "1" * 30, "city": "B"}}, "office/postcode"),
        ({"office": "here"}, "office"),
    ],
)
def test_each_fault_has_a_pointer(operator, changes, pointer):
    result = send(operator, anna(**changes)).json()["results"][0]
    assert [one["pointer"] for one in result["problem"]["errors"]] == [f"#/members/0/{pointer}"]
    assert not Professional.objects.exists()


def test_problems_of_items_are_in_the_callers_language(operator):
    body = {"members": [anna(languages=["xx"])]}
    said = [
        operator("post", "members", body, **{"Accept-Language": language}).json()["results"][0]["problem"]["title"]
        for language in ("en", "de")
    ]
    assert said[0] != said[1]


def test_whom_an_item_means_is_never_somebody_else(operator, alice, charlie, other_brand):
    theirs = factories.make_professional(other_brand, reference="K-1")
    left = factories.make_professional(alice.brand, reference="K-9")
    accounts.close_account(left)
    answer = send(
        operator,
        anna(email="alice@example.org"),
        anna(reference="K-9", email="new@example.org"),
        anna(reference="K-3", email="c@example.org"),
        anna(reference="k-3", email="d@example.org"),
    ).json()
    codes = [one["problem"]["errors"][0]["code"] if "problem" in one else "" for one in answer["results"]]
    assert codes == ["taken", "closed", "", "twice"]
    by_mail = send(operator, {"email": "ALICE@example.org", "reference": "K-5", "title": "Judge"}, key="email").json()
    assert by_mail["results"][0]["member"]["id"] == alice.pk
    stolen = send(operator, {"reference": "K-5", "email": "thief@example.org"}).json()["results"][0]
    assert stolen["problem"]["errors"][0]["code"] == "log_in"
    theirs.refresh_from_db()
    assert theirs.title == "Lawyer"
    assert Person.objects.filter(brand=other_brand).count() == 1


def test_complete_drafts_are_handed_in_if_wished(operator):
    answer = send(operator, anna(), anna(reference="K-2", email="b@example.org", about=""), submit=True).json()
    assert answer["results"][0]["member"]["status"] == "submitted"
    assert "a text about you" in answer["results"][1]["problem"]["detail"]
    assert not Professional.objects.filter(reference="K-2").exists()


def test_there_are_limits_and_repetitions_get_the_first_answer(operator, monkeypatch):
    problem(operator("post", "members", {"members": []}), 422, "validation")
    problem(operator("post", "members", {"members": [1] * 201}), 422, "validation")
    problem(operator("post", "members", {"members": [anna()], "key": "name"}), 422, "validation")
    key = {"Idempotency-Key": '"import-1"'}
    first = operator("post", "members", {"members": [anna()]}, **key)
    again = operator("post", "members", {"members": [anna()]}, **key)
    assert again.json() == first.json()
    assert again.json()["created"] == 1
    assert again["Idempotency-Replayed"] == "true"


def test_the_rules_are_those_of_the_file(operator, brand):
    """Whatever the table of columns has can be sent, so that the two do not part."""
    from scheduling.api import member_shapes, members

    sent = {*member_shapes.MemberIn().fields} - {"office"}
    assert sent | {*members.OFFICE} == {*imports.COLUMNS}


# --- reading ------------------------------------------------------------------------------------------------------


def test_members_are_listed_by_change_and_filtered(operator, brand, alice, charlie, other_brand, at_most_queries):
    factories.make_professional(other_brand)
    factories.make_professional(brand, status="draft", reference="K-7", slug="dora")
    items = operator("get", "members").json()["items"]
    assert [one["slug"] for one in items] == ["alice-ahrens", "charlie-christ", "dora"]
    assert items[0]["email"] == "alice@example.org"
    assert items[0]["onboarding"]["state"] == "built_in"

    def slugs(query: str) -> list[str]:
        return [one["slug"] for one in operator("get", f"members?{query}").json()["items"]]

    assert slugs("status=draft") == slugs("reference=K-7") == ["dora"]
    assert slugs("email=ALICE@example.org") == ["alice-ahrens"]
    assert slugs("onboarding=done") == []
    assert len(slugs("onboarding=built_in")) == 3
    problem(operator("get", "members?status=none"), 422, "validation")
    problem(operator("get", "members?state=draft"), 422, "validation")
    first = operator("get", "members?limit=2").json()
    assert [one["slug"] for one in operator("get", first["next"]).json()["items"]] == ["dora"]
    operator("get", "members")
    with at_most_queries(12):
        operator("get", "members")


def test_nothing_disappears_and_changes_of_the_person_count(operator, alice, charlie):
    Professional.objects.update(updated_at=timezone.now() - timedelta(days=2))
    since = f"members?updated_since={timezone.now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    assert operator("get", since).json()["items"] == []
    alice.person.phone = "+49 30 1234567"
    alice.person.save()
    assert [one["slug"] for one in operator("get", since).json()["items"]] == ["alice-ahrens"]
    accounts.close_account(charlie)
    accounts.erase(charlie.person)
    gone = operator("get", since).json()["items"][-1]
    assert (gone["id"], gone["status"], gone["email"], gone["last_name"]) == (charlie.pk, "closed", "", "")


def test_one_member_and_her_onboarding(operator, alice):
    assert operator("get", f"members/{alice.pk}").json()["reference"] == ""
    onboarding = operator("get", f"members/{alice.pk}/onboarding").json()
    assert onboarding == {
        "state": "built_in",
        "state_text": "booked by the built-in engine",
        "connection": "",
        "provider": "",
        "problem": "",
        "parts": [],
    }
    problem(operator("get", "members/99999999999999999999"), 404, "not-found")


# --- who may ------------------------------------------------------------------------------------------------------


DOORS = [("get", "members"), ("post", "members"), ("get", "members/{}"), ("get", "members/{}/onboarding")]


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_only_a_program_of_the_brand_with_the_scope_may(brand, other_brand, alice, charlie, operator, method, path):
    path, body = path.format(alice.pk), {"members": [{"reference": "x"}]}
    scope = "members:write" if method == "post" else "members:read"
    assert operator(method, path, body).status_code == 200
    problem(Api(brand)(method, path, body), 401, "unauthorised")
    others = [one for one in ALL if one != scope]
    refused = problem(access(brand, program(brand, scopes=others))(method, path, body), 403, "forbidden-scope")
    assert refused["scope"] == scope
    # Herself, a colleague: no token of a professional reaches the operator's things, whatever it says.
    for who in (alice, charlie):
        problem(Api(brand, token_of(who, *ALL))(method, path, body), 403, "forbidden-scope")
    hers = access(brand, program(brand, professional=alice, scopes=[*ALL, "hours:read"]))
    problem(hers(method, path, body), 403, "forbidden-scope")
    elsewhere = access(other_brand, program(other_brand, scopes=ALL))
    problem(Api(brand, elsewhere.token)(method, path, body), 401, "unauthorised")
    if path != "members":
        problem(elsewhere(method, path, body), 404, "not-found")
    assert not Professional.objects.filter(reference="x").exists()


def test_contact_data_is_masked_without_its_scope(brand, alice):
    alice.person.phone = "+49 30 1234567"
    alice.person.save()
    api = access(brand, program(brand, scopes=["members:read", "members:write"]))
    shown = api("get", f"members/{alice.pk}").json()
    assert (shown["email"], shown["phone"]) == ("a•••@e•••.org", "+49•••67")
    assert "alice@example.org" not in api("get", "members").content.decode()
    sent = send(api, {"email": "alice@example.org", "title": "Judge"}, key="email").json()
    assert sent["results"][0]["member"]["email"] == "a•••@e•••.org"


# --- the public list -----------------------------------------------------------------------------------------------


def test_the_configuration_names_rooms_and_client_categories(brand, alice, meeting_type):
    api, room = Api(brand), MeetingRoom.objects.create(brand=brand, name="Blue", location="2nd floor", capacity=4)
    MeetingRoom.objects.create(brand=brand, name="Closed", is_active=False)
    meeting_type.needs_room = True
    meeting_type.save()
    meeting_type.rooms.add(room)
    found = api("get", "configuration").json()
    assert found["rooms"] == [{"id": room.pk, "name": "Blue", "location": "2nd floor", "capacity": 4, "features": ""}]
    assert [one["id"] for one in found["client_categories"]] == ["new", "existing"]
    shown = api("get", "professionals").json()["items"][0]
    assert (shown["meeting_types"][0]["needs_room"], shown["meeting_types"][0]["rooms"]) == (True, [room.pk])
    assert shown["client_categories"] == ["new", "existing"]
    Professional.objects.update(accepts_new_clients=False)
    assert api("get", "professionals").json()["items"][0]["client_categories"] == ["existing"]


def test_the_public_list_asks_the_same_for_one_and_for_many(brand, at_most_queries):
    api = Api(brand)
    for _count in range(6):
        factories.make_meeting_type(factories.make_professional(brand))
    with at_most_queries(8):
        assert len(api("get", "professionals").json()["items"]) == 6


@pytest.mark.django_db(transaction=True)
def test_who_leaves_the_public_list_is_said_to_be_gone(brand, alice, charlie, meeting_type):
    api = Api(brand)
    factories.make_professional(brand, status="draft")
    Professional.objects.update(updated_at=timezone.now() - timedelta(days=2))
    since = f"professionals?updated_since={timezone.now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    assert api("get", since).json()["items"] == []
    meeting_type.title = "Second meeting"
    meeting_type.save()
    [hers] = api("get", since).json()["items"]
    assert hers["meeting_types"][0]["title"] == "Second meeting"
    MeetingType.objects.get(pk=meeting_type.pk).delete()
    [hers] = api("get", since).json()["items"]
    assert hers == {"id": alice.pk, "gone": True, "updated_at": hers["updated_at"]}, "nothing can be booked any more"
    Professional.objects.filter(pk=charlie.pk).update(status="suspended", updated_at=timezone.now())
    assert [one["id"] for one in api("get", since).json()["items"] if one.get("gone")] == [alice.pk, charlie.pk]
    assert {one["slug"] for one in api("get", "professionals").json()["items"]} == set()
