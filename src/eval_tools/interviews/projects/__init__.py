"""Readers of coded interviews, one module per format; each fills :class:`~eval_tools.interviews.gathered.Gathered`."""
