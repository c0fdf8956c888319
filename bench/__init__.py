"""`python -m bench`: what reaching an audience costs here, compared with other servers in the same run.

Order of reading: `contender` (what is compared) and `contenders`; `load` and its C program (counts what arrived);
`session` (one of them with its audience); `scenario` (how one is written) and `scenarios`; `aims`, `report` and `plot`
(what is written); `command`.
"""
