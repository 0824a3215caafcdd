"""The trusted side: jobs, slots, the pool, cgroups, and what a box may see.

Code that runs beside untrusted programs is in `execution.box`.
"""
