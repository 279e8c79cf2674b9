"""The daily loop over columns."""
