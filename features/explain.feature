Feature: Explanations
  Everybody can ask why a VIP is where it is. An operator is told of every device of the fleet as
  it is now: all the reasons against it, with their numbers, and the smallest change that would
  admit it. A tenant is told in his own words, and nothing of devices or of others.

  Background:
    Given a service type "gold"
    And tenant "red" has a pool "web"
    And tenant "red" has a pool "api"

  Scenario: What would admit a full device does admit it
    Given a device "tiny"
      | limits | {"vips": 1} |
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    When tenant "red" creates a VIP "back" of service type "gold" for pool "api"
    Then VIP "back" becomes ERROR
    And the explanation of VIP "back" would admit device "tiny" by "raise vips to 2"
    When the provider changes device "tiny"
      | limits | {"vips": 2} |
    Then VIP "back" becomes ACTIVE
    And VIP "back" is bound to device "tiny"

  Scenario: Every device tells all that is against it
    Given a device "edge"
    And a lite device "small" that does not answer
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    When the provider changes device "small"
      | admin_state | draining |
    And the provider asks for the explanation of VIP "shop"
    Then the answer shows
      | placed                            | true |
      | why_not.considered                | 2    |
      | why_not.fitting                   | 1    |
      | why_not.best_device_name          | edge |
      | why_not.refusals.not-online       | 1    |
      | why_not.refusals.not-enabled      | 1    |
      | why_not.refusals.driver-not-allowed | 1  |
    And the explanation of VIP "shop" would admit device "small" by "add driver lite"
    And the explanation of VIP "shop" would admit device "small" by "enable it; bring it online"

  Scenario: The service is not in its own way
    Given a device "tiny"
      | limits | {"vips": 1} |
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    When the provider asks for the explanation of VIP "shop"
    Then the answer shows
      | why_not.fitting          | 1    |
      | why_not.best_device_name | tiny |

  Scenario: The explanation follows the fleet
    Given a device "edge"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    And a device "spare"
    When the provider changes device "edge"
      | admin_state | draining |
    And the provider asks for the explanation of VIP "shop"
    Then the answer shows
      | placed                       | true  |
      | considered                   | 1     |
      | why_not.considered           | 2     |
      | why_not.best_device_name     | spare |
      | why_not.refusals.not-enabled | 1     |

  Scenario: A tenant is told in his words, and what he can do
    Given a device "edge"
      | limits | {"vips": 0} |
    And a device "private"
      | project_id | blue |
    When tenant "red" creates a VIP "shop" of service type "gold" for pool "web"
    Then VIP "shop" becomes ERROR
    When tenant "red" asks for the explanation of VIP "shop"
    Then the answer shows
      | placed     | false |
      | considered | 2     |
      | summary    | No eligible device: 2 devices considered: 1 reserved for others, 1 full |
    And the answer gives the advice "The operator has to act"
    And the answer nowhere contains "edge"
    And the answer nowhere contains "private"
    And the answer nowhere contains "blue"
    And the answer nowhere contains "why_not"

  Scenario: A tenant learns which capability is missing
    Given a lite device "small"
    And a service type "cheap" of the driver "lite"
    When tenant "red" creates a VIP "shop" of service type "cheap" for pool "web"
      | session_persistence | {"type": "SOURCE_IP"} |
    Then VIP "shop" becomes ERROR
    When tenant "red" asks for the explanation of VIP "shop"
    Then the answer gives the advice "Do without persistence SOURCE_IP, or choose another service type."

  Scenario: Other people's placements are nobody's business
    Given a device "edge"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    When tenant "blue" tries to read the explanation of VIP "shop"
    Then the request is refused with 404 "DecisionNotFound"

  Scenario: Decisions outlive their VIP
    Given a device "edge"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    When tenant "red" deletes VIP "shop"
    Then VIP "shop" is gone
    When tenant "red" asks for the explanation of VIP "shop"
    Then the answer shows
      | placed  | true                        |
      | summary | Placed: 1 device considered |
    When the provider asks for the explanation of VIP "shop"
    Then the answer nowhere contains "why_not"
    And the answer shows
      | placed | true |
