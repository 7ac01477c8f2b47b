Feature: Elastic pools
  Where no device fits, a pool makes one: the VIP waits for it instead of failing. What is not
  needed any more goes again. One device serves all that wait, as far as its limits allow.

  Scenario: A VIP that fits nowhere waits for a device that is made for it
    Given an elastic pool "burst"
      | zone | east |
    And a service type "gold"
      | policy | {"elastic_pool": "burst", "zone": "east"} |
    And tenant "red" has a pool "web" with the members "one"
    When tenant "red" creates a VIP "shop" of service type "gold" for pool "web"
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one" alone
    And device pool "burst" has 1 device with 1 service
    And the device of VIP "shop" shows
      | device_pool | burst  |
      | zone        | east   |
      | status      | ONLINE |
      | spawned     | true   |
      | project_id  | null   |

  Scenario: A device that fits is preferred to a new one
    Given an elastic pool "burst"
    And a device "edge"
    And a service type "gold"
      | policy | {"elastic_pool": "burst"} |
    And tenant "red" has a pool "web"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    Then VIP "shop" is bound to device "edge"
    And device pool "burst" has no devices

  Scenario: Many that wait share one device
    Given an elastic pool "burst"
    And a service type "gold"
      | policy  | {"elastic_pool": "burst"} |
      | default | true                      |
    When tenant "red" creates 20 VIPs in one request
    Then all these VIPs become ACTIVE, each with an address of its own
    And device pool "burst" has 1 device with 20 services

  Scenario: As many devices are made as the limits ask for
    Given an elastic pool "burst"
      | limits | {"vips": 2} |
    And a service type "gold"
      | policy  | {"elastic_pool": "burst"} |
      | default | true                      |
    When tenant "red" creates 5 VIPs in one request
    Then all these VIPs become ACTIVE, each with an address of its own
    And device pool "burst" has 3 devices with 5 services

  Scenario: A pool at its maximum says so, and a place that becomes free is taken
    Given an elastic pool "burst"
      | limits  | {"vips": 1} |
      | maximum | 1           |
    And a service type "gold"
      | policy | {"elastic_pool": "burst"} |
    And tenant "red" has a pool "web"
    And tenant "red" has a pool "api"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    When tenant "red" creates a VIP "back" of service type "gold" for pool "api"
    Then VIP "back" becomes ERROR
    And VIP "back" says "its elastic pool has its maximum of 1 device"
    When tenant "red" deletes VIP "shop"
    Then VIP "back" becomes ACTIVE
    And device pool "burst" has 1 device with 1 service

  Scenario: A maximum that is raised lets in who waits
    Given an elastic pool "burst"
      | limits  | {"vips": 1} |
      | maximum | 0           |
    And a service type "gold"
      | policy | {"elastic_pool": "burst"} |
    And tenant "red" has a pool "web"
    When tenant "red" creates a VIP "shop" of service type "gold" for pool "web"
    Then VIP "shop" becomes ERROR
    When the provider changes device pool "burst"
      | maximum | 2 |
    Then VIP "shop" becomes ACTIVE

  Scenario: A new device that would not do is not made
    Given an elastic pool "burst"
      | limits | {"vips": 0} |
    And a service type "gold"
      | policy | {"elastic_pool": "burst"} |
    And tenant "red" has a pool "web"
    When tenant "red" creates a VIP "shop" of service type "gold" for pool "web"
    Then VIP "shop" becomes ERROR
    And VIP "shop" says "a new device would be refused: vips: 1 wanted, 0 left of 0"
    And device pool "burst" has no devices

  Scenario: An empty device goes after the delay
    Given an elastic pool "burst"
      | idle_seconds | 0.5 |
    And a service type "gold"
      | policy | {"elastic_pool": "burst"} |
    And tenant "red" has a pool "web"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    And the device of VIP "shop" is called "worker"
    When tenant "red" deletes VIP "shop"
    Then device "worker" is gone
    And device pool "burst" has no devices

  @process
  Scenario: Of a device that went no process is left
    Given an elastic pool "burst"
      | idle_seconds | 0.5 |
    And a service type "gold"
      | policy | {"elastic_pool": "burst"} |
    And tenant "red" has a pool "web"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    And the device of VIP "shop" is called "worker"
    When tenant "red" deletes VIP "shop"
    Then device "worker" is gone
    And no process runs for device "worker"

  Scenario: The minimum and the spare devices are kept ready
    Given an elastic pool "burst"
      | minimum      | 1   |
      | spare        | 1   |
      | idle_seconds | 0.5 |
    And a service type "gold"
      | policy | {"elastic_pool": "burst"} |
    And tenant "red" has a pool "web"
    Then device pool "burst" has 1 device with 0 services
    And device pool "burst" has 1 idle device
    When tenant "red" creates a VIP "shop" of service type "gold" for pool "web"
    Then VIP "shop" becomes ACTIVE
    And device pool "burst" has 2 devices with 1 service
    And device pool "burst" has 1 idle device
    When tenant "red" deletes VIP "shop"
    Then device pool "burst" has 1 device with 0 services

  Scenario: A tenant gets a device of his own when nothing fits
    Given a device "edge"
      | limits | {"vips": 1} |
    And an elastic pool "own"
      | private | true |
    And a service type "gold"
      | policy | {"elastic_pool": "own"} |
    And tenant "red" has a pool "web"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    And tenant "red" has a pool "api"
    And tenant "red" has a VIP "back" of service type "gold" for pool "api"
    Then VIP "shop" is bound to device "edge"
    And the device of VIP "back" shows
      | project_id | red |
    And device pool "own" has 1 device with 1 service

  Scenario: What a pool must not be is refused and named
    When the provider drafts an elastic pool "burst"
      | maximum | 5 |
    Then the draft is refused, naming the attribute, with
      | attribute    | value         | status | named        |
      | driver       | toaster       | 400    | driver       |
      | driver       | lite          | 400    | driver       |
      | minimum      | -1            | 400    | minimum      |
      | minimum      | 6             | 400    | minimum      |
      | spare        | 6             | 400    | spare        |
      | idle_seconds | -1            | 400    | idle_seconds |
      | private      | perhaps       | 400    | private      |
      | limits       | {"wings": 2}  | 400    | limits.wings |
      | parameters   | {"wings": 2}  | 400    | parameters   |
      | colour       | green         | 400    | colour       |
    And the provider sees no device pools

  Scenario: A pool in use is not deleted
    Given an elastic pool "burst"
      | minimum | 1 |
    And a service type "gold"
      | policy | {"elastic_pool": "burst"} |
    And device pool "burst" has 1 device with 0 services
    When the provider tries to delete device pool "burst"
    Then the request is refused with 409 "DevicePoolInUse"

  @process
  Scenario: A device that cannot be made is told, and tried again when the pool is mended
    Given an elastic pool "burst"
      | parameters | {"binary": "/bin/true"} |
    And a service type "gold"
      | policy | {"elastic_pool": "burst"} |
    And tenant "red" has a pool "web" with the members "one"
    When tenant "red" creates a VIP "shop" of service type "gold" for pool "web"
    Then device pool "burst" tells "/bin/true is not HAProxy"
    And VIP "shop" becomes ERROR
    And VIP "shop" says "the last new device could not be made"
    When the provider changes device pool "burst"
      | parameters | {} |
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one" alone

  @process
  Scenario: A daemon that dies while devices are made goes on with them
    Given an elastic pool "burst"
      | limits | {"vips": 2} |
    And a service type "gold"
      | policy  | {"elastic_pool": "burst"} |
      | default | true                      |
    When tenant "red" creates 5 VIPs in one request
    And the daemon is killed
    And the daemon is started again
    Then all these VIPs become ACTIVE, each with an address of its own
    And device pool "burst" has 3 devices with 5 services
