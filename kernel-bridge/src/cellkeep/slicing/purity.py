"""What is known of methods and functions by name: whether they change the object or the arguments that they are given.

Asked only where two looks of a value could not prove that it stayed the same (large data, objects in C). What is unknown counts as
changing.
"""

from __future__ import annotations

import builtins

BUILTINS = frozenset(dir(builtins))

_MUTATORS = {
    "list": "append extend insert remove pop clear sort reverse",
    "dict": "update pop popitem setdefault clear move_to_end subtract",
    "set": "add discard remove pop clear update difference_update intersection_update symmetric_difference_update",
    "deque": "append appendleft extend extendleft insert remove pop popleft clear reverse rotate",
    "bytearray": "append extend insert remove pop clear reverse",
    "array": "sort fill put partition resize itemset setfield setflags byteswap",
    "objects": "sort fill put partition resize itemset setfield setflags byteswap",
    "frame": "insert pop update",
    "series": "pop update",
}
_MUTATORS_OF = {kind: frozenset(names.split()) for kind, names in _MUTATORS.items()}
#: Names that change the object they are called on, whatever it is.
ANY_MUTATOR = frozenset(name for names in _MUTATORS_OF.values() for name in names) | frozenset(
    "fit fit_transform partial_fit fit_predict fit_resample set_params write writelines writerow writerows close send throw "
    "execute executemany "
    "__next__ __setitem__ __delitem__ __setattr__ __delattr__ __iadd__ __ior__ __enter__ __exit__ __setstate__ "
    "commit put get_nowait put_nowait acquire release register train eval backward step zero_grad load_state_dict set add_patch".split()
)
#: Names that change nothing, whatever they are called on.
_PURE = frozenset(
    "predict predict_proba predict_log_proba decision_function transform inverse_transform score score_samples kneighbors apply "
    "copy deepcopy head tail describe info mean sum min max std var median mode count nunique unique value_counts corr cov quantile "
    "sample groupby agg aggregate pipe assign merge join sort_values sort_index reset_index set_index drop dropna fillna "
    "rename isin isna notna isnull notnull astype round abs cumsum cumprod diff shift rolling expanding resample pivot pivot_table melt "
    "stack unstack explode query eval plot hist boxplot items keys values index find startswith endswith split rsplit strip lstrip rstrip "
    "lower upper title capitalize replace format encode decode isdigit isalpha isnumeric zfill splitlines partition rpartition casefold "
    "tolist tobytes ravel flatten reshape transpose dot T squeeze argmax argmin argsort searchsorted nonzero all any clip prod ptp "
    "repeat take trace diagonal conj union intersection difference symmetric_difference issubset issuperset isdisjoint "
    "most_common elements "
    "total_seconds strftime isoformat date time timestamp exists is_file is_dir as_posix with_suffix with_name joinpath "
    "relative_to resolve "
    "state_dict parameters named_parameters item numpy cpu detach size dim numel view permute iterrows itertuples iteritems "
    "nlargest nsmallest "
    "idxmax idxmin map applymap where mask memory_usage select_dtypes get filter between str dt cat loc iloc at iat".split()
)
_PURE_PREFIXES = ("get_", "is_", "has_", "to_", "as_", "__")
#: Builtin functions that neither change their arguments nor call them; iterators among the arguments are told apart by their looks.
INERT = frozenset(
    "print len isinstance issubclass type id repr str callable hasattr getattr list tuple dict set frozenset zip enumerate int float bool "
    "bytes complex range abs round format hash ord chr hex oct bin dir vars slice object reversed iter partial lru_cache cache wraps "
    "staticmethod classmethod property display input open super".split()
)
#: Builtin functions with a new, immutable result.
FRESH = frozenset(
    "len str int float bool isinstance issubclass hash id print repr type abs round any all ord chr format hasattr callable".split()
)
_PURE_BUILTINS = INERT | frozenset("sorted min max sum any all map filter pow divmod ascii compile".split())
_MUTATING_FUNCTIONS = frozenset(
    "shuffle heappush heappop heapify heapreplace heappushpop insort insort_left insort_right put copyto fill_diagonal place putmask "
    "setattr delattr next exec eval setitem delitem iadd iconcat dump save write __setitem__ __delitem__ init_ seterr reload clear_session "
    "islice takewhile dropwhile chain tee reduce update_wrapper parallel_backend".split()
)
_PURE_PACKAGES = frozenset(
    "numpy pandas scipy sklearn matplotlib seaborn statsmodels plotly polars math statistics itertools functools operator collections json "
    "copy re string textwrap datetime time os pathlib pprint IPython xgboost lightgbm torch tensorflow keras joblib pickle csv glob shutil "
    "cellkeep mlflow builtins typing dataclasses enum bisect heapq random hashlib base64 decimal fractions altair bokeh tqdm".split()
)


