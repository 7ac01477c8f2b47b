Feature: Tenants
  A tenant sees and touches what is its own; for a tenant, what belongs to others is not there.

  Background:
    Given a device "edge"
    And a service type "gold"
      | default | true |
    And tenant "red" has a pool "web" with the members "one"
    And tenant "red" watches pool "web" with health monitor "alive"
    And tenant "red" has a VIP "shop" for pool "web"

  Scenario: Another tenant's objects are not there
    Then tenant "red" sees the VIPs "shop"
    And the provider sees the VIPs "shop"
    And tenant "blue" sees no VIPs
    And tenant "blue" sees no pools
    And tenant "blue" sees no members
    And tenant "blue" sees no health monitors
    When tenant "blue" looks for VIP "shop"
    Then the request is refused with 404 "VipNotFound"
    When tenant "blue" tries to change member "one"
      | weight | 0 |
    Then the request is refused with 404 "MemberNotFound"
    When tenant "blue" tries to delete VIP "shop"
    Then the request is refused with 404 "VipNotFound"
    When tenant "blue" looks for subnet "front"
    Then the request is refused with 404 "SubnetNotFound"
    And requests to VIP "shop" are answered by "one" alone

  @catalogue
  Scenario: Another tenant's networks are not there
    Then tenant "blue" sees no networks
    And tenant "blue" sees no subnets

  Scenario: Another tenant's objects cannot be used
    Given tenant "blue" has a network "far"
    And tenant "blue" has a pool "blog" on network "far" with the members "two"
    When tenant "blue" tries to create a VIP "diary" for pool "web"
      | subnet_id | far |
    Then the request is refused with 404 "PoolNotFound"
    When tenant "blue" tries to create a VIP "diary" for pool "blog"
      | subnet_id | front |
    Then the request is refused with 404 "SubnetNotFound"
    And tenant "blue" sees no VIPs

  Scenario: The fleet is the provider's
    When tenant "red" looks for device "edge"
    Then the request is refused with 404 "DeviceNotFound"
    When tenant "red" tries to change device "edge"
      | admin_state | disabled |
    Then the request is refused with 404 "DeviceNotFound"
    When tenant "red" tries to create a service type "mine"
      | drivers | ["lite"] |
      | name    | mine     |
    Then the request is refused with 403 "Forbidden"
    When tenant "red" looks at the fleet's bindings
    Then the request is refused with 403 "Forbidden"
    When tenant "red" looks at the fleet's agents
    Then the request is refused with 403 "Forbidden"
    And tenant "red" sees no devices

  Scenario: A tenant's device serves that tenant only
    When tenant "blue" adds a lite device "private"
    Then device "private" becomes ONLINE
    And tenant "blue" sees the devices "private"
    And tenant "red" sees no devices
    When tenant "red" looks for device "private"
    Then the request is refused with 404 "DeviceNotFound"
    Given a service type "cheap" of the driver "lite"
    And tenant "red" has a pool "api"
    When tenant "red" creates a VIP "back" of service type "cheap" for pool "api"
    Then VIP "back" becomes ERROR
    And VIP "back" says "1 reserved for others"
    And the decision about VIP "back" refuses device "private" for "owned-by-another"
    Given tenant "blue" has a network "far"
    And tenant "blue" has a pool "blog" on network "far" with the members "two"
    And tenant "blue" has a VIP "diary" of service type "cheap" for pool "blog"
      | subnet_id | far |
    Then VIP "diary" is bound to device "private"

  @catalogue
  Scenario: A tenant cannot make networks for another project
    When tenant "blue" tries to create a network "trick"
      | tenant_id | red |
    Then the request is refused with 400 "InvalidInput"
    And the refusal mentions "tenant_id"

  Scenario: A tenant cannot name another project
    When tenant "blue" tries to add a lite device "trick"
      | project_id | red |
    Then the request is refused with 400 "InvalidInput"
