"""The operator's members: a program of the whole brand lists them, sends them in bulk, sees how far their set-up is."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from directory import audit, imports
from directory.models import Professional
from scheduling import progress
from scheduling.api import member_shapes as shapes
from scheduling.api.base import Endpoint, Page
from scheduling.api.problems import body, problem_of
from scheduling.api.public import IDEMPOTENCY
from scheduling.api.shapes import page_of

READ, WRITE, CONTACTS = "members:read", "members:write", "members:contacts"
# Columns of an import that are inside of `office` here.
OFFICE = {"office": "name", **{name: name for name in imports.OFFICE[1:]}}

audit.WORDS["members.sent"] = gettext_lazy("members sent by a program")


class MembersEndpoint(Endpoint):
    def members(self) -> QuerySet[Professional]:
        rows = Professional.objects.of_brand(self.brand).select_related("person")
        return rows.prefetch_related("specialties", "languages", "offices")

    def shown(self, members: Iterable[Professional]) -> dict[int, dict[str, Any]]:
        """By key, with how far each is; contact data as the scopes allow."""
        rows = list(members)
        for row in rows:
            row.brand = self.brand  # which knows its host already
        context = {
            "standings": progress.progress().of(rows, self.brand),
            "contacts": CONTACTS in self.caller.scopes,
        }
        return {row.pk: dict(shapes.MemberOut(row, context=context).data) for row in rows}


class Members(MembersEndpoint):
    scopes: ClassVar = {"GET": READ, "POST": WRITE}

    @extend_schema(
        parameters=[shapes.MembersQuery],
        responses=page_of(shapes.MemberOut),
        tags=["Operator: members"],
        operation_id="listMembers",
    )
    def get(self, request: Request) -> Response:
        """Members by when they last changed. Nothing disappears: who left stays, as *closed*, without her data."""
        asked = self.query(shapes.MembersQuery)
        found = self.members()
        for name, column in (
            ("updated_since", "updated_at__gte"),
            ("status", "status"),
            ("reference", "reference"),
            ("email", "person__email__iexact"),
        ):
            if name in asked:
                found = found.filter(**{column: asked[name]})
        if "onboarding" in asked:
            found = progress.progress().in_state(found, self.brand, progress.State(asked["onboarding"]))
        page = Page()
        rows = page.paginate_queryset(found, request, view=self)
        return page.get_paginated_response(list(self.shown(rows or []).values()))

    @extend_schema(
        request=shapes.MembersIn,
        parameters=[IDEMPOTENCY],
        responses=shapes.MembersWritten,
        tags=["Operator: members"],
        operation_id="sendMembers",
    )
    def post(self, request: Request) -> Response:
        """Add members, or change those that key finds. Each item is written as a whole or not at all, whatever becomes
        of the others: look at `results`, which has one for each in the same order."""
        asked = self.data(shapes.MembersIn)
        checker = imports.Checker(self.brand, asked["key"])
        before = set(Professional.objects.of_brand(self.brand).values_list("pk", flat=True))
        results: list[dict[str, Any]] = []
        for index, item in enumerate(asked["members"]):
            pointer = f"#/members/{index}"
            try:
                member = imports.write(checker, _row(item), submit=asked["submit"])
            except (exceptions.ValidationError, ValidationError) as error:
                results.append({"index": index, "result": "refused", "problem": self._refusal(error, pointer)})
            else:
                result = "updated" if member.pk in before else "created"
                results.append({"index": index, "result": result, "member": member.pk})
        shown = self.shown(self.members().filter(pk__in=[one["member"] for one in results if "member" in one]))
        for one in results:
            if "member" in one:
                one["member"] = shown[one["member"]]
        counts = {name: sum(one["result"] == name for one in results) for name in ("created", "updated", "refused")}
        if self.caller.program:
            note = ", ".join(f"{name} {count}" for name, count in counts.items())
            audit.record("members.sent", self.caller.program, note=note)
        return Response({**counts, "results": results})

    def _refusal(self, error: Exception, pointer: str) -> dict[str, Any]:
        """The problem of one item, with pointers into the request."""
        problem = problem_of(error)
        assert problem is not None
        of_import = isinstance(error, ValidationError)
        for one in problem.more["errors"]:
            inner = one["pointer"].removeprefix("#")
            one["pointer"] = pointer + (_pointer(inner) if of_import else inner)
        return body(problem, self.request)


def _row(item: object) -> dict[str, str]:
    """One item as a row of an import. Raises DRF's ValidationError for what has another shape."""
    serializer = shapes.MemberIn(data=item)
    serializer.is_valid(raise_exception=True)
    data = dict(serializer.validated_data)
    for name in ("specialties", "languages"):
        values = data.pop(name, [])
        if any(imports.SEPARATOR in value for value in values):
            raise exceptions.ValidationError({name: [_("No value has a “%(sign)s”.") % {"sign": imports.SEPARATOR}]})
        data[name] = imports.SEPARATOR.join(values)
    office = data.pop("office", {})
    data |= {column: office[name] for column, name in OFFICE.items() if name in office}
    return {name: value.strip() for name, value in data.items()}


def _pointer(pointer: str) -> str:
    """/street, a column of the import → /office/street."""
    name = pointer.removeprefix("/")
    return f"/office/{OFFICE[name]}" if name in OFFICE else pointer


class OneMember(MembersEndpoint):
    scopes: ClassVar = {"GET": READ}

    @extend_schema(responses=shapes.MemberOut, tags=["Operator: members"], operation_id="getMember")
    def get(self, request: Request, pk: int) -> Response:
        """One member, with how far she is at her provider."""
        member = get_object_or_404(self.members(), pk=pk)
        return Response(self.shown([member])[member.pk])


class Onboarding(MembersEndpoint):
    scopes: ClassVar = {"GET": READ}

    @extend_schema(responses=shapes.OnboardingOut, tags=["Operator: members"], operation_id="getOnboarding")
    def get(self, request: Request, pk: int) -> Response:
        """Where the member belongs and how far each part of the account there is."""
        member = get_object_or_404(self.members(), pk=pk)
        return Response(shapes.OnboardingOut(progress.progress().of([member], self.brand)[member.pk]).data)
