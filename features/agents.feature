Feature: Agents share the devices
  A device is held by one agent at a time, of the group that can reach it. Agents, conductors
  and servers may die or be away at any moment: traffic goes on, and what was accepted is done.

  Scenario: Operators see the agents and what each has to do
    Given a device "edge"
    Then a live agent holds device "edge"
    And the agent that holds device "edge" shows
      | group   | default |
      | alive   | true    |
      | leaving | false   |
      | backlog | 0       |
    And it tells its version, its host and its drivers

  Scenario: A device waits for an agent of its group
    When the provider adds a standard device "far"
      | agent_group | harbour |
    Then device "far" becomes OFFLINE
    And device "far" says "no agent of group harbour"
    And no agent holds device "far"
    When the provider changes device "far"
      | agent_group | default |
    Then device "far" becomes ONLINE
    And a live agent holds device "far"

  @split
  Scenario: An agent of the group comes
    When the provider adds a standard device "far"
      | agent_group | harbour |
    Then device "far" says "no agent of group harbour"
    When an agent of group "harbour" is started
    Then device "far" becomes ONLINE
    And the agent that holds device "far" shows
      | group | harbour |

  @split
  Scenario: A dead agent's devices go to another one
    Given a device "edge"
    And a service type "gold"
      | default | true |
    And tenant "red" has a pool "web" with the members "one", "two"
    And tenant "red" has a VIP "shop" for pool "web"
    And requests are sent to VIP "shop" all the time
    When the agent that holds device "edge" is killed
    Then another agent holds device "edge"
    And requests are still answered
    When tenant "red" adds member "three" to pool "web"
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one", "two" and "three" alone
    And not one request has failed
    And the agent that held device "edge" before is not alive

  @split
  Scenario: A stopped agent hands over at once
    Given two agents of group "slow" that say hello once a minute
    And a device "edge"
      | agent_group | slow |
    And a service type "gold"
      | default | true |
    And tenant "red" has a pool "web" with the members "one", "two"
    And tenant "red" has a VIP "shop" for pool "web"
    And requests are sent to VIP "shop" all the time
    When the agent that holds device "edge" is stopped
    Then another agent holds device "edge"
    When tenant "red" deletes member "two"
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one" alone
    And not one request has failed

  @split
  Scenario: An agent that comes back carries out nothing old
    Given a device "edge"
    And a service type "gold"
      | default | true |
    And tenant "red" has a pool "web" with the members "one"
    And tenant "red" has a VIP "shop" for pool "web"
    When the agent that holds device "edge" is paused
    And tenant "red" adds member "two" to pool "web"
    Then another agent holds device "edge"
    And VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one" and "two" alone
    When tenant "red" deletes member "two"
    Then VIP "shop" becomes ACTIVE
    When the agent that held device "edge" before goes on
    Then the agents are alive and have nothing left to do
    And requests to VIP "shop" are answered by "one" alone
    And VIP "shop" is at once ACTIVE
    And another agent holds device "edge"

  @split
  Scenario: A VIP is deleted while no agent is there
    Given a device "edge"
    And a service type "gold"
      | default | true |
    And tenant "red" has a pool "web" with the members "one"
    And tenant "red" has a VIP "shop" for pool "web"
    And requests are sent to VIP "shop" all the time
    When the agents are stopped
    And the address and port of VIP "shop" are noted
    And tenant "red" deletes VIP "shop"
    Then VIP "shop" is at once PENDING_DELETE
    And not one request has failed
    When the agents are started again
    Then VIP "shop" is gone
    And the port that it had is closed
    And device "edge" serves 0 VIPs

  @split
  Scenario: One of two conductors dies
    Given a device "edge"
    And a service type "gold"
      | default | true |
    And a second conductor
    When tenant "red" creates 20 VIPs in one request
    And the first conductor is killed
    Then all these VIPs become ACTIVE, each with an address of its own
    And device "edge" serves 20 VIPs

  @split
  Scenario: The broker is away and comes back without any message
    Given a device "edge"
    And a service type "gold"
      | default | true |
    And tenant "red" has a pool "web" with the members "one"
    And tenant "red" has a VIP "shop" for pool "web"
    And requests are sent to VIP "shop" all the time
    When the agents are paused
    And tenant "red" adds member "two" to pool "web"
    And the broker dies and loses every message
    And the agents go on
    And tenant "red" creates 5 VIPs in one request
    Then requests are still answered
    When the broker comes back
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one" and "two" alone
    And all these VIPs become ACTIVE, each with an address of its own
    And device "edge" serves 6 VIPs
    And not one request has failed

  @split
  Scenario: The database is away
    Given a device "edge"
    And a service type "gold"
      | default | true |
    And tenant "red" has a pool "web" with the members "one", "two"
    And tenant "red" has a VIP "shop" for pool "web"
    And requests are sent to VIP "shop" all the time
    When nobody reaches the database any more
    And tenant "red" tries to delete member "two"
    Then the request is refused with 503 "StoreFailure"
    And the refusal tells when to try again
    When tenant "red" looks for VIP "shop"
    Then the request is refused with 503 "StoreFailure"
    And requests are still answered
    When the database can be reached again
    And tenant "red" deletes member "two"
    Then VIP "shop" becomes ACTIVE
    And requests to VIP "shop" are answered by "one" alone
    And not one request has failed

  @split
  Scenario: Messages that could not be dealt with are kept for the operator
    Given a device "edge"
    Then the provider sees no dead letters
    When a message comes that nobody can read
    Then the provider sees 1 dead letter
    And the dead letter tells
      | kind       |   |
      | deliveries | 1 |
      | size       | 7 |
    When the provider drops the dead letter
    Then the provider sees no dead letters
    When a report that device "edge" has version "9.9.9" is put aside
    Then the provider sees 1 dead letter
    And the dead letter tells
      | kind      | DeviceReport   |
      | device_id | edge           |
      | reason    | nobody took it |
    When the provider has the dead letter delivered again
    Then device "edge" shows
      | version | 9.9.9 |
    And the provider sees no dead letters
