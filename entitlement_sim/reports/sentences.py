"""Sentences of a notebook, with the numbers that it found."""

import textwrap


def say(text: str) -> None:
    """Show a sentence or more in Markdown, with the numbers that were put into it."""
    from IPython.display import Markdown, display

    display(Markdown(textwrap.dedent(text).strip()))  # type: ignore[no-untyped-call]
