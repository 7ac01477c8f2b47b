Feature: Statistics
  A tenant reads what passed through a pool.

  Scenario: Requests are counted
    Given a device "edge"
    And a service type "gold"
      | default | true |
    And tenant "red" has a pool "web" with the members "one", "two"
    Then pool "web" counts 0 connections and the bytes of their traffic
    Given tenant "red" has a VIP "shop" for pool "web"
    And 15 requests have been sent to VIP "shop"
    Then all of them are answered
    And pool "web" counts 15 connections and the bytes of their traffic

  Scenario: A change does not set the counters back
    Given a device "edge"
    And a service type "gold"
      | default | true |
    And tenant "red" has a pool "web" with the members "one"
    And tenant "red" has a VIP "shop" for pool "web"
    And 5 requests have been sent to VIP "shop"
    Then pool "web" counts 5 connections and the bytes of their traffic
    When tenant "red" adds member "two" to pool "web"
    Then VIP "shop" becomes ACTIVE
    Given 7 requests have been sent to VIP "shop"
    Then pool "web" counts 12 connections and the bytes of their traffic
