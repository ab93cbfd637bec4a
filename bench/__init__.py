"""Benchmarks: each figure beside a peer or a lower bound measured in the same run."""
