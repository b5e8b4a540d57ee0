"""Starts a worker from this folder, ``python …/cellkeep/serving``, in an environment that need not have this package.

The files here import nothing but each other, under a name of their own: were they ``cellkeep``, a model that uses the package in its own
environment would find this part of it instead.
"""

import os
import sys
from importlib import import_module
from types import ModuleType

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_NAME = "cellkeep_serving"

if __name__ == "__main__":
    # A module `worker` or `columns` of a user's is not shadowed by those here.
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") not in (_FOLDER, os.getcwd())]
    package = ModuleType(_NAME)
    package.__path__ = [_FOLDER]
    sys.modules[_NAME] = package
    sys.exit(import_module(f"{_NAME}.worker").main())
