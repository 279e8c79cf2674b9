"""Files of any form, read into rows of texts as they stand there; nothing is understood yet."""
