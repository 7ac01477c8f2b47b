Feature: Capacity
  An operator sees what is claimed, used and left of the fleet, and how many more VIPs fit.

  Background:
    Given a service type "gold"
    And a device "large"
      | limits | {"vips": 5}  |
      | zone   | east         |
    And a device "small"
      | limits | {"vips": 2}  |

  Scenario: What is claimed, used and left
    Given tenant "red" has a pool "web"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    When the provider asks for the capacity by zone
    Then the answer shows
      | total.devices                | 2    |
      | total.eligible               | 2    |
      | total.resources.vips.limit   | 7    |
      | total.resources.vips.claimed | 1    |
      | total.resources.vips.used    | 1    |
      | total.resources.vips.left    | 6    |
    And the capacity of "east" shows
      | devices              | 1 |
      | resources.vips.limit | 5 |
    And the capacity for service type "gold" shows
      | devices        | 2    |
      | wired.vips     | 6    |
      | wired.runs_out | vips |

  Scenario: A limit below what is used is shown, and admits nothing
    Given tenant "red" has a pool "web"
    And tenant "red" has a pool "api"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    And tenant "red" has a VIP "back" of service type "gold" for pool "api"
    When the provider changes device "large"
      | limits | {"vips": 0} |
    And the provider changes device "small"
      | limits | {"vips": 0} |
    And the provider asks for the capacity by driver
    Then the answer shows
      | total.resources.vips.over | 2 |
      | total.resources.vips.left | 0 |
    And the capacity for service type "gold" shows
      | wired.vips | 0 |

  Scenario: Devices that take nothing new are counted apart
    When the provider changes device "large"
      | admin_state | draining |
    And the provider asks for the capacity by device
    Then the answer shows
      | total.eligible                      | 1 |
      | total.set_aside.devices             | 1 |
      | total.set_aside.reasons.not-enabled | 1 |
      | total.resources.vips.limit          | 2 |
    And the capacity of "large" shows
      | eligible | 0 |
    And the capacity for service type "gold" shows
      | wired.vips | 2 |

  Scenario: It is the provider's alone
    When tenant "red" tries to see the capacity by driver
    Then the request is refused with 403
