Feature: Placement
  Every VIP is placed on a device that its service type allows and that can do and hold what it
  needs; where none is, everybody is told why, and the VIP is placed as soon as one is.

  Scenario: The service type names the drivers
    Given a lite device "small"
    And a device "edge"
    And a service type "cheap" of the driver "lite"
    And a service type "gold" of the driver "standard"
    And tenant "red" has a pool "web"
    And tenant "red" has a pool "api"
    And tenant "red" has a VIP "shop" of service type "cheap" for pool "web"
    And tenant "red" has a VIP "back" of service type "gold" for pool "api"
    Then VIP "shop" is bound to device "small"
    And VIP "back" is bound to device "edge"
    And the decision about VIP "shop" refuses device "edge" for "driver-not-allowed"
    And the decision about VIP "back" refuses device "small" for "driver-not-allowed"

  Scenario Outline: A type with several drivers prefers the first
    Given a lite device "small"
    And a device "edge"
    And a service type "any" of the drivers "<first>", "<second>"
    And tenant "red" has a pool "web"
    And tenant "red" has a VIP "shop" of service type "any" for pool "web"
    Then VIP "shop" is bound to device "<chosen>"

    Examples:
      | first    | second   | chosen |
      | standard | lite     | edge   |
      | lite     | standard | small  |

  Scenario: A full device gets no more
    Given a device "tiny"
      | limits | {"vips": 1} |
    And a service type "gold"
    And tenant "red" has a pool "web"
    And tenant "red" has a pool "api"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    When tenant "red" creates a VIP "back" of service type "gold" for pool "api"
    Then VIP "back" becomes ERROR
    And VIP "back" says "1 device considered: 1 full"
    And VIP "back" is not bound
    And device "tiny" serves 1 VIP
    And the decision about VIP "back" refuses device "tiny" for "limit-reached"
    When tenant "red" deletes VIP "shop"
    Then VIP "back" becomes ACTIVE
    And VIP "back" is bound to device "tiny"

  Scenario: A device that cannot do what is asked is not chosen
    Given a lite device "small"
    And a service type "cheap" of the driver "lite"
    And tenant "red" has a pool "web"
    When tenant "red" creates a VIP "shop" of service type "cheap" for pool "web"
      | session_persistence | {"type": "SOURCE_IP"} |
    Then VIP "shop" becomes ERROR
    And VIP "shop" says "1 unable to do what is asked (persistence SOURCE_IP)"
    And VIP "shop" is not bound
    And the decision about VIP "shop" refuses device "small" for "capability-missing"
    When tenant "red" changes VIP "shop"
      | session_persistence | {} |
    Then VIP "shop" becomes ACTIVE
    And VIP "shop" is bound to device "small"

  Scenario: No eligible device, until one is added
    Given a lite device "small" that does not answer
    And a lite device "full"
      | limits | {"vips": 0} |
    And a service type "gold"
    And tenant "red" has a pool "web" with the members "one"
    When tenant "red" creates a VIP "shop" of service type "gold" for pool "web"
    Then VIP "shop" becomes ERROR
    And VIP "shop" says "No eligible device: 2 devices considered"
    And VIP "shop" says "2 of another kind than the service type asks for"
    And VIP "shop" says "1 not reachable"
    And VIP "shop" says "1 full"
    And the decision about VIP "shop" refuses device "small" for "not-online"
    And the decision about VIP "shop" refuses device "full" for "limit-reached"
    And tenant "red" sees why VIP "shop" was not placed, without the devices
    When the provider adds a standard device "edge"
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one" alone

  Scenario: A fleet without devices says so
    Given a service type "gold"
    And tenant "red" has a pool "web"
    When tenant "red" creates a VIP "shop" of service type "gold" for pool "web"
    Then VIP "shop" becomes ERROR
    And VIP "shop" says "0 devices considered"

  Scenario: The decision explains a placement
    Given a device "edge"
    And a lite device "small"
    And a service type "gold"
    And tenant "red" has a pool "web"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    Then the decision about VIP "shop" chose device "edge" with its scores
    And the decision about VIP "shop" refuses device "small" for "driver-not-allowed"

  Scenario: The network that is wired already is preferred, then the least loaded device
    Given a device "left"
      | limits | {"vips": 4} |
    And a device "right"
      | limits | {"vips": 4} |
    And a service type "gold"
      | default | true                    |
      | policy  | {"grouping": "network"} |
    And tenant "red" has a pool "web"
    And tenant "red" has a pool "api"
    And tenant "red" has a VIP "shop" for pool "web"
    And tenant "red" has a VIP "back" for pool "api"
    Then VIP "shop" and VIP "back" are on the same device
    Given tenant "blue" has a network "far"
    And tenant "blue" has a pool "blog" on network "far" with the members "one"
    And tenant "blue" has a VIP "diary" for pool "blog"
      | subnet_id | far |
    Then VIP "shop" and VIP "diary" are on different devices

  Scenario: A dedicated type wants the tenant's own device
    Given a device "edge"
    And a service type "own"
      | policy | {"dedicated": true} |
    And tenant "red" has a pool "web"
    When tenant "red" creates a VIP "shop" of service type "own" for pool "web"
    Then VIP "shop" becomes ERROR
    And the decision about VIP "shop" refuses device "edge" for "not-dedicated"
    When tenant "red" adds a standard device "mine"
    Then VIP "shop" becomes ACTIVE
    And VIP "shop" is bound to device "mine"

  Scenario: A service type that VIPs use cannot be removed
    Given a device "edge"
    And a service type "gold"
    And tenant "red" has a pool "web"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    When the provider tries to delete service type "gold"
    Then the request is refused with 409 "ServiceTypeInUse"
    And the refusal names VIP "shop"
