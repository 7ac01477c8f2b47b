Feature: The registry of devices
  Operators manage shared devices, tenants their own. Each vendor's driver says what it must
  know of a device. The "standard" driver is the deployment's own; the "lite" driver is a second
  one whose devices balance HTTP and TCP by turns, hold little and can do little else.

  Scenario: What a device can do is learnt from the device
    Given a device "edge"
    Then device "edge" tells its version and that it can do
      | protocols | ["HTTP", "TCP"]                      |
      | methods   | ["ROUND_ROBIN", "LEAST_CONNECTIONS"] |
      | monitors  | ["TCP", "HTTP"]                      |
    And driver "standard" publishes the schema of its devices' parameters
    And an agent is alive with all drivers

  Scenario: Parameters are checked against the driver's schema
    When the provider drafts a device
      | name       | edge               |
      | driver     | lite               |
      | parameters | {"username": "me"} |
    Then the draft is refused, naming the attribute, with
      | attribute   | value                   | status | named                 |
      | parameters  | {"colour": "green"}     | 400    | parameters            |
      | parameters  | {"username": 7}         | 400    | parameters.username   |
      | parameters  | {"unreachable": "yes"}  | 400    | parameters.unreachable |
      | parameters  | []                      | 400    | parameters            |
      | driver      | toaster                 | 400    | driver                |
      | driver      | (missing)               | 400    | driver                |
      | name        | 7                       | 400    | name                  |
      | limits      | {"vips": -1}            | 400    | limits.vips           |
      | limits      | {"wings": 2}            | 400    | limits.wings          |
      | admin_state | asleep                  | 400    | admin_state           |
      | status      | ONLINE                  | 400    | status                |
      | colour      | green                   | 400    | colour                |
    And the provider sees no devices
    And the draft is accepted as "edge"

  Scenario: Secrets are never shown
    When the provider adds a lite device "vault"
      | parameters | {"username": "me", "password": "tr0ub4dor"} |
    Then the answer shows
      | parameters | {"username": "me"} |
    And the answer nowhere contains "tr0ub4dor"
    When the provider looks for device "vault"
    Then the answer nowhere contains "tr0ub4dor"
    When the provider looks at the fleet's devices
    Then the answer nowhere contains "tr0ub4dor"

  @process
  Scenario: Secrets are neither stored nor logged as they are
    When the provider adds a lite device "vault"
      | parameters | {"username": "me", "password": "tr0ub4dor"} |
    Then device "vault" becomes ONLINE
    And "vault" stands in what the daemon keeps
    And "tr0ub4dor" stands nowhere in what the daemon keeps or logs

  Scenario: A device that does not answer is kept, with the reason, and used once it answers
    Given a service type "cheap" of the driver "lite"
    When the provider adds a lite device "asleep"
      | parameters | {"unreachable": true} |
    Then device "asleep" becomes OFFLINE
    And device "asleep" says "connection timed out"
    Given tenant "red" has a pool "web"
    When tenant "red" creates a VIP "shop" of service type "cheap" for pool "web"
    Then VIP "shop" becomes ERROR
    And VIP "shop" says "1 not reachable"
    When the device "asleep" answers again
    Then device "asleep" becomes ONLINE
    And VIP "shop" becomes ACTIVE

  Scenario: A device with bindings cannot be removed
    Given a device "edge"
    And a service type "gold"
    And tenant "red" has a pool "web"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    When the provider tries to delete device "edge"
    Then the request is refused with 409 "DeviceInUse"
    And the refusal names VIP "shop"
    When tenant "red" deletes VIP "shop"
    Then VIP "shop" is gone
    And device "edge" serves 0 VIPs
    When the provider deletes device "edge"
    Then device "edge" is gone

  Scenario: A draining device keeps what it has and gets nothing new
    Given a device "edge"
    And a service type "gold"
    And tenant "red" has a pool "web" with the members "one"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    When the provider changes device "edge"
      | admin_state | draining |
    And tenant "red" adds member "two" to pool "web"
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one" and "two" alone
    Given tenant "red" has a pool "other"
    When tenant "red" creates a VIP "late" of service type "gold" for pool "other"
    Then VIP "late" becomes ERROR
    And VIP "late" says "1 not open for new services"
    When the provider changes device "edge"
      | admin_state | enabled |
    Then VIP "late" becomes ACTIVE

  Scenario: Names of devices are unique
    Given a device "edge"
    When the provider tries to add a standard device "edge"
    Then the request is refused with 409 "DeviceExists"

  @process
  Scenario: A tenant does not choose what runs on the provider's host
    When tenant "red" tries to add a standard device "trojan"
      | parameters | {"binary": "/bin/true"} |
    Then the request is refused with 400 "InvalidInput"
    And the refusal mentions "parameters.binary"

  @process @traffic
  Scenario: A device that dies is started again, and tells
    Given a device "edge"
    And a service type "gold"
    And tenant "red" has a pool "web" with the members "one"
    And tenant "red" has a VIP "shop" of service type "gold" for pool "web"
    When the process of device "edge" dies
    Then requests to VIP "shop" are answered by "one" alone
    And device "edge" says "restarted"
    And device "edge" becomes ONLINE

  @process
  Scenario: A removed device leaves no process
    Given a device "edge"
    When the provider deletes device "edge"
    Then device "edge" is gone
    And no process runs for device "edge"
