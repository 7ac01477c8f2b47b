"""What is kept until the broker confirms it."""

from pika import BasicProperties
from pika.frame import Method
from pika.spec import Basic

from adapters.messaging.amqp.outbox import Outbox, Outgoing


class Recorder:
    """A channel that notes what is published, and confirms when it is told to."""

    is_open = True

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def confirm_delivery(self, callback) -> None:
        self._callback = callback

    def basic_publish(self, exchange, key, body, properties, mandatory) -> None:
        self.sent.append(body)

    def confirm(self, tag: int, *, multiple: bool = False) -> None:
        self._callback(Method(1, Basic.Ack(tag, multiple)))

    def refuse(self, tag: int) -> None:
        self._callback(Method(1, Basic.Nack(tag)))


def outbox(most_bytes: int | None = None) -> tuple[Outbox, list[str]]:
    events: list[str] = []
    box = Outbox(
        on_nack=lambda: events.append("nack"),
        on_confirmed=lambda: events.append("confirmed"),
        most_bytes=most_bytes,
    )
    return box, events


def add(box: Outbox, *texts: bytes) -> None:
    for text in texts:
        message = Outgoing(exchange="", routing_key="", body=text, properties=BasicProperties())
        box.add(message)


def test_what_is_not_confirmed_is_sent_again_first() -> None:
    box, _ = outbox()
    add(box, b"1", b"2", b"3")
    first, second = Recorder(), Recorder()
    box.open(first)
    first.confirm(2)
    box.close()
    add(box, b"4")
    box.open(second)
    assert first.sent == [b"1", b"2", b"3"]
    assert second.sent == [b"1", b"3", b"4"]
    second.confirm(3, multiple=True)
    assert box.is_empty


def test_an_action_waits_for_all_before_it_and_for_nothing_after() -> None:
    box, events = outbox()
    channel = Recorder()
    box.open(channel)
    box.when_confirmed(lambda: events.append("nothing before"))
    add(box, b"1", b"2")
    box.when_confirmed(lambda: events.append("1 and 2"))
    add(box, b"3")
    channel.confirm(2)
    assert events == ["nothing before", "confirmed"]
    channel.confirm(1)
    assert events == ["nothing before", "confirmed", "1 and 2", "confirmed"]
    assert not box.is_empty


def test_an_action_waits_through_a_new_channel() -> None:
    box, events = outbox()
    add(box, b"1")
    box.when_confirmed(lambda: events.append("safe"))
    box.open(Recorder())
    box.close()
    channel = Recorder()
    box.open(channel)
    assert events == []
    channel.confirm(1)
    assert events == ["safe", "confirmed"]


def test_the_oldest_are_dropped_when_too_much_waits() -> None:
    box, _ = outbox(most_bytes=4)
    add(box, b"11", b"22", b"33")
    channel = Recorder()
    box.open(channel)
    assert channel.sent == [b"22", b"33"]
    # What the broker has does not count as waiting.
    add(box, b"44", b"55")
    assert channel.sent == [b"22", b"33", b"44", b"55"]


def test_without_a_limit_all_is_kept() -> None:
    box, _ = outbox()
    texts = [b"%d" % number for number in range(3000)]
    add(box, *texts)
    channel = Recorder()
    box.open(channel)
    assert len(channel.sent) == 1000
    channel.confirm(1000, multiple=True)
    channel.confirm(2000, multiple=True)
    assert channel.sent == texts


def test_while_it_is_held_up_nothing_is_sent() -> None:
    box, _ = outbox()
    channel = Recorder()
    box.open(channel)
    box.hold_up(held_up=True)
    add(box, b"1")
    assert channel.sent == []
    box.hold_up(held_up=False)
    assert channel.sent == [b"1"]


def test_what_the_broker_could_not_take_is_told_and_kept() -> None:
    box, events = outbox()
    add(box, b"1")
    channel = Recorder()
    box.open(channel)
    channel.refuse(1)
    assert events == ["nack"]
    assert not box.is_empty
