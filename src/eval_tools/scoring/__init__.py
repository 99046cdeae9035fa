"""Scoring: RESPONSES become SCORES and RELIABILITIES."""
