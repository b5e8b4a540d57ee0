"""``python -m cellkeep``: the same as the command ``cellkeep``."""

import sys

from .cli.main import main

sys.exit(main())
