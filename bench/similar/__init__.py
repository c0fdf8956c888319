"""Measures the checks of the desk: near-duplicates, figures, translations, and the time for a keystroke.

`lines-*.txt` and `figures.txt` were written for this project; the events in them are invented. A block is one event. In
a line, the language is followed by `=` (the line), `~` (the same news in other words) or `!` (other news: of the same
place or person in `lines-*.txt`, with another figure in `figures.txt`).
"""
