"""`python -m bench`: measures delivery to many subscribers, next to other servers in the same run.

Read in this order: `contender` (the interface of a measured server) and `contenders`; `load` and its C program, which
count deliveries; `session` (a running contender with its subscribers); `scenario` and `scenarios` (the measurements);
`targets`, `report` and `plot` (the pages); `command` (the command line).
"""
