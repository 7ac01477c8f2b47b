"""What holds for all tests."""

import signal

# A runner in the background may have left SIGINT ignored, and every program that the tests
# start would inherit that; some of them are interrupted on purpose.
signal.signal(signal.SIGINT, signal.default_int_handler)
