"""Which deliveries of which messages are not acknowledged yet."""

from collections.abc import Iterable

from pika.channel import Channel

_MOST_REMEMBERED = 10_000


class Deliveries:
    """Acknowledges messages on the channel that they came by, and on no other.

    A message that is delivered again, on a new channel or because it was sent twice, while it
    is still being worked on is not handed out a second time. In the link's own thread only.
    """

    def __init__(self) -> None:
        self._channel: Channel | None = None
        self._tags: dict[str, list[int]] = {}
        """By message: its deliveries on the channel."""
        self._finished: dict[str, None] = {}
        """Messages that were dealt with, but whose delivery was on a channel that is gone."""

    def open(self, channel: Channel) -> None:
        """Deliveries come by this channel from now on."""
        self._channel = channel

    def close(self, dropped: Iterable[str]) -> None:
        """The channel is of no use any more: all comes again. Only what was `dropped` is to be
        handed out again then, the rest is being worked on."""
        self._channel = None
        for message_id in dropped:
            self._tags.pop(message_id, None)
        self._tags = {message_id: [] for message_id in self._tags}

    def arrived(self, message_id: str, tag: int) -> bool:
        """A message came; whether it is to be handed out."""
        if message_id in self._finished:
            del self._finished[message_id]
            self._ack(tag)
            return False
        known = self._tags.get(message_id)
        if known is None:
            self._tags[message_id] = [tag]
            return True
        known.append(tag)
        return False

    def finish(self, message_ids: Iterable[str]) -> None:
        """Acknowledge these."""
        for message_id in message_ids:
            tags = self._tags.pop(message_id, [])
            for tag in tags:
                self._ack(tag)
            if not tags:
                self._remember(message_id)

    def _remember(self, message_id: str) -> None:
        self._finished[message_id] = None
        if len(self._finished) > _MOST_REMEMBERED:
            del self._finished[next(iter(self._finished))]

    def _ack(self, tag: int) -> None:
        if self._channel is not None and self._channel.is_open:
            self._channel.basic_ack(tag)
