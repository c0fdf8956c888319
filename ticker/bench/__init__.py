"""`flashwire bench`: what a delivery and a connection cost here, beside others measured in the same run.

Order of reading: `contender` (what is compared), `process` (how a server is held and looked at), `subscribers`
(who counts what arrived), `round` (one measurement), `report` and `plot` (what is written), `command`. A contender is
one module with the same start, publish and stop; `contenders` lists them.
"""
