"""The interface as OpenAPI, for programs that read such descriptions (接口描述)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Description = dict[str, Any]
TEXT: Description = {"type": "string", "maxLength": 400}
MOMENT: Description = {"type": "string", "maxLength": 40}
NUMBER: Description = {"type": "integer", "minimum": 1, "maximum": 1000}
DEGREES: Description = {"type": "number"}
WHERE = {"jurisdiction_id": TEXT}
FILTERS = {
    "service_request_id": TEXT,
    "service_code": TEXT,
    "start_date": MOMENT,
    "end_date": MOMENT,
    "status": TEXT,
    "page_size": NUMBER,
    "page": NUMBER,
    "extensions": TEXT,
}
SAID: Description = {
    "api_key": TEXT,
    "jurisdiction_id": TEXT,
    "service_code": TEXT,
    "lat": DEGREES,
    "long": DEGREES,
    "address_string": TEXT,
    "address_id": TEXT,
    "email": TEXT,
    "device_id": TEXT,
    "account_id": TEXT,
    "first_name": TEXT,
    "last_name": TEXT,
    "phone": TEXT,
    "description": {"type": "string", "maxLength": 4000},
    "media_url": TEXT,
    "attribute[condition]": TEXT,
}
OFTEN = ("400", "403", "404", "405", "409", "413", "429", "503")


def description() -> Description:
    """Both endpoints, each address in JSON and in XML."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Open311 GeoReport v2", "version": "2"},
        "servers": [{"url": "/open311"}],
        "paths": dict(_paths()),
    }


def _paths() -> Iterator[tuple[str, Description]]:
    for ending in ("json", "xml"):
        asked = (
            (f"/discovery.{ending}", {}, {}),
            (f"/v2/services.{ending}", WHERE, {}),
            (f"/v2/services/{{service_code}}.{ending}", WHERE, {}),
            (f"/v2/requests.{ending}", WHERE | FILTERS, SAID),
            (f"/v2/requests/{{service_request_id}}.{ending}", WHERE, {}),
            (f"/v2/tokens/{{token}}.{ending}", WHERE, {}),
            *(
                (f"/profile/v1/requests/{{service_request_id}}/{what}.{ending}", WHERE, {})
                for what in ("history", "updates", "outcome")
            ),
        )
        for path, query, body in asked:
            yield path, _item(path, ending, query, body)


def _item(
    path: str, ending: str, query: Mapping[str, Description], body: Description
) -> Description:
    parts = [part[1 : part.index("}")] for part in path.split("/") if part.startswith("{")]
    parameters = [_parameter(name, "path", TEXT) for name in parts]
    parameters += [_parameter(name, "query", kind) for name, kind in query.items()]
    item: Description = {
        "get": {"parameters": parameters, "responses": _responses(ending, "200")},
    }
    if body:
        content = {"application/x-www-form-urlencoded": {"schema": _object(body)}}
        item["post"] = {"requestBody": {"content": content}, "responses": _responses(ending, "201")}
    return item


def _parameter(name: str, where: str, kind: Description) -> Description:
    return {"name": name, "in": where, "required": where == "path", "schema": kind}


def _object(properties: Description) -> Description:
    return {"type": "object", "properties": properties, "required": ["api_key", "service_code"]}


def _responses(ending: str, good: str, often: Sequence[str] = OFTEN) -> Description:
    media = "application/json" if ending == "json" else "text/xml"
    return {status: {"description": "", "content": {media: {}}} for status in (good, *often)}
