"""What every provider's parts must do, over real HTTP, with every row of the error table provoked by a fault.

    class TestAcme(ProviderContract):
        name = "acme"
        kinds = ("user", "meeting_type")

        @pytest.fixture
        def provider(self, sandbox): return open_provider(Acme, sandbox.base("acme"), {"api_key": KEY})

        def facts(self, kind): …            # what should be there
        def changed(self, kind): …          # the same object after an edit
        def owner(self, provider, kind): …  # the parent as a Remote, made if need be

No database: adapters keep no state.
"""

import contextlib
import json
from typing import Any, ClassVar

import pytest

from integrations.contract import CannotFind, Facts, Provider, Remote, Resource
from integrations.errors import (
    Conflict,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    Transient,
    Unauthorised,
    Unsupported,
)
from integrations.http import Http


class OpenGate:
    """No pace of our own; notes what the provider asks for."""

    def __init__(self) -> None:
        self.paused = 0.0

    def enter(self, timeout: float) -> None:
        pass

    def pause(self, seconds: float) -> None:
        self.paused = seconds


def open_provider(cls: type[Provider], base_url: str, *credentials: dict[str, str], **options: Any) -> Provider:
    """As Connection.open, without rows. Later credentials are those of a rotation."""
    blank = cls.__new__(cls)
    http = Http(
        base_url,
        headers=[cls.headers(blank, one) for one in credentials],
        gate=OpenGate(),
        secrets=[value for one in credentials for value in one.values()],
        classify=cls.classify,
    )
    return cls(http, options, credentials[0])


# (fault, its fields, error of a read, error of a write)
ROWS = {
    "connection closed": ("drop", {}, Transient, OutcomeUnknown),
    "answer lost": ("lost", {}, Transient, OutcomeUnknown),
    "answer cut off": ("cut", {}, Transient, OutcomeUnknown),
    "truncated JSON": ("truncated", {}, Transient, OutcomeUnknown),
    "a page instead of JSON": ("html", {}, Transient, OutcomeUnknown),
    "429": ("status", {"status": 429}, Transient, Transient),
    "500": ("status", {"status": 500}, Transient, OutcomeUnknown),
    "502": ("status", {"status": 502, "body": "<html>Bad Gateway</html>"}, Transient, Transient),
    "503": ("status", {"status": 503}, Transient, Transient),
    "504": ("status", {"status": 504}, Transient, Transient),
    "404": ("status", {"status": 404}, NotFound, NotFound),
    "410": ("status", {"status": 410}, NotFound, NotFound),
    "409": ("status", {"status": 409}, Conflict, Conflict),
    "400": ("status", {"status": 400}, Rejected, Rejected),
    "422": ("status", {"status": 422}, Rejected, Rejected),
    "401": ("status", {"status": 401, "times": 9}, Unauthorised, Unauthorised),
    "403": ("status", {"status": 403}, Unauthorised, Unauthorised),
}


