"""From a run to a book, and from a book to files of any form."""

from .live_system import book_of
from .writing import export_records, write_book

__all__ = ["book_of", "export_records", "write_book"]
