"""The audience's side: an entry of the stream becomes a message on every screen.

Rooms, in the order in which an entry passes them (nothing imports to its right):

    contract ── stream ── core ── edge
    what is     the one   what     sockets,
    said        log       follows  HTTP, clocks

`embedded` runs a private server for one machine, `commands` are the words of the shell, and
`main` is the one module that knows the desk as well.
"""
