"""Tests of what is fitted to a book."""
