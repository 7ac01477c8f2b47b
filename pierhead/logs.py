"""The log: one line an event on standard error, in logfmt, or coloured on a terminal."""

import logging
import sys

import structlog

from pierhead.errors import StartupError

_PLAIN = "timestamp=%(asctime)s level=%(levelname)s logger=%(name)s event=%(message)r"
"""How libraries that use the standard logging are written, close to our own log."""


def configure_logging(level: str) -> None:
    """Log from `level` on. Raises StartupError for a level that is none."""
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise StartupError(f"log_level {level!r} is none of debug, info, warning, error")
    logging.basicConfig(level=number, stream=sys.stderr, format=_PLAIN)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # A line for each request that waits for a thread, as many do at times.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
            if not sys.stderr.isatty()
            else structlog.dev.ConsoleRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
