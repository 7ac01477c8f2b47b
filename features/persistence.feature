@traffic
Feature: Clients that come back
  Session persistence sends a client to the same member again; a connection limit lets the
  others wait.

  Background:
    Given a device "edge"
    And a service type "gold"
      | default | true |
    And tenant "red" has a pool "web" with the members "one", "two", "three"

  Scenario: The device's cookie
    Given tenant "red" has a VIP "shop" for pool "web"
      | session_persistence | {"type": "HTTP_COOKIE"} |
    Then each client that keeps its cookies comes back to its member of VIP "shop"

  Scenario: The application's cookie
    Given tenant "red" has a VIP "shop" for pool "web"
      | session_persistence | {"type": "APP_COOKIE", "cookie_name": "session"} |
    Then each client that keeps its cookies comes back to its member of VIP "shop"

  Scenario: The client's address
    Given tenant "red" has a VIP "shop" for pool "web"
      | session_persistence | {"type": "SOURCE_IP"} |
    Then each client address comes back to its member of VIP "shop"

  Scenario: Balancing by the client's address
    When tenant "red" changes pool "web"
      | lb_method | SOURCE_IP |
    Given tenant "red" has a VIP "shop" for pool "web"
    Then each client address comes back to its member of VIP "shop"

  Scenario Outline: Clients come back after changes, too
    Given tenant "red" has a VIP "shop" for pool "web"
      | session_persistence | <persistence> |
    And 8 clients know their members of VIP "shop"
    When tenant "red" creates 5 VIPs in one request
    And tenant "red" adds member "four" to pool "web"
    Then all these VIPs become ACTIVE, each with an address of its own
    And VIP "shop" becomes ACTIVE
    And each of them comes back to its member

    Examples:
      | persistence                                      |
      | {"type": "HTTP_COOKIE"}                          |
      | {"type": "APP_COOKIE", "cookie_name": "session"} |
      | {"type": "SOURCE_IP"}                            |

  Scenario: A member that is taken out loses its clients to the others
    Given tenant "red" has a VIP "shop" for pool "web"
      | session_persistence | {"type": "HTTP_COOKIE"} |
    And 8 clients know their members of VIP "shop"
    When tenant "red" deletes member "one"
    Then VIP "shop" becomes ACTIVE
    And each of them is answered by "two", "three" alone

  Scenario: The connection limit
    Given tenant "red" has a VIP "shop" for pool "web"
      | connection_limit | 2 |
    When a client holds 2 connections to VIP "shop"
    Then the next client of VIP "shop" has to wait until one of them is closed
