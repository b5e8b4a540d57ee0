"""What objects of libraries are to a call, told from their looks: whether it writes to them, keeps them, or leaves them as they were."""

from __future__ import annotations

import ast

from . import purity
from .looks import Look

_DATA = {"frame", "series", "array", "objects", "random", "dict", "list", "set", "function", "class", "module", "atom"}
#: Packages of streams, archives and connections.
_WRITTEN = frozenset(
    "io _io codecs tempfile gzip bz2 lzma zipfile tarfile socket sqlite3 sqlalchemy duckdb psycopg psycopg2 pymysql h5py netCDF4 pyarrow "
    "fsspec csv _csv shelve dbm".split()
)
_ESTIMATORS = {"sklearn", "xgboost", "lightgbm", "statsmodels"}
#: Ends of the names of scikit-learn's estimators that fit clones of an estimator given to them.
_CLONING = ("CV", "Classifier", "Regressor", "RFE", "SelectFromModel")
#: Kinds of a library itself, and of what is imported from it.
OF_LIBRARY = {"module", "function", "atom"}


def is_users(look: Look) -> bool:
    """Whether code of the user belongs to a value."""
    return bool(look.codes or look.methods or look.classes)


def package_called(look: Look | None) -> str:
    """The package of a library's module, class or function; empty for what is called otherwise."""
    if look is None:
        return ""
    is_library = look.kind in ("module", "atom", "builtin") or (look.kind == "function" and not is_users(look))
    return look.package if is_library else ""


def is_estimator(look: Look | None) -> bool:
    """Whether a value is a library's model, with nothing of the user in it."""
    return look is not None and look.kind == "instance" and look.package in _ESTIMATORS and not is_users(look)


def fits_clones(look: Look | None, name: str) -> bool:
    """Whether a class of scikit-learn fits clones of an estimator given to it, as searches do and pipelines do not."""
    return look is not None and look.kind == "atom" and look.package == "sklearn" and name.endswith(_CLONING)


def keeps_nothing(look: Look | None) -> bool:
    """Whether what is called keeps no argument: a library, as in ``pd.Series(x)``."""
    return look is not None and look.kind in OF_LIBRARY and purity.is_pure(look.package) and not is_users(look)


def is_only_stored(look: Look | None, package: str) -> bool:
    """Whether ``pickle.dump(model, file)`` leaves this as it was: not the file, nor what code of the user pickles."""
    return look is not None and not (is_users(look) or look.paths) and purity.is_pure(package) and purity.is_pure(look.package)


def is_written(look: Look | None, source: str, node: ast.Call, name: str) -> bool:
    """Whether a call writes to a file or connection: ``frame.to_sql("t", connection)``, ``print("x", file=log)``."""
    if look is None or look.complete or look.kind in _DATA:
        return False
    if look.package in _WRITTEN:
        writes = name.startswith(("to_", "save", "write", "dump", "export")) or any(k.arg == "file" for k in node.keywords)
    else:  # a table to what a library writes with; what is read of another object on the way, as its predictions, does not change that
        is_method = isinstance(node.func, ast.Attribute) and name.startswith("to_")
        writes = is_method and any(isinstance(a, ast.Name) and a.id == source for a in [*node.args, *(k.value for k in node.keywords)])
    return writes or bool(look.paths and name not in purity.INERT)
