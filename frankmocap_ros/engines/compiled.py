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

"""A network compiled by torch, for each number of crops by itself, and never run eagerly without a word."""

import types
from typing import TYPE_CHECKING, Any, Final

from frankmocap_ros.engines.torch_internals import compilation_limit, compiler
from frankmocap_ros.errors import EstimatorError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

BACKEND: Final = "inductor"
_MOST_SIZES: Final = 128  # of one network; torch stops at 8


class CompiledNetwork:
    """A network that is compiled at its first run on each number of crops.

    Torch counts compilations by a function's code, which all networks here share, and runs eagerly from the
    ninth on. Each network has a code object of its own here, and a higher limit; what is beyond is an error.

    Args:
        module: crops (N, side, side, 3) to features (N, outputs).
        backend: torch's name of what compiles.
    """

    def __init__(self, module: "torch.nn.Module", backend: str = BACKEND) -> None:
        import torch

        compile_graph = compiler(backend)
        self._sizes: set[int] = set()
        self._compiling = 0

        def noted(graph: "torch.fx.GraphModule", inputs: "list[Tensor]") -> Any:
            compiled = compile_graph(graph, inputs)
            self._sizes.add(self._compiling)
            return compiled

        def run(pixels: "Tensor") -> "Tensor":
            return module(pixels)  # type: ignore[no-any-return]

        own = types.FunctionType(
            run.__code__.replace(co_name="run_network"), run.__globals__, "run_network", None, run.__closure__
        )
        self._run: Any = torch.compile(own, backend=noted, dynamic=False, fullgraph=True)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of crops that were compiled."""
        return tuple(sorted(self._sizes))

    def __call__(self, pixels: "Tensor") -> "Tensor":
        """Features of crops.

        Raises:
            EstimatorError: it is not compiled for this number, and torch does not do it.
        """
        if len(pixels) in self._sizes:
            return self._run(pixels)  # type: ignore[no-any-return]
        self._compiling = len(pixels)
        with compilation_limit(_MOST_SIZES):
            features: Tensor = self._run(pixels)
        if len(pixels) not in self._sizes:
            raise EstimatorError(
                f"mode: torch ran {len(pixels)} crops without compiling them; compiled are {self.sizes}, "
                "allowed instead: auto | eager | graph; see TORCH_COMPILE_DISABLE and TORCHDYNAMO_DISABLE"
            )
        return features
