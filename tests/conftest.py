"""What holds for all tests."""

import signal

from hypothesis import settings

# No test asserts a time: on a busy machine an example may take as long as it likes.
settings.register_profile("without a clock", deadline=None)
settings.load_profile("without a clock")

# A shell lets what it starts in the background ignore interrupts, and so would all that the tests
# start; some of it is to be interrupted.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
