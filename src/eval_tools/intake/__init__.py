"""Intake: raw exports become RESPONSES; every finding becomes a row of ISSUES, none holds a value."""