class ProviderContract:
    """`error_kind`: the resource at which errors are provoked; it is created with `write` and read with `read`."""

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]
    error_kind: ClassVar[str] = "user"
    # What the provider is known not to keep, by kind: shown as drift, never dropped in silence.
    gaps: ClassVar[dict[str, set[str]]] = {}
    write: ClassVar[dict[str, str]] = {"method": "POST"}
    read: ClassVar[dict[str, str]] = {"method": "GET"}

    def facts(self, kind: str) -> Facts:
        raise NotImplementedError

    def changed(self, kind: str) -> Facts:
        raise NotImplementedError

    def owner(self, provider: Provider, kind: str) -> Remote | None:
        return None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "kind" in metafunc.fixturenames:
            metafunc.parametrize("kind", self.kinds)
        if "row" in metafunc.fixturenames:
            metafunc.parametrize("row", ROWS)

    # --- helpers ------------------------------------------------------------------------------------------------

    def resource(self, provider: Provider, kind: str) -> Resource:
        return provider.resource(kind, self.owner(provider, kind))

    def made(self, resource: Resource, kind: str) -> Remote:
        """As the mirror protocol makes it: adopted where its parent has brought it along."""
        facts = self.facts(kind)
        payload = resource.payload(facts)
        ref = getattr(facts, "ref", "1")
        found = resource.find(ref, payload) if resource.find_first else None
        return resource.update(found, payload) if found else resource.create(ref, payload)

    # --- objects ------------------------------------------------------------------------------------------------

    def test_payload_is_pure_and_json(self, provider, kind):
        resource = self.resource(provider, kind)
        first, again = resource.payload(self.facts(kind)), resource.payload(self.facts(kind))
        assert first == again
        assert json.loads(json.dumps(first)) == first
        assert resource.payload(self.changed(kind)) != first

    def test_what_was_made_is_there_as_wanted(self, provider, kind):
        resource = self.resource(provider, kind)
        remote = self.made(resource, kind)
        assert remote.id
        json.dumps(dict(remote.data))
        assert set(remote.data.get("gaps", {})) <= self.gaps.get(kind, set())
        try:
            observed = resource.read(remote)
        except Unsupported:
            return
        assert observed.id == remote.id
        found = resource.differences(resource.payload(self.facts(kind)), observed)
        assert set(found) == set(remote.data.get("gaps", {}))

    def test_what_was_made_is_found_again(self, provider, kind):
        resource = self.resource(provider, kind)
        remote = self.made(resource, kind)
        facts = self.facts(kind)
        try:
            found = resource.find(getattr(facts, "ref", "1"), resource.payload(facts))
        except CannotFind:
            return
        if found is None and resource.dies_with_owner:
            return  # creating it is changing it
        assert found is not None
        assert found.id == remote.id

    def test_a_change_arrives(self, provider, kind):
        resource = self.resource(provider, kind)
        remote = self.made(resource, kind)
        wanted = resource.payload(self.changed(kind))
        try:
            before = resource.differences(wanted, resource.read(remote))
        except Unsupported:
            before = None
        remote = resource.update(remote, wanted)
        if before is not None:
            assert before, "the change of the case changes nothing"
            found = resource.differences(wanted, resource.read(remote))
            assert set(found) == set(remote.data.get("gaps", {})) <= self.gaps.get(kind, set())

    def test_an_update_may_be_repeated(self, provider, kind):
        resource = self.resource(provider, kind)
        remote = self.made(resource, kind)
        wanted = resource.payload(self.changed(kind))
        once = resource.update(remote, wanted)
        assert resource.update(once, wanted) == once

    def test_what_was_deleted_is_gone(self, provider, kind):
        resource = self.resource(provider, kind)
        remote = self.made(resource, kind)
        try:
            resource.delete(remote)
        except Unsupported:
            assert resource.dies_with_owner
            return
        try:
            with pytest.raises(NotFound):
                resource.read(remote)
        except Unsupported:
            pass
        with contextlib.suppress(NotFound):  # done, says the reconciler
            resource.delete(remote)

    # --- errors -------------------------------------------------------------------------------------------------

    def test_a_read_fails_as_the_table_says(self, provider, sandbox, row):
        resource = self.resource(provider, self.error_kind)
        remote = self.made(resource, self.error_kind)
        kind, fields, error, _write = ROWS[row]
        sandbox.fault(kind, provider=self.name, **self.read, **fields)
        with pytest.raises(ProviderError) as caught:
            resource.read(remote)
        assert type(caught.value) is error
        sandbox.heal()
        assert resource.read(remote).id == remote.id

    def test_a_write_fails_as_the_table_says(self, provider, sandbox, row):
        resource = self.resource(provider, self.error_kind)
        facts = self.facts(self.error_kind)
        payload = resource.payload(facts)
        kind, fields, _read, error = ROWS[row]
        fault = sandbox.fault(kind, provider=self.name, **self.write, **fields)
        with pytest.raises(ProviderError) as caught:
            resource.create(facts.ref, payload)
        assert type(caught.value) is error
        assert fault.fired
        sandbox.heal()
        # What the mirror protocol does next: look, and create only what is not there.
        found = resource.find(facts.ref, payload)
        assert (found is not None) is (kind in ("lost", "cut", "truncated"))
        remote = resource.update(found, payload) if found else resource.create(facts.ref, payload)
        assert resource.find(facts.ref, payload).id == remote.id

    def test_nobody_listens(self, provider):
        resource = self.resource(provider, self.error_kind)
        payload = resource.payload(self.facts(self.error_kind))
        provider.http.base_url = "http://127.0.0.1:9"
        with pytest.raises(Transient):
            resource.create("1", payload)

    def test_a_429_is_heeded(self, provider, sandbox):
        resource = self.resource(provider, self.error_kind)
        remote = self.made(resource, self.error_kind)
        sandbox.fault("status", provider=self.name, status=429, retry_after=7, **self.read)
        with pytest.raises(Transient) as caught:
            resource.read(remote)
        assert caught.value.retry_after == 7
        assert provider.http.gate.paused == 7

    def test_errors_name_no_credentials(self, provider, sandbox):
        secret = next(iter(provider.credentials.values()))
        resource = self.resource(provider, self.error_kind)
        remote = self.made(resource, self.error_kind)
        sandbox.fault("status", provider=self.name, status=400, body={"message": f"{secret} a@b.example"}, **self.read)
        with pytest.raises(Rejected) as caught:
            resource.read(remote)
        assert secret not in str(caught.value)
        assert "a@b.example" not in str(caught.value)

    def test_fields_nobody_documented_do_no_harm(self, provider, sandbox, kind):
        sandbox.fault("extra", provider=self.name, times=None)
        self.made(self.resource(provider, kind), kind)

    def test_check_says_what_it_found(self, provider):
        assert provider.check()

    def test_wrong_credentials_are_unauthorised(self, provider):
        wrong = {name: f"{value[:12]}wrong" for name, value in provider.credentials.items()}
        provider.http.credential_headers = [provider.headers(wrong)]
        with pytest.raises(Unauthorised):
            provider.check()
