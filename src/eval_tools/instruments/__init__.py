"""Questionnaires: one YAML file per form becomes a frozen :class:`~eval_tools.instruments.instrument.Instrument`."""
