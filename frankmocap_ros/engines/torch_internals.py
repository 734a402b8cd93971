# Copyright 2026 frankmocap_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""What is used of torch beyond its documented interface, in one place: checked with torch 2.10 to 2.13."""

from contextlib import AbstractContextManager
from typing import Any

from frankmocap_ros.errors import EstimatorError


def compiler(name: str) -> Any:
    """What ``torch.compile`` calls for a backend: graph and inputs to a function."""
    from torch._dynamo.backends.registry import lookup_backend

    return lookup_backend(name)


def compilation_limit(most: int) -> AbstractContextManager[None]:
    """Within it a function is compiled up to a number of times before torch runs it eagerly."""
    import torch

    patched: AbstractContextManager[None] = torch._dynamo.config.patch(recompile_limit=most)
    return patched


def clear_cublas_workspaces() -> None:
    """Have the next matrix products allocate new workspaces.

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
