"""One-line faults: are the tests of a room strong enough to notice them?

``python -m tests.mutation ROOM`` draws faults by seed from all places of a room's source, puts each
into a copy of the tree, and runs the room's tests there. A fault that no test notices survives: it
calls for a test that says what is right, or is an equivalent, which behaves as the original does
and stands with its reason in ``equivalents.toml``.
"""
