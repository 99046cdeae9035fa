"""Strict YAML with line numbers, and the shapes a definition may have; questionnaires and studies build on it."""
