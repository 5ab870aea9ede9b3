"""Benchmarks. Each runs with `python -m tests.performance.NAME [--rows N]` and ends with one JSON line of figures.

They print ratios of contenders measured in turns in the same run; no figure is asserted here.
"""
