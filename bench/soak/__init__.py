"""The soak test: repeats all client behaviour, and fails if the node's memory grows.

`acts` makes the items, including corrections and withdrawals; `clients` and `follower` are clients that the load client
in C lacks; `cycle` is one repetition; `judge` decides whether there is a leak. The scenario `soak` combines them.
"""
