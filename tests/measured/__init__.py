"""How far intervals are to be trusted, measured on many runs: see ``__main__``."""
