@process @traffic
Feature: The daemon dies and comes back
  Whatever the moment, nothing is lost, traffic goes on, and unfinished work is finished.

  Background:
    Given a device "edge"
    And a service type "gold"
      | default | true |
    And tenant "red" has a pool "web" with the members "one", "two"

 
  Scenario: Traffic does not notice
    Given tenant "red" has a VIP "shop" for pool "web"
    And requests are sent to VIP "shop" without a pause
    When the daemon is killed
    Then requests are still answered
    When the daemon is started again
    Then VIP "shop" becomes ACTIVE
    And device "edge" becomes ONLINE
    When tenant "red" adds member "three" to pool "web"
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one", "two" and "three" alone
    And not one request has failed

  Scenario: Work that was not finished is finished
    When tenant "red" creates 20 VIPs in one request
    And the daemon is killed
    And the daemon is started again
    Then all these VIPs become ACTIVE, each with an address of its own
    And device "edge" serves 20 VIPs

  Scenario: A change and a deletion that were accepted are carried out
    Given tenant "red" has a VIP "shop" for pool "web"
    And tenant "red" has a pool "api" with the members "three"
    And tenant "red" has a VIP "back" for pool "api"
    When the address and port of VIP "back" are noted
    And tenant "red" deletes VIP "back"
    And tenant "red" changes member "two"
      | admin_state_up | false |
    And the daemon is killed
    And the daemon is started again
    Then VIP "back" is gone
    And the port that it had is closed
    And VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one" alone

  Scenario: Members that die while the daemon is away are found
    Given tenant "red" watches pool "web" with health monitor "alive"
    And tenant "red" has a VIP "shop" for pool "web"
    When the daemon is killed
    And the server of member "two" dies
    And the daemon is started again
    Then member "two" becomes INACTIVE
    And requests to VIP "shop" are answered by "one" alone
