"""What a log must hold to if the protocol was kept: one rule, one name, one sentence.

Each module has the rules of one subject; `check` runs all of them over a log in one pass.
They read what is there and nothing else, so any log will do: ours, or another tool's.
"""
