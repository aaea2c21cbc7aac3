"""Every call that may be made to Meet.rs. What its documents only hint at is `optional`: off until a connection names it in
`enabled_optional`. The sandbox reads the same table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: str
    path: str
    inferred: bool = False
    optional: bool = False


ENDPOINTS: Mapping[str, Endpoint] = {
    "token": Endpoint("POST", "/v1/token"),
    "meetings.create": Endpoint("POST", "/v1/meetings"),
    "meetings.get": Endpoint("GET", "/v1/meetings/{code}", True, True),
    "meetings.list": Endpoint("GET", "/v1/meetings", True, True),
    "meetings.update": Endpoint("PUT", "/v1/meetings/{code}", True, True),
    "meetings.delete": Endpoint("DELETE", "/v1/meetings/{code}", True, True),
    "configurations.list": Endpoint("GET", "/v1/addonConfigurations"),
    "configurations.create": Endpoint("POST", "/v1/addonConfigurations", True, True),
    "configurations.update": Endpoint("PUT", "/v1/addonConfigurations/{id}", True, True),
    "configurations.delete": Endpoint("DELETE", "/v1/addonConfigurations/{id}", True, True),
    "feedbacks": Endpoint("GET", "/v1/feedbacks"),
    "feedbacks.of": Endpoint("GET", "/v1/feedbacks/{tenant}"),
    "usage": Endpoint("GET", "/v1/usage"),
    "usage.of": Endpoint("GET", "/v1/usage/{tenant}"),
    "tenants.list": Endpoint("GET", "/v1/tenants", True, True),
}


def endpoint_table(options: Mapping[str, Any]) -> dict[str, Endpoint]:
    """With the corrections of the option `endpoints`: {"meetings.update": ["PATCH", "/v1/meetings/{code}"]}."""
    table = dict(ENDPOINTS)
    for operation, (method, path) in dict(options.get("endpoints") or {}).items():
        if operation in table:
            table[operation] = Endpoint(str(method), str(path), False, table[operation].optional)
    return table
