"""Whole or nothing, and only what is ours: how everything that is written gets its name.

What is made grows in a hidden folder beside its place, which bears our mark, and gets its name by
one rename. Nothing without that mark, or without another proof that it is ours, is ever replaced
or removed; a name is no proof.
"""
