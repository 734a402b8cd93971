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

"""CUDA's streams and graphs on the CPU: what a graph captures is replayed, on the memory that it was told.

Like CUDA's, a graph here knows no tensors of others but their addresses: it holds weak references to those
that were made before the capture, and fails where one is gone. Those made during a capture are its own.
"""

import contextlib
import threading
import weakref

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from frankmocap_ros.engines import cuda_graph, cuda_state


class _Recorder(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.made, self.steps = {}, []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        refs = [tree_map_only(torch.Tensor, self._reference, one) for one in (args, kwargs, out)]
        self.steps.append((func, *refs))
        tree_map_only(torch.Tensor, self._own, out)
        return out

    def _own(self, tensor):
        self.made[id(tensor)] = tensor

    def _reference(self, tensor):
        return (lambda: tensor) if id(tensor) in self.made else weakref.ref(tensor)


class FakeGraph:
    """As ``torch.cuda.CUDAGraph``."""

    def __init__(self):
        self.recorder = None

    def replay(self):
        """Run what was captured again, into the same memory."""
        for func, *known in self.recorder.steps:
            args, kwargs, out = (tree_map_only(_CALLABLE, _alive, one) for one in known)
            found = func(*args, **kwargs)
            if isinstance(out, torch.Tensor) and found is not out:
                out.copy_(found)


_CALLABLE = (weakref.ref, type(lambda: 0))


def _alive(reference):
    tensor = reference()
    if tensor is None:
        raise RuntimeError("an illegal memory access was encountered: the tensor is gone")
    return tensor


class FakeStream:
    """As ``torch.cuda.Stream``; out of two pools of 32, by priority."""

    def __init__(self, cuda, priority=0):
        number = cuda.streams.get(priority, 0)
        cuda.streams[priority] = number + 1
        self.name = (priority, number % 32)
        self.cuda_stream = hash(self.name)

    def wait_stream(self, _):
        """Nothing runs beside here."""

    def synchronize(self):
        """Nothing runs beside here."""


class StandIn:
    """What happened.

    Attributes:
        streams: how many were made, by priority.
        captures: names of the streams that were captured on.
        capturing: how many captures are going on, by whom.
        on_capture: called in each capture.
    """

    def __init__(self):
        self.streams, self.captures, self.capturing = {}, [], 0
        self.on_capture = lambda: None
        self.cleared = 0
        self._current = threading.local()

    def synchronize(self):
        """Wait for the device, which breaks a capture that is going on."""
        if self.capturing:
            raise RuntimeError("operation not permitted when stream is capturing")

    @contextlib.contextmanager
    def graph(self, graph, stream=None, capture_error_mode="global"):
        """As ``torch.cuda.graph``."""
        self.synchronize()
        self.capturing += 1
        self.captures.append((stream.name, capture_error_mode))
        graph.recorder = _Recorder()
        try:
            with graph.recorder:
                yield
            self.on_capture()
        finally:
            self.capturing -= 1

    @contextlib.contextmanager
    def stream(self, stream):
        """As ``torch.cuda.stream``."""
        before, self._current.stream = getattr(self._current, "stream", None), stream
        try:
            yield
        finally:
            self._current.stream = before

    def clear(self):
        """As the clearing of cuBLAS's workspaces."""
        self.cleared += 1


def install(monkeypatch):
    """Have this package's graphs run on the CPU; returns what is told of it."""
    cuda = StandIn()
    monkeypatch.setattr(torch.cuda, "Stream", lambda priority=0: FakeStream(cuda, priority))
    for name in ("graph", "stream", "synchronize"):
        monkeypatch.setattr(torch.cuda, name, getattr(cuda, name))
    monkeypatch.setattr(torch.cuda, "CUDAGraph", FakeGraph)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: None)
    monkeypatch.setattr(torch._C, "_cuda_clearCublasWorkspaces", cuda.clear, raising=False)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: self)
    monkeypatch.setattr(cuda_graph, "_DEVICE", "cpu")
    for cached in (cuda_state.capture_stream, cuda_state.set_up_cudnn):
        cached.cache_clear()
    return cuda
