"""Calls by operation id, lists page by page, and what MeetBit's refusals mean."""

import json
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _

from integrations.errors import Conflict, OutcomeUnknown, ProviderError, Rejected, Transient, Unauthorised, Unsupported
from integrations.http import Answer, Http, redact
from integrations.providers.meetbit.endpoints import endpoint_table, parameter_table

Row = dict[str, Any]
API = "/api/public/v2.0"
# Fields by which MeetBit tells two objects apart: a complaint about one of them may mean "exists already".
UNIQUE = ("email", "public_id")
TAKEN = re.compile(r"taken|already|exists?\b|unique|in use", re.IGNORECASE)
MOST_PAGES = 10_000


class Client:
    """`options`: those of the connection, with their defaults."""

    def __init__(self, http: Http, options: Mapping[str, Any]) -> None:
        self.http, self.options = http, options
        self.table, self.parameters = endpoint_table(options), parameter_table(options)

    @property
    def site(self) -> str:
        """Scheme, host and what stands before the API: the tenant's own pages."""
        return self.http.base_url.removesuffix(API)

    def may(self, operation: str) -> bool:
        return not self.table[operation].optional or operation in self.options["enabled_optional"]

    def call(
        self,
        operation: str,
        ids: Mapping[str, Any] = MappingProxyType({}),
        *,
        body: Row | None = None,
        params: Row | None = None,
    ) -> Any:
        """`data` of the answer, unwrapped. `ids` fill in the path. Raises the six errors."""
        endpoint = self.table[operation]
        if not self.http.base_url:
            raise Unsupported(_("Enter the address of the API: it begins with your own domain at MeetBit."))
        if not self.may(operation):
            raise Unsupported(
                _("“%(operation)s” is switched off: name it in the option enabled_optional to allow it.")
                % {"operation": operation}
            )
        try:
            answer = self.http.request(endpoint.method, endpoint.path.format(**ids), json=body, params=params)
        except ProviderError as error:
            if error.status in endpoint.success:
                return {}
            raise
        return unwrapped(answer)

    def create(self, operation: str, body: Row) -> Row:
        """Like `call`, for an answer that must carry the new id; without one the outcome is unknown."""
        made = self.call(operation, body=body)
        if not isinstance(made, dict) or not _is_id(made.get("id")):
            raise OutcomeUnknown(f"{operation}: the answer names no id.")
        return made

    def get(self, operation: str, ids: Mapping[str, Any]) -> Row:
        """One object."""
        found = self.call(operation, ids)
        if not isinstance(found, dict) or not found:
            raise Transient(f"{operation}: the answer is no object.")
        return found

    def pages(
        self,
        operation: str,
        ids: Mapping[str, Any] = MappingProxyType({}),
        *,
        where: tuple[str, Any] | None = None,
        trashed: bool = False,
    ) -> Iterator[Row]:
        """Every row of a list; `where`: (attribute, value) as a filter. Ends at a short page, or one with nothing new."""
        names, size = self.parameters, int(self.options["list_page_size"])
        params: Row = {}
        if where:
            attribute, value = where
            params = {
                names["filter_attribute"]: attribute,
                names["filter_operator"]: self.options["filter_equals"],
                names["filter_value"]: value,
            }
        if trashed:
            params[names["with_trashed"]] = 1
        seen: set[Any] = set()
        for number in range(1, MOST_PAGES):
            page = {names["page_size"]: size, names["page_number"]: number}
            rows = listed(self.call(operation, ids, params={**params, **page}))
            fresh = [row for row in rows if row.get("id") not in seen]
            seen.update(row.get("id") for row in fresh)
            yield from fresh
            if len(rows) < size or not fresh:
                return


def _is_id(value: Any) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool) and value != ""


def unwrapped(answer: Answer) -> Any:
    """The vendor says that objects are usually wrapped in {"message", "data"}: so both are read."""
    body = answer.json()
    return body["data"] if isinstance(body, dict) and "data" in body and "id" not in body else body


def listed(data: Any) -> list[Row]:
    """Rows of a list: the place of the paging data is unknown, so a list inside an object is found as well."""
    if isinstance(data, dict):
        data = next((data[name] for name in ("data", "items") if isinstance(data.get(name), list)), None)
    if not isinstance(data, list):
        raise Transient("The answer is no list.")
    return [row for row in data if isinstance(row, dict)]


def classify(answer: Answer) -> ProviderError | None:
    """What MeetBit means where the status alone does not tell. Most refusals are plain text."""
    words = answer.text.strip()[:500]
    if answer.status == 401:
        # Also for a missing permission, never 403: only the text differs.
        if "access denied" in answer.text.strip().lower():
            return Unauthorised(
                _("The key is right, but its role lacks a permission for this: %(words)s") % {"words": words},
                status=401,
            )
        return Unauthorised(_("The key is wrong or was removed: %(words)s") % {"words": words}, status=401)
    if answer.status == 409 and answer.method in ("PATCH", "PUT", "DELETE"):
        return Rejected(
            _("MeetBit changes nothing on a meeting that has begun: %(words)s") % {"words": words}, status=409
        )
    if answer.status == 400:
        return _invalid(answer)
    return None


def _invalid(answer: Answer) -> ProviderError | None:
    """Laravel's {"message", "errors": {field: [messages]}}."""
    try:
        body = json.loads(answer.text)
        errors = {
            str(name): [redact(str(one)) for one in (said if isinstance(said, list) else [said])]
            for name, said in body["errors"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    words = " ".join(f"{name}: {', '.join(said)}" for name, said in errors.items()) or str(body.get("message"))
    if any(name in errors and TAKEN.search(" ".join(errors[name])) for name in UNIQUE):
        return Conflict(words, status=400)
    return Rejected(words, status=400, fields=errors)
