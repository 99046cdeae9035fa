"""``python -m eval_tools`` is the command ``eval-tools``."""

import sys

from eval_tools.runner.command import main

if __name__ == "__main__":
    sys.exit(main())
