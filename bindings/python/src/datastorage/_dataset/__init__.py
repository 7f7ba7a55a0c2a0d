"""Datasets: thousands of stores merged into one, with tables of their files, to be explored, split and trained on.

`_merge` makes them, `_handle` is the C ABI on one, `_explorer` asks, `_loader` gives items and graphs to train on.
"""
