"""What stands before a reader, and what must not."""

import re

from bs4 import BeautifulSoup

#: Values of Python, NumPy and pandas that are no words.
NO_WORDS = re.compile(
    r"(?<![\w$])(?:nan|inf|-inf|infinity|None(?! of)|NaN|NaT|nat|<NA>|Infinity|True|False)(?!\w)"
)

#: A sentence about the share of nothing should have been another sentence.
NO_SENTENCE = re.compile(r"no share(?! \(there are none\)$)|– to –")


def words_of(shown: str) -> str:
    """The letters of Markdown or HTML that a reader sees, alternative texts among them."""
    soup = BeautifulSoup(shown, "html.parser")
    alternatives = [str(image.get("alt", "")) for image in soup.find_all("img")]
    cells = [cell.get_text() for cell in soup.find_all(["th", "td", "caption"])]
    for table in soup.find_all("table"):
        table.decompose()
    return "\n".join([soup.get_text(), *alternatives, *cells])


def check_words(text: str) -> None:
    """Raise unless every word before a reader is one."""
    for line in text.splitlines():
        assert not NO_WORDS.search(line), line
        assert not NO_SENTENCE.search(line), line
