"""From the rows of files to the tables of a book: what a head, a text, a date of them means."""
