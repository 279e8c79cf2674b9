"""By which names a live system knows tables, columns, choices and values, in several languages."""
