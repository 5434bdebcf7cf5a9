"""Legato and its peers on one workload: see RULES.md, run `python -m benchmarks --help`."""
