"""What ends a demonstration early."""


class NotObserved(Exception):
    """Something that the demonstration claims did not happen; the text says what."""
