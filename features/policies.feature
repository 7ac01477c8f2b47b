Feature: Policies
  A service type's policy says how its services are placed. It can be changed in place, and counts
  for what is placed from then on.

  Scenario Outline: The emptiest or the fullest device
    Given a device "left"
      | limits | {"vips": 4} |
    And a device "right"
      | limits | {"vips": 4} |
    And a service type "gold"
      | policy | {"strategy": "<strategy>", "grouping": "none"} |
    And tenant "red" has a pool "one"
    And tenant "red" has a pool "two"
    And tenant "red" has a VIP "first" of service type "gold" for pool "one"
    And tenant "red" has a VIP "second" of service type "gold" for pool "two"
    Then the VIPs "first", "second" are on <count> devices

    Examples:
      | strategy | count |
      | spread   | 2     |
      | pack     | 1     |

  Scenario: A full device is not packed beyond its limit
    Given a device "left"
      | limits | {"vips": 2} |
    And a device "right"
      | limits | {"vips": 2} |
    And a service type "gold"
      | policy | {"strategy": "pack"} |
    And tenant "red" has a pool "one"
    And tenant "red" has a pool "two"
    And tenant "red" has a pool "three"
    And tenant "red" has a VIP "first" of service type "gold" for pool "one"
    And tenant "red" has a VIP "second" of service type "gold" for pool "two"
    And tenant "red" has a VIP "third" of service type "gold" for pool "three"
    Then VIP "first" and VIP "second" are on the same device
    And VIP "second" and VIP "third" are on different devices

  Scenario: Services of a tenant are brought together
    Given a device "left"
    And a device "right"
    And a service type "gold"
      | policy | {"grouping": "tenant", "weights": {"least_loaded": 3}} |
    And tenant "red" has a network "north"
    And tenant "red" has a network "south"
    And tenant "red" has a pool "web" on network "north" with the members "one"
    And tenant "red" has a pool "api" on network "south" with the members "two"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
      | subnet_id | north |
    And tenant "red" has a VIP "back" of service type "gold" for pool "api"
      | subnet_id | south |
    Then VIP "shop" and VIP "back" are on the same device

  Scenario: Tenants are kept apart, each within few devices
    Given a device "a"
      | limits | {"vips": 2} |
    And a device "b"
      | limits | {"vips": 2} |
    And a device "c"
      | limits | {"vips": 2} |
    And a device "d"
      | limits | {"vips": 2} |
    And a service type "gold"
      | policy | {"grouping": "apart", "apart": {"devices": 2}, "weights": {"wired": 0}} |
    And tenant "red" has a pool "one"
    And tenant "red" has a pool "two"
    And tenant "red" has a pool "three"
    And tenant "red" has a pool "four"
    And tenant "red" has a pool "five"
    And tenant "red" has a VIP "first" of service type "gold" for pool "one"
    And tenant "red" has a VIP "second" of service type "gold" for pool "two"
    And tenant "red" has a VIP "third" of service type "gold" for pool "three"
    And tenant "red" has a VIP "fourth" of service type "gold" for pool "four"
    Then the VIPs "first", "second", "third", "fourth" are on 2 devices
    When tenant "red" creates a VIP "fifth" of service type "gold" for pool "five"
    Then VIP "fifth" becomes ERROR
    And VIP "fifth" says "2 full"
    When the provider changes service type "gold"
      | policy | {"grouping": "none"} |
    Then VIP "fifth" becomes ACTIVE
    And the VIPs "first", "second", "third", "fourth", "fifth" are on 3 devices

  Scenario: Oversubscription lets more be claimed than there is
    Given a device "edge"
      | limits | {"throughput": 100} |
    And a service type "gold"
      | policy | {"demand": {"throughput": 60}} |
    And tenant "red" has a pool "one"
    And tenant "red" has a pool "two"
    And tenant "red" has a pool "three"
    And tenant "red" has a VIP "first" of service type "gold" for pool "one"
    When tenant "red" creates a VIP "second" of service type "gold" for pool "two"
    Then VIP "second" becomes ERROR
    And the decision about VIP "second" refuses device "edge" for "limit-reached"
    And device "edge" shows
      | usage.resources.throughput.used | 60    |
      | usage.resources.throughput.over | false |
    When the provider changes service type "gold"
      | policy | {"demand": {"throughput": 60}, "oversubscription": {"throughput": 1.2}} |
    Then VIP "second" becomes ACTIVE
    And device "edge" shows
      | usage.resources.throughput.used | 120  |
      | usage.resources.throughput.over | true |
    When tenant "red" creates a VIP "third" of service type "gold" for pool "three"
    Then VIP "third" becomes ERROR
    And the decision about VIP "third" refuses device "edge" for "limit-reached"

  Scenario: A changed demand is not asked of what is placed already
    Given a device "edge"
      | limits | {"throughput": 100} |
    And a service type "gold"
      | policy | {"demand": {"throughput": 60}} |
    And tenant "red" has a pool "one"
    And tenant "red" has a pool "two"
    And tenant "red" has a VIP "first" of service type "gold" for pool "one"
    When the provider changes service type "gold"
      | policy | {"demand": {"throughput": 101}} |
    And tenant "red" changes VIP "first"
      | connection_limit | 50 |
    Then VIP "first" becomes ACTIVE
    And device "edge" shows
      | usage.resources.throughput.used | 60 |
    When tenant "red" creates a VIP "second" of service type "gold" for pool "two"
    Then VIP "second" becomes ERROR
    And the decision about VIP "second" refuses device "edge" for "limit-reached"

  Scenario: A limit below what is used is accepted and admits nothing new
    Given a device "edge"
    And a service type "gold"
    And tenant "red" has a pool "one"
    And tenant "red" has a pool "two"
    And tenant "red" has a pool "three"
    And tenant "red" has a VIP "first" of service type "gold" for pool "one"
    And tenant "red" has a VIP "second" of service type "gold" for pool "two"
    When the provider changes device "edge"
      | limits | {"vips": 1} |
    Then device "edge" shows
      | usage.resources.vips.used  | 2    |
      | usage.resources.vips.limit | 1    |
      | usage.resources.vips.over  | true |
    When tenant "red" creates a VIP "third" of service type "gold" for pool "three"
    Then VIP "third" becomes ERROR
    And VIP "third" says "1 full"
    When tenant "red" changes VIP "first"
      | connection_limit | 50 |
    Then VIP "first" becomes ACTIVE
    When tenant "red" deletes VIP "second"
    Then VIP "second" is gone
    And device "edge" shows
      | usage.resources.vips.over | false |
    And VIP "third" is at once ERROR
    When the provider changes device "edge"
      | limits | {"vips": 2} |
    Then VIP "third" becomes ACTIVE

  Scenario Outline: Physical or virtual first, whatever the order of drivers
    Given a lite device "appliance"
    And a device "process"
    And a service type "any" of the drivers "<first>", "<second>"
      | policy | {"prefer": "<preferred>"} |
    And tenant "red" has a pool "web"
    And tenant "red" has a VIP "shop" of service type "any" for pool "web"
    Then VIP "shop" is bound to device "<chosen>"

    Examples:
      | preferred | first    | second   | chosen    |
      | physical  | standard | lite     | appliance |
      | virtual   | lite     | standard | process   |
      | none      | lite     | standard | appliance |

  Scenario: A zone and a device pool are asked for, and a change counts for later placements only
    Given a device "east"
      | zone | east |
    And a device "west"
      | zone        | west |
      | device_pool | rack |
    And a service type "gold"
      | policy | {"zone": "east"} |
    And tenant "red" has a pool "one" with the members "here"
    And tenant "red" has a pool "two"
    And tenant "red" has a pool "three"
    And tenant "red" has a VIP "first" of service type "gold" for pool "one"
    Then VIP "first" is bound to device "east"
    And the decision about VIP "first" refuses device "west" for "wrong-zone"
    When the provider changes service type "gold"
      | policy | {"zone": "west"} |
    Given tenant "red" has a VIP "second" of service type "gold" for pool "two"
    Then VIP "second" is bound to device "west"
    And VIP "first" is bound to device "east"
    When tenant "red" adds member "there" to pool "one"
    Then VIP "first" becomes ACTIVE
    And VIP "first" is bound to device "east"
    And requests to VIP "first" are answered by "here" and "there" alone
    When the provider changes service type "gold"
      | policy | {"device_pool": "rack"} |
    Given tenant "red" has a VIP "third" of service type "gold" for pool "three"
    Then VIP "third" is bound to device "west"
    And the decision about VIP "third" refuses device "east" for "wrong-device-pool"

  Scenario: A dedicated type keeps off shared devices and other tenants' own
    Given a device "shared"
    And a device "reds"
      | project_id | red |
    And a service type "own"
      | policy | {"dedicated": true} |
    And tenant "red" has a pool "web"
    And tenant "blue" has a network "far"
    And tenant "blue" has a pool "blog" on network "far" with the members "one"
    And tenant "red" has a VIP "shop" of service type "own" for pool "web"
    When tenant "blue" creates a VIP "diary" of service type "own" for pool "blog"
      | subnet_id | far |
    Then VIP "shop" is bound to device "reds"
    And VIP "diary" becomes ERROR
    And the decision about VIP "diary" refuses device "shared" for "not-dedicated"
    And the decision about VIP "diary" refuses device "reds" for "owned-by-another"

  Scenario: A driver vetoes with a reason, and scores
    Given an advised device "warm"
      | parameters | {"veto": "too warm"} |
    And an advised device "poor"
      | parameters | {"score": 0.25} |
    And an advised device "good"
      | parameters | {"score": 0.75} |
    And a service type "gold" of the driver "advised"
      | policy | {"weights": {"driver": 50}} |
    And tenant "red" has a pool "web"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    Then VIP "shop" is bound to device "good"
    And the decision about VIP "shop" refuses device "warm" for "vetoed"
    And the decision about VIP "shop" tells "too warm" of device "warm"
    And the decision about VIP "shop" scores device "poor" with "driver" 0.25

  Scenario Outline: Who chooses
    Given an advised device "warm"
      | parameters | {"veto": "too warm", "score": 1.0} |
    And an advised device "poor"
      | parameters | {"score": 0.25} |
    And an advised device "good"
      | parameters | {"score": 0.75} |
    And a service type "gold" of the driver "advised"
      | policy | {"choice": "<choice>", "weights": {"driver": 0}} |
    And tenant "red" has a pool "web"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    Then VIP "shop" is bound to device "<chosen>"

    Examples:
      | choice  | chosen |
      | common  | warm   |
      | advised | poor   |
      | driver  | good   |

  Scenario: The first driver in the order that has a device that fits makes the choice
    Given a lite device "full"
      | limits | {"vips": 0} |
    And an advised device "poor"
      | parameters | {"score": 0.25} |
    And an advised device "good"
      | parameters | {"score": 0.75} |
    And a device "edge"
    And a service type "gold" of the drivers "lite", "advised", "standard"
      | policy | {"choice": "driver"} |
    And tenant "red" has a pool "web"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    Then VIP "shop" is bound to device "good"

  Scenario: Bad policies are refused and named
    When the provider drafts a service type
      | name    | gold                     |
      | drivers | ["lite"]                 |
      | policy  | {"grouping": "network"}  |
    Then the draft is refused, naming the attribute, with
      | attribute | value                                          | status | named                              |
      | policy    | {"weights": {"luck": 1}}                       | 400    | policy.weights.luck                |
      | policy    | {"weights": {"luck": 1}}                       | 400    | least_loaded                       |
      | policy    | {"weights": {"wired": -1}}                     | 400    | policy.weights.wired               |
      | policy    | {"weights": {"wired": "much"}}                 | 400    | policy.weights.wired               |
      | policy    | {"demand": {"vips": 1}}                        | 400    | policy.demand.vips                 |
      | policy    | {"demand": {"vlans:eth1": 1}}                  | 400    | policy.demand.vlans:eth1           |
      | policy    | {"demand": {"wings": 2}}                       | 400    | policy.demand.wings                |
      | policy    | {"demand": {"throughput": -1}}                 | 400    | policy.demand.throughput           |
      | policy    | {"oversubscription": {"throughput": 0.9}}      | 400    | policy.oversubscription.throughput |
      | policy    | {"oversubscription": {"throughput": 101}}      | 400    | policy.oversubscription.throughput |
      | policy    | {"oversubscription": {"throughput": 1.234}}    | 400    | hundredths                         |
      | policy    | {"oversubscription": {"wings": 2}}             | 400    | policy.oversubscription.wings      |
      | policy    | {"apart": {"devices": 0}}                      | 400    | policy.apart.devices               |
      | policy    | {"choice": "tenant"}                           | 400    | policy.choice                      |
      | policy    | {"strategy": "heap"}                           | 400    | policy.strategy                    |
      | policy    | {"grouping": "colour"}                         | 400    | policy.grouping                    |
      | policy    | {"prefer": "old"}                              | 400    | policy.prefer                      |
      | policy    | {"dedicated": true, "grouping": "apart"}       | 400    | policy.grouping                    |
      | policy    | {"elastic_pool": "nowhere"}                    | 400    | policy.elastic_pool                |
      | policy    | {"colour": "red"}                              | 400    | policy.colour                      |
      | policy    | []                                             | 400    | policy                             |
      | drivers   | ["toaster"]                                    | 400    | toaster                            |
      | drivers   | []                                             | 400    | drivers                            |
      | kind      | firewall                                       | 400    | firewall                           |
    And the draft is accepted as "gold"
    When the provider tries to change service type "gold"
      | policy | {"weights": {"luck": 1}} |
    Then the request is refused with 400 "InvalidInput"
    And service type "gold" shows
      | policy.grouping | network |
      | policy.weights  | {}      |

  Scenario Outline: An advisor that is slow or fails holds nobody up
    Given an advised device "thinker"
      | parameters | <parameters> |
    And a device "edge"
    And a service type "gold" of the drivers "advised", "standard"
      | policy | {"choice": "<choice>"} |
    And tenant "red" has a pool "web"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    Then VIP "shop" is bound to device "edge"
    And the decision about VIP "shop" refuses device "thinker" for "advisor-failed"
    And driver "advised" shows that its advisor fails

    Examples:
      | parameters              | choice  |
      | {"advisor_delay": 5}    | advised |
      | {"advisor_fails": true} | driver  |
