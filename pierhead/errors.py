"""What stops a start, in one line for the person who started it."""


class StartupError(Exception):
    """The daemon cannot start; the text says why and what to do."""
