Feature: The documented workflow
  A device is registered, a tenant asks for a VIP by naming a service type, placement chooses
  the device, the agent configures it through its driver, and the VIP answers.

  Scenario: The five steps, from a device in the registry to a VIP that answers
    # 1. A device is added to the registry by the provider.
    When the provider adds a standard device "edge"
    Then device "edge" becomes ONLINE
    When the provider offers a service type "gold" of the drivers "standard"
    # 2. A tenant creates a VIP and names a service type.
    Given tenant "red" has a pool "web" with the members "one", "two" and "three"
    And tenant "red" watches pool "web" with health monitor "alive"
    When tenant "red" creates a VIP "shop" of service type "gold" for pool "web"
    Then the answer shows
      | status | PENDING_CREATE |
    # 3. A device of that type is chosen and the VIP is bound to it.
    # 4. The VIP, the driver and the device's parameters go to the agent.
    # 5. The agent talks to the device through the driver.
    And VIP "shop" becomes ACTIVE
    And VIP "shop" is bound to device "edge"
    And the binding of VIP "shop" shows
      | driver | standard |
      | mode   | one-arm  |
      | role   | primary  |
    And VIP "shop" has an address of network "front"
    And requests to VIP "shop" are answered by "one", "two" and "three" alone

  Scenario: A tenant registers a device and is served by it
    Given a device "edge"
    And a service type "gold"
    And tenant "red" has a pool "old"
    And tenant "red" has a VIP "before" of service type "gold" for pool "old"
    When tenant "red" adds a standard device "own"
    Then device "own" becomes ONLINE
    And device "own" shows
      | project_id | red |
    Given tenant "red" has a pool "web" with the members "one"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    Then VIP "shop" is bound to device "own"
    And VIP "before" is bound to device "edge"
    And requests to VIP "shop" are answered by "one" alone

  Scenario: A VIP that names no service type gets the default one
    Given a device "edge"
    And a service type "gold"
      | default | true |
    And tenant "red" has a pool "web" with the members "one"
    And tenant "red" has a VIP "shop" for pool "web"
    Then VIP "shop" is bound to device "edge"
    And requests to VIP "shop" are answered by "one" alone

  Scenario: An unknown service type is not found
    Given tenant "red" has a pool "web"
    When tenant "red" tries to create a VIP "shop" for pool "web"
      | service_type | platinum |
    Then the request is refused with 404 "ServiceTypeNotFound"
    And tenant "red" sees no VIPs

  Scenario: Many VIPs are served at the same time
    Given a device "edge"
    And a service type "gold"
      | default | true |
    When tenant "red" creates 20 VIPs in one request
    Then all these VIPs become ACTIVE, each with an address of its own
    And device "edge" serves 20 VIPs
