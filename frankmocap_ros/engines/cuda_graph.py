"""A trunk's run on one number of crops, captured as a CUDA graph: one launch instead of some hundred."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

_WARM_UP: Final = 3  # runs before the capture, in which libraries look for their fastest kernels


class CudaGraph:
    """Copies to the device and back lie in the graph too, from and to pinned memory.

    Args:
        run: features (N, outputs), float32, of crops (N, side, side, 3), uint8, both on the device; it works
            on the current stream, waits for nothing, and makes no tensors of numbers on the host.
        shape: of the crops.
        outputs: features of a crop.
    """

    def __init__(self, run: "Callable[[Tensor], Tensor]", shape: tuple[int, ...], outputs: int) -> None:
        import torch

        self._host_in = torch.zeros(shape, dtype=torch.uint8).pin_memory()
        self._host_out = torch.zeros((shape[0], outputs), dtype=torch.float32).pin_memory()
        self._in, self._out = self._host_in.numpy(), self._host_out.numpy()
        self._pixels = torch.zeros(shape, dtype=torch.uint8, device="cuda")
        self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            for _ in range(_WARM_UP):
                run(self._pixels)
        self._stream.synchronize()
        self._graph = torch.cuda.CUDAGraph()
        # thread_local: what another thread does on the device meanwhile is none of this capture's matter
        with torch.cuda.graph(self._graph, stream=self._stream, capture_error_mode="thread_local"):
            self._pixels.copy_(self._host_in, non_blocking=True)
            self._host_out.copy_(run(self._pixels), non_blocking=True)

    def __call__(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features (N, outputs) of crops of the captured shape."""
        import torch

        np.copyto(self._in, crops)
        with torch.cuda.stream(self._stream):
            self._graph.replay()
        self._stream.synchronize()
        features: NDArray[np.float32] = self._out.copy()
        return features
