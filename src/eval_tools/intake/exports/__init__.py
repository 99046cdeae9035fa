"""Exports as the platforms write them: one module for each, and how it is recognised."""
