Feature: Bad input
  What cannot be accepted is refused with the attribute's name, and nothing of it is stored.

  Scenario: A bad VIP
    Given a service type "gold"
    And tenant "red" has a pool "web"
    When tenant "red" drafts a VIP
      | name          | shop  |
      | subnet_id     | front |
      | protocol      | HTTP  |
      | protocol_port | 8080  |
      | pool_id       | web   |
      | service_type  | gold  |
    Then the draft is refused, naming the attribute, with
      | attribute           | value                                                  | status |
      | protocol_port       | 0                                                      | 400    |
      | protocol_port       | 65536                                                  | 400    |
      | protocol_port       | "http"                                                 | 400    |
      | protocol_port       | (missing)                                              | 400    |
      | protocol            | UDP                                                    | 400    |
      | protocol            | TCP                                                    | 400    |
      | protocol            | null                                                   | 400    |
      | subnet_id           | not-an-id                                              | 400    |
      | subnet_id           | (missing)                                              | 400    |
      | pool_id             | 7                                                      | 400    |
      | address             | 127.0.0.999                                            | 400    |
      | address             | 10.1.2.3                                               | 400    |
      | connection_limit    | -2                                                     | 400    |
      | connection_limit    | 0                                                      | 400    |
      | admin_state_up      | "maybe"                                                | 400    |
      | session_persistence | {"type": "MAGIC"}                                      | 400    |
      | session_persistence | {"type": "APP_COOKIE"}                                 | 400    |
      | session_persistence | {"type": "SOURCE_IP", "cookie_name": "a"}              | 400    |
      | session_persistence | {"type": "APP_COOKIE", "cookie_name": "a; b"}          | 400    |
      | session_persistence | {"type": "APP_COOKIE", "cookie_name": "a\nstats admin"} | 400    |
      | name                | "a\nb"                                                 | 400    |
      | name                | {"of": "rose"}                                         | 400    |
      | id                  | 11111111-1111-4111-8111-111111111111                   | 400    |
      | status              | ACTIVE                                                 | 400    |
      | colour              | green                                                  | 400    |
    And tenant "red" sees no VIPs
    And pool "web" shows
      | vip_id | null |
    And the draft is accepted as "shop"

  Scenario: References to what is not there
    Given a service type "gold"
      | default | true |
    And tenant "red" has a pool "web"
    When tenant "red" drafts a VIP
      | subnet_id     | front |
      | protocol      | HTTP  |
      | protocol_port | 8080  |
      | pool_id       | web   |
    Then the draft is refused, naming the attribute, with
      | attribute    | value                                | status | named                                |
      | pool_id      | 11111111-1111-4111-8111-111111111111 | 404    | 11111111-1111-4111-8111-111111111111 |
      | subnet_id    | 11111111-1111-4111-8111-111111111111 | 404    | 11111111-1111-4111-8111-111111111111 |
      | service_type | platinum                             | 404    | platinum                             |
    And tenant "red" sees no VIPs

  Scenario: An address that is taken
    Given a device "edge"
    And a service type "gold"
      | default | true |
    And tenant "red" has a pool "web"
    And tenant "red" has a pool "api"
    And tenant "red" has a VIP "shop" for pool "web"
    When tenant "red" tries to create a VIP "back" for pool "api" at the address of VIP "shop"
    Then the request is refused with 409 "IpAddressInUse"
    And tenant "red" sees the VIPs "shop"

  Scenario: A bad pool
    Given tenant "red" has a network "front"
    When tenant "red" drafts a pool
      | subnet_id | front       |
      | protocol  | HTTP        |
      | lb_method | ROUND_ROBIN |
    Then the draft is refused, naming the attribute, with
      | attribute | value     | status |
      | protocol  | SCTP      | 400    |
      | lb_method | LUCK      | 400    |
      | lb_method | (missing) | 400    |
      | subnet_id | (missing) | 400    |
      | name      | 7         | 400    |
      | vip_id    | web       | 400    |
      | members   | []        | 400    |
      | colour    | green     | 400    |
    And tenant "red" sees no pools
    And the draft is accepted as "web"

  Scenario: A bad member
    Given tenant "red" has a pool "web"
    When tenant "red" drafts a member
      | pool_id       | web         |
      | address       | 127.0.0.200 |
      | protocol_port | 8080        |
    Then the draft is refused, naming the attribute, with
      | attribute     | value       | status |
      | address       | example.com | 400    |
      | address       | (missing)   | 400    |
      | address       | 127.0.0.1%a | 400    |
      | protocol_port | 0           | 400    |
      | protocol_port | 70000       | 400    |
      | weight        | -1          | 400    |
      | weight        | 257         | 400    |
      | weight        | 1.5         | 400    |
      | pool_id       | (missing)   | 400    |
      | status        | ACTIVE      | 400    |
    And tenant "red" sees no members

  Scenario: A bad health monitor
    When tenant "red" drafts a health monitor
      | type        | HTTP |
      | delay       | 5    |
      | timeout     | 3    |
      | max_retries | 2    |
    Then the draft is refused, naming the attribute, with
      | attribute      | value            | status |
      | type           | SMOKE            | 400    |
      | delay          | -1               | 400    |
      | delay          | 2                | 400    |
      | timeout        | "soon"           | 400    |
      | max_retries    | 0                | 400    |
      | max_retries    | 11               | 400    |
      | http_method    | "GET / HTTP/1.0" | 400    |
      | http_method    | DELETE           | 400    |
      | url_path       | "no slash"       | 400    |
      | url_path       | "/a\r\nb"        | 400    |
      | expected_codes | two hundred      | 400    |
      | expected_codes | 204-200          | 400    |
      | type           | (missing)        | 400    |
    And tenant "red" sees no health monitors
    And the draft is accepted as "alive"

  @catalogue
  Scenario: A bad subnet
    Given tenant "red" has a network "front"
    When tenant "red" drafts a subnet
      | network_id | front           |
      | cidr       | 127.250.99.0/24 |
    Then the draft is refused, naming the attribute, with
      | attribute        | value                                             | status |
      | cidr             | 10.0.0.0/24                                       | 400    |
      | cidr             | 127.0.0.128/25                                    | 400    |
      | cidr             | everything                                        | 400    |
      | cidr             | (missing)                                         | 400    |
      | network_id       | (missing)                                         | 400    |
      | gateway_ip       | 127.1.1.1.1                                       | 400    |
      | allocation_pools | [{"start": "127.250.98.1", "end": "127.250.98.9"}] | 400    |
    And tenant "red" sees the subnets "front"

  Scenario: What is no request at all
    When tenant "red" sends "{nonsense" instead of a VIP
    Then the request is refused with 400
    When tenant "red" sends "[]" instead of a VIP
    Then the request is refused with 400
    When tenant "red" sends "7" instead of a pool
    Then the request is refused with 400
    When tenant "red" sends "" instead of a member
    Then the request is refused with 400
    And tenant "red" sees no VIPs

  Scenario: A change that cannot be
    Given a device "edge"
    And a service type "gold"
      | default | true |
    And tenant "red" has a pool "web" with the members "one"
    And tenant "red" has a VIP "shop" for pool "web"
    When tenant "red" tries to change member "one"
      | weight | 999 |
    Then the request is refused with 400
    And the refusal mentions "weight"
    When tenant "red" tries to change VIP "shop"
      | protocol_port | 81 |
    Then the request is refused with 400
    And the refusal mentions "protocol_port"
    When tenant "red" tries to change VIP "shop"
      | connection_limit | -7 |
    Then the request is refused with 400
    And the refusal mentions "connection_limit"
    And VIP "shop" is at once ACTIVE
    And requests to VIP "shop" are answered by "one" alone
