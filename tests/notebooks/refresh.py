"""Run the committed notebooks on the example study and keep the outputs that the tests compare.

    python tests/notebooks/refresh.py

Run it after a change of numbers, look at the difference, and name the numbers in CHANGELOG.md.
"""

from pathlib import Path

import nbformat

from eval_tools.runner.notebooks import run_notebook, strip_outputs

ROOT = Path(__file__).parents[2]

if __name__ == "__main__":
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        nbformat.write(strip_outputs(run_notebook(path, parameters={}, workbench=ROOT)), path)
        print(path.name)
