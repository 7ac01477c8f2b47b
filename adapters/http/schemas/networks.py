"""Networks of the local catalogue, in Neutron's shape."""

from adapters.http.attribute import CREATE_AND_UPDATE, Attribute, ResourceSchema
from adapters.http.schemas.common import (
    ANY_STRING,
    FALSE_BY_DEFAULT,
    ID,
    OPTIONAL_LINE,
    PROJECT,
    PROJECT_ALIAS,
    TENANT,
    TEXT,
    TRUE_BY_DEFAULT,
    UUID,
    list_of,
    nullable,
)
from core.usecases.networks.networks import FIRST_VLAN, LAST_VLAN

VLAN = {"type": "integer", "minimum": FIRST_VLAN, "maximum": LAST_VLAN}

NETWORKS = ResourceSchema(
    kind="Network",
    singular="network",
    plural="networks",
    path="/v2.0/networks",
    text="Networks of the local catalogue.",
    aliases=PROJECT_ALIAS,
    fields={"provider:segmentation_id": "segmentation_id"},
    attributes=(
        ID,
        TENANT,
        PROJECT,
        Attribute("name", OPTIONAL_LINE, "Text for people.", CREATE_AND_UPDATE),
        Attribute("description", TEXT, "Text for people.", CREATE_AND_UPDATE),
        Attribute("admin_state_up", TRUE_BY_DEFAULT, "As in Neutron.", CREATE_AND_UPDATE),
        Attribute("status", ANY_STRING, "As in Neutron."),
        Attribute(
            "shared",
            FALSE_BY_DEFAULT,
            "Whether all projects may use it; only an admin may say so.",
            CREATE_AND_UPDATE,
        ),
        Attribute(
            "provider:segmentation_id",
            nullable(VLAN),
            "The VLAN on which devices reach it, of which each is one network's; null, or left "
            "out: none. For admins to choose and see.",
            CREATE_AND_UPDATE,
            always=False,
        ),
        Attribute("subnets", list_of(UUID), "Identities of its subnets."),
    ),
)
