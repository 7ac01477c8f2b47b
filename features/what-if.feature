Feature: What if
  An operator asks what would fit before it is asked for: on the fleet as it is, or with devices
  drained, gone, added or given other limits. Nothing is placed and nothing is stored.

  Background:
    Given a service type "gold"
    And a device "large"
      | limits | {"vips": 5} |
    And a device "small"
      | limits | {"vips": 2} |

  Scenario: How many fit, where, and what runs out
    When the provider asks what would fit
      | service_type | gold |
      | count        | 100  |
    Then the answer shows
      | asked                              | 100             |
      | placed                             | 7               |
      | ended                              | nothing-fits    |
      | first_refusal.runs_out             | vips            |
      | first_refusal.refusals.limit-reached | 2             |
      | first_refusal.remedy               | raise vips to 6 |
    And the answer puts 5 VIPs on device "large"
    And the answer puts 2 VIPs on device "small"

  Scenario: As many as the answer says do fit, and no more
    Given tenant "red" has a pool "one"
    And tenant "red" has a pool "two"
    And tenant "red" has a pool "three"
    And tenant "red" has a VIP "first" of service type "gold" for pool "one"
    When the provider changes device "large"
      | limits | {"vips": 1} |
    And the provider changes device "small"
      | limits | {"vips": 1} |
    And the provider asks what would fit
      | service_type | gold      |
      | count        | 10        |
      | tenant_id    | red       |
      | networks     | ["front"] |
    Then the answer shows
      | placed | 1 |
    Given tenant "red" has a VIP "second" of service type "gold" for pool "two"
    When tenant "red" creates a VIP "third" of service type "gold" for pool "three"
    Then VIP "third" becomes ERROR

  Scenario Outline: An imagined fleet
    When the provider asks what would fit
      | service_type | gold     |
      | count        | 100      |
      | <change>     | <to>     |
    Then the answer shows
      | placed | <placed> |
    And device "large" serves 0 VIPs

    Examples:
      | change  | to                                | placed |
      | drain   | ["large"]                         | 2      |
      | without | ["large"]                         | 2      |
      | limits  | {"small": {"vips": 10}}           | 15     |
      | demand  | {"throughput": 1}                 | 7      |

  Scenario: More devices of a driver
    Given a service type "cheap" of the driver "lite"
    When the provider asks what would fit
      | service_type | cheap |
      | count        | 100   |
      | add          | [{"driver": "lite", "count": 3, "limits": {"vips": 4}}] |
    Then the answer shows
      | placed | 12 |

  Scenario Outline: What makes no sense is named
    When the provider tries to ask what would fit
      | service_type | gold |
      | <field>      | <to> |
    Then the request is refused with 400 "InvalidInput"
    And the refusal mentions "<named>"

    Examples:
      | field        | to                       | named        |
      | service_type | iron                     | service_type |
      | count        | 0                        | count        |
      | count        | 100001                   | count        |
      | networks     | ["nowhere"]              | networks.0   |
      | drain        | ["nowhere"]              | drain.0      |
      | add          | [{"driver": "vanished"}] | add.0.driver |
      | demand       | {"bogus": 1}             | demand.bogus |

  Scenario: It is the provider's alone
    When tenant "red" tries to ask what would fit
      | service_type | gold |
    Then the request is refused with 403
