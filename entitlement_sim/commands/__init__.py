"""The commands of ``entitlement-sim``, one file a subject.

What a command needs is imported within it, so that the others do not wait for it.
"""
