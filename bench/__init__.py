"""`python -m bench`: what reaching an audience costs here, beside others measured in the same run.

Order of reading: `contender` (what is compared) and `contenders`; `load` and the C beside it (who counts what arrived);
`session` (one of them with its audience); `scenario` (how one is written) and `scenarios`; `aims`, `report` and `plot`
(what is written); `command`.
"""
