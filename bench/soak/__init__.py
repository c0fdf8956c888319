"""The soak: everything that clients do, again and again, to a node that must end with the memory it had.

`acts` are the items, and what later ones do to earlier ones; `clients` are the kinds that the load client in C does not
play; `cycle` is one round of all of it; `judge` says whether what was seen is a leak. The scenario `soak` puts them
together.
"""
