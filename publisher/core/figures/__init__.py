"""Reads the figures of a line in any script, and finds the figures in which two lines disagree."""
