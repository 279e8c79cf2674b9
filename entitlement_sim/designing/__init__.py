"""The designer: an offering's own fields as controls, and what a move of one comes to at once."""
