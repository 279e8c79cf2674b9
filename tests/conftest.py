"""What holds for all tests."""

from hypothesis import settings

# No test asserts a time: on a busy machine an example may take as long as it likes.
settings.register_profile("without a clock", deadline=None)
settings.load_profile("without a clock")
