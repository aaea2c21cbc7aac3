"""What goes in and out about members: the operator's part of the vocabulary."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from directory import contacts
from directory.models import Professional
from scheduling.api.shapes import Instant, OfficeOut, Shape
from scheduling.progress import State

MOST = 200  # members of one call


class PartOut(Shape):
    kind = serializers.CharField(help_text="user, availability, personal_page or meeting_type.")
    label = serializers.CharField(help_text="The kind in the caller's language.")
    name = serializers.CharField(help_text="Which meeting type, for example.")
    state = serializers.ChoiceField(State.choices)
    state_text = serializers.CharField(source="state.label")
    connection = serializers.CharField(help_text="The operator's name of the account at the provider.")
    remote_id = serializers.CharField(help_text="Its id there; empty until it exists.")
    proven_at = serializers.DateTimeField(allow_null=True, help_text="When the provider last showed it as we want it.")
    attempts = serializers.IntegerField()
    error = serializers.CharField(help_text="In the provider's own words.")


class OnboardingOut(Shape):
    state = serializers.ChoiceField(State.choices, help_text="The worst of its parts.")
    state_text = serializers.CharField(source="state.label", help_text="The same in the caller's language.")
    connection = serializers.CharField(help_text="Where the member belongs; empty: the built-in engine.")
    provider = serializers.CharField()
    problem = serializers.CharField(help_text="Why nothing goes on there, if nothing does.")
    parts = PartOut(many=True)


# Context: `standings`, by key; `contacts`: whether e-mail and phone are shown whole.
class MemberOut(serializers.ModelSerializer):  # type: ignore[type-arg]
    id = serializers.IntegerField(source="pk")
    email = serializers.SerializerMethodField(help_text="Masked without the scope members:contacts.")
    phone = serializers.SerializerMethodField(help_text="Masked without the scope members:contacts.")
    prefix = serializers.CharField(source="person.prefix")
    first_name = serializers.CharField(source="person.first_name")
    last_name = serializers.CharField(source="person.last_name")
    language = serializers.CharField(source="person.language")
    time_zone = serializers.CharField()
    specialties = serializers.SlugRelatedField(slug_field="slug", many=True, read_only=True)
    languages = serializers.SlugRelatedField(slug_field="code", many=True, read_only=True)
    offices = OfficeOut(many=True, read_only=True)
    is_public = serializers.BooleanField(help_text="Listed, and something can be booked.")
    profile_url = serializers.SerializerMethodField()
    onboarding = serializers.SerializerMethodField()

    class Meta:
        model = Professional
        fields = [
            "id",
            "reference",
            "slug",
            "status",
            "is_public",
            "email",
            "phone",
            "prefix",
            "first_name",
            "last_name",
            "language",
            "time_zone",
            "title",
            "about",
            "fees",
            "registration",
            "specialties",
            "languages",
            "offices",
            "accepts_new_clients",
            "paused",
            "profile_url",
            "onboarding",
            "submitted_at",
            "decided_at",
            "refusal_reason",
            "created_at",
            "updated_at",
        ]

    def get_email(self, member: Professional) -> str:
        return self._contact(member.person.email)

    def get_phone(self, member: Professional) -> str:
        return self._contact(member.person.phone)

    def _contact(self, value: str) -> str:
        return value if self.context["contacts"] else contacts.mask(value)

    def get_profile_url(self, member: Professional) -> str:
        return member.brand.url(member.get_absolute_url())

    @extend_schema_field(OnboardingOut)
    def get_onboarding(self, member: Professional) -> Any:
        return OnboardingOut(self.context["standings"][member.pk]).data


class MembersQuery(Shape):
    updated_since = Instant(required=False, help_text="Of the member's own data; onboarding has states of its own.")
    status = serializers.ChoiceField(Professional.Status.choices, required=False)
    onboarding = serializers.ChoiceField(
        State.choices, required=False, help_text="The worst state of what is at the provider."
    )
    reference = serializers.CharField(max_length=60, required=False)
    email = serializers.CharField(max_length=254, required=False)
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=MOST, required=False)


def _text(help_text: str = "") -> serializers.CharField:
    """Lengths and meanings are those of the columns; `directory.imports` checks them."""
    return serializers.CharField(required=False, allow_blank=True, help_text=help_text)


class MemberOfficeIn(Shape):
    name = _text()
    street = serializers.CharField()
    postcode = serializers.CharField()
    city = serializers.CharField()
    country = _text("ISO 3166-1, two letters. Default: the directory's.")


class MemberIn(Shape):
    """What is not named, and what is empty, stays as it is."""

    reference = _text("The member's number in your system.")
    email = _text()
    prefix = _text("Academic title.")
    first_name = _text()
    last_name = _text()
    phone = _text()
    language = _text("Of mails: a language of the directory.")
    time_zone = _text("IANA name.")
    title = _text("Professional title.")
    about = _text()
    fees = _text()
    registration = _text("Chamber and register number.")
    specialties = serializers.ListField(
        child=serializers.CharField(max_length=80), required=False, max_length=50, help_text="Slugs, names or synonyms."
    )
    languages = serializers.ListField(
        child=serializers.CharField(max_length=8), required=False, max_length=50, help_text="Spoken with clients."
    )
    office = MemberOfficeIn(required=False, help_text="The first office.")


@extend_schema_field(MemberIn(many=True))
class Items(serializers.ListField):
    """Anything: each is checked by itself, so that one that is wrong does not stop the others."""


class MembersIn(Shape):
    key = serializers.ChoiceField(["reference", "email"], default="reference", help_text="By what a member is known.")
    submit = serializers.BooleanField(default=False, help_text="Also hand in drafts that are complete.")
    members = Items(child=serializers.JSONField(), min_length=1, max_length=MOST, help_text=f"At most {MOST}.")


@extend_schema_field({"$ref": "#/components/schemas/Problem"})
class ProblemField(serializers.JSONField):
    """As an error of a whole call has it; pointers lead into the request."""


class MemberResult(Shape):
    index = serializers.IntegerField(help_text="Of the request's list, from 0.")
    result = serializers.ChoiceField(["created", "updated", "refused"])
    member = MemberOut(required=False, help_text="Unless it was refused.")
    problem = ProblemField(required=False, help_text="Where it was refused; nothing of this item was written.")


class MembersWritten(Shape):
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = MemberResult(many=True)