def method_changes(kind: str, package: str, method: str, inplace: bool) -> bool | None:
    """Whether a method changes the object it is called on; None where nobody knows.

    Parameters
    ----------
    kind
        Of the object's look; empty where it is not known.
    package
        Of its type.
    method
        Its name.
    inplace
        Whether the call says ``inplace=…`` other than False, or ``out=…``.

    Examples
    --------
    >>> method_changes("list", "builtins", "append", False), method_changes("frame", "pandas", "dropna", False)
    (True, False)
    """
    if inplace:
        return True
    if kind in _MUTATORS_OF:
        return method in _MUTATORS_OF[kind]
    if kind == "atom":
        return False
    if kind == "figure":
        return not method.startswith(("get_", "has_", "savefig", "show"))
    if method in ANY_MUTATOR:
        return True
    if method in _PURE or method.startswith(_PURE_PREFIXES):
        return False
    return False if package in ("pandas", "numpy", "polars") and kind != "random" else None


def is_pure(package: str) -> bool:
    """Whether functions of a package change none of their arguments unless their names say so, and its objects are data or models."""
    return package in _PURE_PACKAGES


def function_changes(package: str, name: str, inplace: bool) -> bool | None:
    """Whether a library's function changes its arguments; None where nobody knows."""
    if inplace or name in _MUTATING_FUNCTIONS or (package == "torch" and name.endswith("_")):
        return True
    if package == "builtins" and name in _PURE_BUILTINS:
        return False
    return False if package in _PURE_PACKAGES else None


#: Functions of a library that set its state, by how their names begin; they are called for nothing else.
_SETTERS: tuple[str, ...] = (
    "set",
    "seed",
    "use",
    "reset",
    "filterwarnings",
    "simplefilter",
    "register",
    "enable",
    "disable",
    "config",
    "basicConfig",
)
_SETTERS += (
    "init",
    "manual_seed",
    "load_dotenv",
    "option_context",
    "rc",
    "style",
    "theme",
    "update",
    "append",
    "insert",
    "extend",
    "seterr",
)
_SETTERS += ("remove", "clear", "add", "patch", "install", "activate", "switch", "push", "local", "localcontext", "setcontext")


#: Those that return the state from before, so that they stand in assignments too; and that functions of the user call for nothing else.
_TELLING_SETTERS = frozenset("seterr seterrcall setbufsize setlocale setcontext setrecursionlimit signal".split())
_SETTERS_IN_FUNCTIONS = _TELLING_SETTERS | frozenset(
    "use rc filterwarnings simplefilter basicConfig reset_option reset_defaults register_matplotlib_converters disable".split()
)


def sets_and_tells(name: str) -> bool:
    """Whether a library's function sets its state and returns what that was."""
    return name in _TELLING_SETTERS or name.startswith("set_")


def sets_state_in_function(name: str) -> bool:
    """Whether a module's function, called by one of the user's, sets the module's state: stricter, since most calls there do not.

    Examples
    --------
    >>> sets_state_in_function("set_option"), sets_state_in_function("setdiff1d")
    (True, False)
    """
    return name in _SETTERS_IN_FUNCTIONS or name.startswith("set_")


def sets_state(name: str) -> bool:
    """Whether a library's function is one that sets its state, to judge by its name."""
    return name.lstrip("_").startswith(_SETTERS)
