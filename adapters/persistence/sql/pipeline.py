"""Statements that go to PostgreSQL together, and are answered when that is asked for.

psycopg's own pipelines send each statement by itself, and wait at once for all that was sent.
"""

import select
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from typing import Any

from psycopg import Connection, Error, OperationalError, pq
from psycopg.adapt import Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result

from adapters.persistence.sql.parameters import Dumped, dump, spelled
from adapters.persistence.sql.round_trip import Answer, Order

_FAILED = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED)
_UNDO = Order("ROLLBACK", None, 0)
_OF_NONE = Dumped((), ())


class Pipeline:
    """The statements of one connection. Between `send` and `answers`, and between `undo` and
    `settle`, nothing but another `send` may be done there. The server prepares each when it is
    sent for the first time."""

    def __init__(self, raw: "Connection[Any]") -> None:
        self._server = raw.pgconn
        self._encoding = raw.info.encoding
        self._load = Transformer(raw)
        self._number = raw.fileno()
        self._socket = select.poll()
        self._socket.register(self._number, select.POLLIN)
        self._prepared: dict[str, bytes] = {}
        self._names = (b"pierhead_%d" % number for number in count())
        self._unanswered: deque[tuple[str, bytes | None] | None] = deque()
        """What was sent; the name of what is only to be prepared. None: the end of a `send`."""
        self.answered = 0
        """How many statements were executed, before the first one that failed, of those whose
        answers were asked for last."""

    @property
    def is_broken(self) -> bool:
        """Whether a statement failed, so that the server would take a COMMIT for a ROLLBACK."""
        return bool(self._server.transaction_status == pq.TransactionStatus.INERROR)

    def send(self, orders: Sequence[Order], at_last: Order | None = None) -> None:
        """Begin to execute these statements, of which the server passes over the rest when one
        fails, and then the one `at_last` in any case. Raises psycopg's Error when the connection
        is lost."""
        # What cannot be dumped is found before anything is sent.
        ready = [(order.text, self._dumped(order)) for order in orders]
        self._server.enter_pipeline_mode()
        if ready or at_last is None:
            self._send(ready)
        if at_last is not None:
            self._send([(at_last.text, self._dumped(at_last))])
        self._flush()

    def _send(self, ready: Sequence[tuple[str, Dumped]]) -> None:
        new: dict[str, bytes] = {}
        for text, parameters in ready:
            name = self._prepared.get(text) or new.get(text)
            if name is None:
                name = new[text] = next(self._names)
                self._server.send_prepare(name, spelled(text).text)
                self._unanswered.append((text, name))
            self._server.send_query_prepared(name, parameters.values, parameters.formats)
            self._unanswered.append((text, None))
        # With this, the server knows that it waits for us, and for how long it may.
        self._server.pipeline_sync()
        self._unanswered.append(None)

    def answers(self) -> list[Answer]:
        """What came of each statement that was sent since the last answers, in order. Raises the
        Error of the first one that failed."""
        found: list[Answer] = []
        failed: list[Error] = []
        try:
            self._collect(found, failed)
        except Error as error:
            failed.append(error)
        self.answered = len(found)
        if failed:
            if isinstance(failed[0], InvalidSqlStatementName):
                # Somebody had the server forget them, as DISCARD ALL does.
                self._prepared.clear()
            raise failed[0]
        return found

    def _collect(self, found: list[Answer], failed: list[Error]) -> None:
        while self._unanswered:
            result = self._result()
            if result is None:
                self._server.finish()
                raise OperationalError("the connection is lost")
            sent = self._unanswered.popleft()
            if sent is not None:
                self._result()
            if result.status in _FAILED:
                failed.append(error_from_result(result, self._encoding))
            elif sent is not None and sent[1] is not None:
                self._prepared[sent[0]] = sent[1]
            elif sent is not None and sent[0] != _UNDO.text and not failed:
                found.append(self._answer(result))
        self._server.exit_pipeline_mode()

    def _dumped(self, order: Order) -> Dumped:
        if order.parameters is None:
            return _OF_NONE
        return dump(order.text, order.parameters, self._encoding)

    def execute(self, orders: Sequence[Order]) -> list[Answer]:
        """`send` and `answers`."""
        self.send(orders)
        return self.answers()

    def undo(self) -> None:
        """Undo the transaction, if there is one, after what is not answered yet. Nobody waits
        for the server to do so."""
        self.settle()
        if self._server.transaction_status != pq.TransactionStatus.IDLE:
            with suppress(Error):
                self.send([_UNDO])

    def settle(self) -> None:
        """Wait for what is not answered yet, and forget the answers."""
        if self._unanswered:
            with suppress(Error):
                self.answers()

    def _answer(self, result: Any) -> Answer:
        number = result.command_tuples or 0
        if result.status != pq.ExecStatus.TUPLES_OK:
            return Answer((), number)
        self._load.set_pgresult(result, set_loaders=True)
        return Answer(self._load.load_rows(0, result.ntuples, tuple), number)

    def _result(self) -> Any:
        server = self._server
        while server.is_busy():
            self._socket.poll()
            server.consume_input()
        return server.get_result()

    def _flush(self) -> None:
        server = self._server
        while server.flush():
            # It may want to be heard before it goes on listening.
            self._socket.modify(self._number, select.POLLIN | select.POLLOUT)
            self._socket.poll()
            self._socket.modify(self._number, select.POLLIN)
            if server.is_busy():
                server.consume_input()
