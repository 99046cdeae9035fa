"""Reporting: released tables become sentences, tables, figures and pages, in three languages."""
