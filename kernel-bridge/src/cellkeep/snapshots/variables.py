"""The environment variables that tell how a result came about: by a list of prefixes, and never what may be a secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..values import cut, utf16_length
from ..wire import KEY_LIMIT, PARAM_VALUE_LIMIT
from .secrecy import is_secret_name, is_secret_value

_ALLOWED = (
    "PYTHON*", "VIRTUAL_ENV", "CONDA_*", "CELLKEEP_EXPERIMENT", "TZ", "LANG", "LANGUAGE", "LC_*", "SOURCE_DATE_EPOCH",
    "CUDA_*", "NVIDIA_*", "CUBLAS_*", "NCCL_*", "HIP_*", "ROCR_*", "HSA_*",
    "OMP_*", "MKL_*", "OPENBLAS_*", "BLIS_*", "VECLIB_*", "NUMEXPR_*", "KMP_*", "GOTO_NUM_THREADS",
    "TORCH_*", "PYTORCH_*", "TF_*", "XLA_*", "JAX_*", "NUMBA_*", "LIGHTGBM_*", "LOKY_*", "JOBLIB_*", "RAY_*", "POLARS_*",
    "WORLD_SIZE", "RANK", "LOCAL_RANK", "SLURM_JOB_ID", "SLURM_NTASKS", "SLURM_CPUS_*", "JPY_SESSION_NAME", "PAPERMILL_*",
)  # fmt: skip
_LIMIT = 1_000


def chosen_variables(environment: Mapping[str, str], also: Sequence[str] = ()) -> dict[str, str]:
    """Variables that are kept, sorted.

    Parameters
    ----------
    environment
        Usually ``os.environ``.
    also
        More names of the person's own, with ``*`` at the end for a prefix. They do not let secrets through either.

    Examples
    --------
    >>> chosen_variables({"OMP_NUM_THREADS": "2", "HOME": "/root", "CUDA_TOKEN": "x", "MY_MODE": "fast"}, also=["MY_*"])
    {'MY_MODE': 'fast', 'OMP_NUM_THREADS': '2'}
    """
    patterns = (*_ALLOWED, *also)
    kept: dict[str, str] = {}
    for name in sorted(environment):
        value = environment[name]
        if not any(_matches(name, pattern) for pattern in patterns) or utf16_length(name) > KEY_LIMIT:
            continue
        if not is_secret_name(name) and not is_secret_value(value) and len(kept) < _LIMIT:
            kept[cut(name, KEY_LIMIT)] = cut(value, PARAM_VALUE_LIMIT)
    return kept


def _matches(name: str, pattern: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
