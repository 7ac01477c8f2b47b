"""Subnets of the local catalogue, in Neutron's shape."""

from adapters.http.attribute import (
    CREATE,
    CREATE_AND_UPDATE,
    REQUIRED,
    Attribute,
    ResourceSchema,
)
from adapters.http.schemas.common import (
    ANY_STRING,
    CIDR,
    ID,
    IP_ADDRESS,
    OPTIONAL_LINE,
    PROJECT,
    PROJECT_ALIAS,
    TENANT,
    TEXT,
    TRUE_BY_DEFAULT,
    UUID,
    list_of,
    nullable,
    record,
)

SUBNETS = ResourceSchema(
    kind="Subnet",
    singular="subnet",
    plural="subnets",
    path="/v2.0/subnets",
    text="Subnets of the local catalogue, from which VIPs get their addresses.",
    aliases=PROJECT_ALIAS,
    attributes=(
        ID,
        TENANT,
        PROJECT,
        Attribute("network_id", UUID, "Its network.", REQUIRED),
        Attribute("name", OPTIONAL_LINE, "Text for people.", CREATE_AND_UPDATE),
        Attribute("description", TEXT, "Text for people.", CREATE_AND_UPDATE),
        Attribute("cidr", CIDR, "Its range of addresses.", REQUIRED, shown=ANY_STRING),
        Attribute(
            "ip_version",
            {"type": "integer", "enum": [4, 6]},
            "Follows from cidr; when sent it must agree.",
            CREATE,
        ),
        Attribute(
            "gateway_ip",
            nullable(IP_ADDRESS),
            "The gateway; null: none. Left out: the first address.",
            CREATE_AND_UPDATE,
        ),
        Attribute(
            "allocation_pools",
            list_of(record(start=IP_ADDRESS, end=IP_ADDRESS), maxItems=64),
            "Ranges to allocate from. Left out: all addresses but the gateway.",
            CREATE_AND_UPDATE,
        ),
        Attribute("enable_dhcp", TRUE_BY_DEFAULT, "As in Neutron.", CREATE_AND_UPDATE),
        Attribute(
            "dns_nameservers",
            list_of(IP_ADDRESS, maxItems=16, default=[]),
            "As in Neutron.",
            CREATE_AND_UPDATE,
        ),
        Attribute(
            "host_routes",
            list_of(record(destination=CIDR, nexthop=IP_ADDRESS), maxItems=64, default=[]),
            "As in Neutron.",
            CREATE_AND_UPDATE,
        ),
    ),
)
