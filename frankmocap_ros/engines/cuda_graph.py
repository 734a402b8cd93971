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

"""A network's run on one shape, captured as a CUDA graph: one launch instead of some hundred."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.cuda_state import alone_on_gpu, capture_stream, own_workspaces

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_DEVICE: Final = "cuda"
_WARM_UP: Final = 3  # runs before the capture, in which libraries look for their fastest kernels


class CudaGraph:
    """Copies to the device and back lie in the graph too, from and to pinned memory.

    A graph knows addresses, not tensors: whatever it reads and writes has to live as long as it does. It
    keeps ``run`` with all that this knows, and what ``run`` gave.

    Args:
        run: float32 numbers, first axis as long as the pixels', of pixels in uint8, both on the device; it
            works on the current stream, waits for nothing, and makes no tensors of numbers on the host.
        shape: of the pixels.
        stream: to replay on; a graph of another thread needs another one.

    Raises:
        RuntimeError: torch's errors, such as memory that does not suffice.
    """

    def __init__(
        self, run: "Callable[[Tensor], Tensor]", shape: tuple[int, ...], stream: "torch.cuda.Stream"
    ) -> None:
        import torch

        self._run, self._stream = run, stream
        with alone_on_gpu():
            self._host_in = torch.zeros(shape, dtype=torch.uint8).pin_memory()
            self._pixels = torch.zeros(shape, dtype=torch.uint8, device=_DEVICE)
            outputs = _warmed_up(run, self._pixels)
            self._host_out = torch.zeros(outputs, dtype=torch.float32).pin_memory()
            self._graph, self._numbers = self._captured()
        self._in, self._out = self._host_in.numpy(), self._host_out.numpy()

    def _captured(self) -> "tuple[torch.cuda.CUDAGraph, Tensor]":
        import torch

        graph = torch.cuda.CUDAGraph()
        own_workspaces()
        try:
            # thread_local: what another thread does on the device meanwhile is none of this capture's matter
            with torch.cuda.graph(graph, stream=capture_stream(), capture_error_mode="thread_local"):
                self._pixels.copy_(self._host_in, non_blocking=True)
                numbers = self._run(self._pixels).contiguous()
                self._host_out.copy_(numbers, non_blocking=True)
        finally:
            own_workspaces()
        return graph, numbers

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The numbers of pixels of the captured shape."""
        import torch

        np.copyto(self._in, pixels)
        with torch.cuda.stream(self._stream):
            self._graph.replay()
        self._stream.synchronize()
        numbers: NDArray[np.float32] = self._out.copy()
        return numbers


def _warmed_up(run: "Callable[[Tensor], Tensor]", pixels: "Tensor") -> tuple[int, ...]:
    """Run some times where it will be captured; the shape of what it gives."""
    import torch

    stream = capture_stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(_WARM_UP):
            numbers = run(pixels)
    stream.synchronize()
    return tuple(numbers.shape)


class Graphs:
    """The graphs of one engine: one for each shape, all replayed on a stream of their own.

    Args:
        make_run: makes what is captured for a shape, see ``CudaGraph``.
        most: number of graphs that are kept; one more takes the place of the oldest.
    """

    def __init__(
        self, make_run: "Callable[[tuple[int, ...]], Callable[[Tensor], Tensor]]", most: int = 64
    ) -> None:
        import torch

        self._make_run, self._most = make_run, most
        self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._graphs: dict[tuple[int, ...], CudaGraph] = {}

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The numbers of pixels; the first time that it sees a shape it captures a graph."""
        graph = self._graphs.get(pixels.shape)
        if graph is None:
            graph = self._add(pixels.shape)
        return graph(pixels)

    def without_graph(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The same, launch by launch: to compare a graph with."""
        import torch

        with alone_on_gpu(), torch.cuda.stream(self._stream):
            run = self._make_run(pixels.shape)
            numbers: NDArray[np.float32] = run(torch.from_numpy(pixels).to(_DEVICE)).cpu().numpy()
        return numbers

    def _add(self, shape: tuple[int, ...]) -> CudaGraph:
        with alone_on_gpu():
            while len(self._graphs) >= self._most:
                del self._graphs[next(iter(self._graphs))]
            graph = CudaGraph(self._make_run(shape), shape, self._stream)
        self._graphs[shape] = graph
        return graph

    def close(self) -> None:
        """Give back memory, which may wait for the device; a second time is allowed."""
        with alone_on_gpu():
            self._graphs.clear()
