"""Statistics: arrays in, small frozen results out; no tables, no labels, no rounding.

Import from the modules; each holds one noun. Every result that can fail carries a ``status``.
"""
