"""What is used of torch beyond its documented interface, in one place: checked with torch 2.10 to 2.13."""

from contextlib import AbstractContextManager
from typing import Any

from frankmocap_ros.errors import EstimatorError


def compiler(name: str) -> Any:
    """What ``torch.compile`` calls for a backend: graph and inputs to a function."""
    from torch._dynamo.backends.registry import lookup_backend

    return lookup_backend(name)


def compilation_limit(most: int) -> AbstractContextManager[None]:
    """Within it a function is compiled up to so many times before torch runs it eagerly."""
    import torch

    patched: AbstractContextManager[None] = torch._dynamo.config.patch(recompile_limit=most)
    return patched


def clear_cublas_workspaces() -> None:
    """Have the next matrix products allocate their workspaces anew.

    Raises:
        EstimatorError: this torch cannot; two graphs could then write to one workspace.
    """
    import torch

    clear = getattr(torch._C, "_cuda_clearCublasWorkspaces", None)
    if clear is None:
        raise EstimatorError(
            f"mode: graph is not possible with torch {torch.__version__}, which cannot clear cuBLAS's "
            "workspaces; allowed instead: auto | eager | compile"
        )
    clear()
