"""Finds lines that say the same: the text reduced for comparison, the likeness of two lines, the recent lines."""
