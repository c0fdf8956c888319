"""The audience's side: an entry of the stream becomes a message on every screen.

Rooms, in the order in which an entry passes them (none imports a room to its right):

    shared ── contract ── stream ── core ── reader ── workers ── node ── net ── http ── server
"""
