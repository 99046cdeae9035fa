"""Comparison: SCORES become RESULTS, individual CHANGES, FLOW and DESCRIPTIVES."""
