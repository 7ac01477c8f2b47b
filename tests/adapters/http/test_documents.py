"""Discovery, the OpenAPI document and the page that shows it."""

import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from adapters.http.endpoints import CHANGEABLE, READABLE
from adapters.http.endpoints import endpoints as endpoints_of

RESOURCES = (*CHANGEABLE, *READABLE)


def test_the_openapi_document_is_valid(site):
    document = site.ask("GET", "/openapi.json").json
    validate(document, cls=OpenAPIV31SpecValidator)
    assert document["info"]["version"] == "1.2.3"


def test_every_attribute_is_described(site):
    schemas = site.ask("GET", "/openapi.json").json["components"]["schemas"]
    for resource in RESOURCES:
        properties = schemas[resource.kind]["properties"]
        assert list(properties) == [item.name for item in resource.attributes]
        assert all(item["description"] for item in properties.values())


@pytest.mark.parametrize("number", range(len(CHANGEABLE)), ids=lambda n: CHANGEABLE[n].plural)
def test_the_schemas_and_the_commands_have_the_same_fields(site, number):
    endpoint = endpoints_of(site.services, site.validator)[number]
    resource = endpoint.schema
    for schema, command in (
        (resource.creation, endpoint.creation),
        (resource.change, endpoint.change),
    ):
        names = (resource.aliases.get(name, name) for name in schema["properties"])
        sent = {resource.field_of(name) for name in names}
        assert sent == set(command.__dataclass_fields__)


def test_defaults_are_told_for_creation_only(site):
    schemas = site.ask("GET", "/openapi.json").json["components"]["schemas"]
    assert schemas["MemberCreate"]["properties"]["weight"]["default"] == 1
    for name in ("Member", "MemberUpdate"):
        assert "default" not in schemas[name]["properties"]["weight"]


def test_the_page_and_its_files_come_from_here_alone(site):
    page = site.ask("GET", "/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    addresses = re.findall(r'(?:src|href|spec-url)="([^"]+)"', page.text)
    assert len(addresses) == 5
    for address in addresses:
        assert address == "data:," or address.startswith("/")
        if address.startswith("/"):
            assert site.ask("GET", address).status_code == 200, address


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("openapi-explorer.min.js", "text/javascript; charset=utf-8"),
        ("openapi-explorer.LICENSE", "text/plain; charset=utf-8"),
        ("docs.css", "text/css; charset=utf-8"),
    ],
)
def test_files_have_their_types(site, name, kind):
    result = site.ask("GET", f"/docs/{name}")
    assert result.headers["content-type"] == kind
    assert result.headers["x-content-type-options"] == "nosniff"
    assert result.content


@pytest.mark.parametrize("name", ["docs.html", "..%2Fapp.py", "%2e%2e/app.py", "nothing"])
def test_no_other_file_is_served(site, name):
    assert site.ask("GET", f"/docs/{name}").status_code == 404


def test_discovery_leads_to_every_collection(site):
    version = site.ask("GET", "/").json["versions"][0]
    assert version["id"] == "v2.0"
    path = version["links"][0]["href"].removeprefix("http://falconframework.org")
    resources = site.ask("GET", path).json["resources"]
    assert [item["collection"] for item in resources] == [item.plural for item in RESOURCES]
    for resource in resources:
        href = resource["links"][0]["href"].removeprefix("http://falconframework.org")
        assert resource["collection"] in site.ask("GET", href).json


def test_extensions_are_listed_and_shown(site):
    listed = {
        item["alias"]: item for item in site.ask("GET", "/v2.0/extensions").json["extensions"]
    }
    assert "lbaas" in listed
    shown = site.ask("GET", "/v2.0/extensions/lbaas.json").json["extension"]
    assert shown == listed["lbaas"]
    assert site.ask("GET", "/v2.0/extensions/nope").status_code == 404


def test_health(site):
    assert site.ask("GET", "/healthz").json == {"status": "ok"}
