"""Exports of a live system in, and a run's records out in the same forms."""

from .book import Book
from .errors import ExportError
from .reading import read_book

__all__ = ["Book", "ExportError", "read_book"]
