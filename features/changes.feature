Feature: Changes of what is deployed
  A change is accepted at any time, the newest wish counts, and the traffic follows.

  Background:
    Given a device "edge"
    And a service type "gold"
      | default | true |
    And tenant "red" has a pool "web" with the members "one", "two"

  Scenario: Weights share out the requests
    Given tenant "red" has a VIP "shop" for pool "web"
    When tenant "red" changes member "two"
      | weight | 3 |
    Then VIP "shop" becomes ACTIVE
    When 40 requests are sent to VIP "shop"
    Then they are answered by
      | one | 10 |
      | two | 30 |

  Scenario: A member is taken out by hand and put back
    Given tenant "red" has a VIP "shop" for pool "web"
    When tenant "red" changes member "two"
      | admin_state_up | false |
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one" alone
    When tenant "red" changes member "two"
      | admin_state_up | true |
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one" and "two" alone

  Scenario: The health monitor takes out a member that died, and lets it in again
    Given tenant "red" watches pool "web" with health monitor "alive"
    And tenant "red" has a VIP "shop" for pool "web"
    When the server of member "two" dies
    Then member "two" becomes INACTIVE
    And member "one" becomes ACTIVE
    When 20 requests are sent to VIP "shop"
    Then they are answered by
      | one | 20 |
    When the server of member "two" comes back
    Then member "two" becomes ACTIVE
    And requests to VIP "shop" are answered by "one" and "two" alone

  Scenario: A health monitor that is no longer wanted takes nobody out
    Given tenant "red" watches pool "web" with health monitor "alive"
    And tenant "red" has a VIP "shop" for pool "web"
    When the server of member "two" dies
    Then member "two" becomes INACTIVE
    When tenant "red" stops watching pool "web" with health monitor "alive"
    Then VIP "shop" becomes ACTIVE
    And member "two" becomes ACTIVE

  @traffic
  Scenario: A health monitor asks what it is told to ask, and a change counts
    Given tenant "red" watches pool "web" with health monitor "alive"
      | type           | HTTP        |
      | url_path       | /status/204 |
      | expected_codes | 200-204     |
    And tenant "red" has a VIP "shop" for pool "web"
    Then requests to VIP "shop" are answered by "one" and "two" alone
    When tenant "red" changes health monitor "alive"
      | url_path | /status/503 |
    Then member "one" becomes INACTIVE
    And member "two" becomes INACTIVE
    And requests to VIP "shop" find nobody to answer them
    When tenant "red" changes health monitor "alive"
      | expected_codes | "503" |
    Then member "one" becomes ACTIVE
    And member "two" becomes ACTIVE
    And requests to VIP "shop" are answered by "one" and "two" alone

  Scenario Outline: Every protocol, and methods that every device has
    Given tenant "red" has a pool "api" with the members "three", "four"
      | protocol  | <protocol> |
      | lb_method | <method>   |
    And tenant "red" has a VIP "back" for pool "api"
      | protocol | <protocol> |
    Then requests to VIP "back" are answered by "three" and "four" alone

    Examples:
      | protocol | method            |
      | TCP      | ROUND_ROBIN       |
      | HTTPS    | ROUND_ROBIN       |
      | HTTP     | LEAST_CONNECTIONS |

  Scenario: Members come and go
    Given tenant "red" has a VIP "shop" for pool "web"
    When tenant "red" adds member "three" to pool "web"
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one", "two" and "three" alone
    When tenant "red" deletes member "one"
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "two" and "three" alone

  Scenario: A change while one is under way is accepted, and the newest counts
    When tenant "red" creates a VIP "shop" for pool "web"
    And tenant "red" changes member "one"
      | weight | 7 |
    And tenant "red" changes member "one"
      | admin_state_up | false |
    And tenant "red" changes member "two"
      | admin_state_up | false |
    And tenant "red" changes member "one"
      | admin_state_up | true |
    Then VIP "shop" becomes ACTIVE
    And member "one" is at once ACTIVE
    When 20 requests are sent to VIP "shop"
    Then they are answered by
      | one | 20 |

  Scenario: A VIP and a pool can be switched off and on
    Given tenant "red" has a VIP "shop" for pool "web"
    When tenant "red" changes VIP "shop"
      | admin_state_up | false |
    Then VIP "shop" becomes ACTIVE
    And the port of VIP "shop" is closed
    When tenant "red" changes VIP "shop"
      | admin_state_up | true |
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one" and "two" alone
    When tenant "red" changes pool "web"
      | admin_state_up | false |
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" find nobody to answer them

  Scenario: A VIP can change to another pool
    Given tenant "red" has a VIP "shop" for pool "web"
    And tenant "red" has a pool "new" with the members "three"
    When tenant "red" changes VIP "shop"
      | pool_id | new |
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "three" alone
    And pool "web" shows
      | vip_id | null |

  Scenario: Members on a second network make the insertion two-armed
    Given tenant "red" has a network "front"
    And tenant "red" has a pool "far" on network "back" with the members "four"
    And tenant "red" has a VIP "shop" for pool "far"
    Then the binding of VIP "shop" shows
      | mode | two-arm |
    And VIP "shop" is bound on the networks "front", "back"
    And requests to VIP "shop" are answered by "four" alone
    When tenant "red" changes VIP "shop"
      | pool_id | web |
    Then VIP "shop" becomes ACTIVE
    And VIP "shop" is bound on the networks "front"

  Scenario: A device that runs out of networks keeps serving the old state
    Given a lite device "small"
      | limits | {"vlans:eth1": 1} |
    And a service type "cheap" of the driver "lite"
    And tenant "red" has a pool "near"
    And tenant "red" has a VIP "shop" of service type "cheap" for pool "near"
    And tenant "red" has a pool "far" on network "back" with the members "four"
    When tenant "red" changes VIP "shop"
      | pool_id | far |
    Then VIP "shop" becomes ERROR
    And VIP "shop" says "keeps serving"
    When tenant "red" changes VIP "shop"
      | pool_id | near |
    Then VIP "shop" becomes ACTIVE

  Scenario: A change that the device cannot do is refused with the reason
    Given a lite device "small"
    And a service type "cheap" of the driver "lite"
    And tenant "red" has a pool "near"
    And tenant "red" has a VIP "cart" of service type "cheap" for pool "near"
    When tenant "red" changes VIP "cart"
      | session_persistence | {"type": "SOURCE_IP"} |
    Then VIP "cart" becomes ERROR
    And VIP "cart" says "persistence SOURCE_IP"
    And VIP "cart" says "keeps serving"
    And VIP "cart" is bound to device "small"
    And the decision about VIP "cart" refuses device "small" for "capability-missing"
    When tenant "red" changes VIP "cart"
      | session_persistence | {} |
    Then VIP "cart" becomes ACTIVE

  @limited
  Scenario: What was deployed goes on serving while a change is refused
    Given tenant "red" has a VIP "shop" for pool "web"
    When tenant "red" changes VIP "shop"
      | session_persistence | {"type": "HTTP_COOKIE"} |
    And tenant "red" adds member "three" to pool "web"
    Then VIP "shop" becomes ERROR
    And VIP "shop" says "persistence HTTP_COOKIE"
    And requests to VIP "shop" are answered by "one" and "two" alone
    When tenant "red" changes VIP "shop"
      | session_persistence | {} |
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one", "two" and "three" alone

  @traffic
  Scenario: Changes disturb no traffic
    Given tenant "red" has a VIP "shop" for pool "web"
    And requests are sent to VIP "shop" without a pause
    When tenant "red" changes member "two"
      | weight | 5 |
    And tenant "red" creates 20 VIPs in one request
    And tenant "red" adds member "three" to pool "web"
    Then all these VIPs become ACTIVE, each with an address of its own
    And VIP "shop" becomes ACTIVE
    When tenant "red" deletes VIP "VIP 3"
    And tenant "red" changes pool "web"
      | lb_method | LEAST_CONNECTIONS |
    And the provider changes device "edge"
      | parameters | {"threads": 1} |
    And tenant "red" deletes member "three"
    Then VIP "VIP 3" is gone
    And VIP "shop" becomes ACTIVE
    And device "edge" becomes ONLINE
    And not one request has failed
