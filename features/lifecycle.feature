Feature: The life of an object
  Nothing stays pending: every object becomes ACTIVE, ERROR with the reason, or is gone.

  Background:
    Given a device "edge"
    And a service type "gold"
      | default | true |

  Scenario: Objects that no VIP uses have nothing to deploy
    Given tenant "red" has a pool "web" with the members "one"
    And tenant "red" watches pool "web" with health monitor "alive"
    Then pool "web" is at once ACTIVE
    And member "one" is at once ACTIVE
    And health monitor "alive" is at once ACTIVE

  Scenario: What a VIP uses becomes ACTIVE with it
    Given tenant "red" has a pool "web" with the members "one"
    When tenant "red" creates a VIP "shop" for pool "web"
    Then the answer shows
      | status             | PENDING_CREATE |
      | status_description |                |
    And VIP "shop" becomes ACTIVE
    And pool "web" is at once ACTIVE
    When tenant "red" adds member "two" to pool "web"
    Then the answer shows
      | status | PENDING_CREATE |
    And member "two" becomes ACTIVE
    And VIP "shop" becomes ACTIVE

  Scenario: A deleted VIP closes its port and frees its address and its pool
    Given tenant "red" has a pool "web" with the members "one"
    And tenant "red" has a VIP "shop" for pool "web"
    When the address and port of VIP "shop" are noted
    And tenant "red" deletes VIP "shop"
    Then VIP "shop" is gone
    And the port that it had is closed
    And device "edge" serves 0 VIPs
    When tenant "red" creates a VIP "again" for pool "web" at the address that "shop" had
    Then VIP "again" becomes ACTIVE
    And requests to VIP "again" are answered by "one" alone

  Scenario: A VIP can be deleted while it is being created
    Given tenant "red" has a pool "web"
    When tenant "red" creates a VIP "shop" for pool "web"
    And tenant "red" deletes VIP "shop"
    Then VIP "shop" is gone
    And device "edge" serves 0 VIPs

  Scenario: A VIP can be deleted while it is being changed
    Given tenant "red" has a pool "web" with the members "one"
    And tenant "red" has a VIP "shop" for pool "web"
    When tenant "red" changes member "one"
      | weight | 2 |
    And tenant "red" deletes VIP "shop"
    Then VIP "shop" is gone
    And device "edge" serves 0 VIPs

  Scenario: A VIP in ERROR can be deleted
    Given a service type "cheap" of the driver "lite"
    And tenant "red" has a pool "web"
    When tenant "red" creates a VIP "shop" of service type "cheap" for pool "web"
    Then VIP "shop" becomes ERROR
    When tenant "red" deletes VIP "shop"
    Then VIP "shop" is gone

  Scenario: A device's refusal is told, and a change that it accepts cures it
    Given a lite device "picky"
      | parameters | {"refuse": ["8443"]} |
    And a service type "cheap" of the driver "lite"
    And tenant "red" has a pool "web"
    When tenant "red" creates a VIP "shop" of service type "cheap" for pool "web"
      | protocol_port | 8443 |
    Then VIP "shop" becomes ERROR
    And VIP "shop" says "port 8443 is refused"
    And pool "web" becomes ERROR
    When the provider changes device "picky"
      | parameters | {} |
    Then VIP "shop" becomes ACTIVE
    And pool "web" becomes ACTIVE

  Scenario: A change and a deletion wait for a device that does not answer
    Given a lite device "shy"
    And a service type "cheap" of the driver "lite"
    And tenant "red" has a pool "web" with the members "one"
    And tenant "red" has a VIP "shop" of service type "cheap" for pool "web"
    And tenant "red" has a pool "api"
    And tenant "red" has a VIP "back" of service type "cheap" for pool "api"
    When the provider changes device "shy"
      | parameters | {"unreachable": true} |
    Then device "shy" becomes OFFLINE
    And VIP "shop" is at once ACTIVE
    When tenant "red" changes member "one"
      | weight | 2 |
    Then VIP "shop" becomes ERROR
    And VIP "shop" says "cannot be reached"
    And member "one" becomes ERROR
    When tenant "red" deletes VIP "back"
    Then VIP "back" becomes ERROR
    And VIP "back" says "cannot be reached"
    When the device "shy" answers again
    Then VIP "shop" becomes ACTIVE
    And member "one" is at once ACTIVE
    And VIP "back" is gone
    And device "shy" serves 1 VIP

  Scenario: What is in use stays
    Given tenant "red" has a pool "web" with the members "one"
    And tenant "red" watches pool "web" with health monitor "alive"
    And tenant "red" has a VIP "shop" for pool "web"
    When tenant "red" tries to delete pool "web"
    Then the request is refused with 409 "PoolInUse"
    When tenant "red" tries to delete health monitor "alive"
    Then the request is refused with 409 "HealthMonitorInUse"
    When tenant "red" tries to create a VIP "second" for pool "web"
    Then the request is refused with 409 "VipExists"
    When tenant "red" tries to add the server of member "one" to pool "web" again
    Then the request is refused with 409 "MemberExists"
    And VIP "shop" is at once ACTIVE
