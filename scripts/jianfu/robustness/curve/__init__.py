"""The specification curve: the primary association under every declared choice (config/plan/specifications.yaml).

Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4: 1208-1214: every reasonable specification, their median
and share that is significant, and one joint test by permutation.
"""
