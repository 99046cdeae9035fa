"""Studies: study.yaml becomes a frozen :class:`~eval_tools.studies.study.Study`; the workbench folder is found."""
