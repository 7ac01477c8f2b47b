"""HAProxy in tenants' networks, with real packets over bridges and switches of this host."""
