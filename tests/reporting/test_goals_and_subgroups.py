"""Goals, informants and subgroups in a report."""
