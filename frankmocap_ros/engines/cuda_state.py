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

"""What all engines on a GPU share in a process: a lock, a stream to capture on, cuDNN's flags."""

import contextlib
import threading
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

from frankmocap_ros.engines.torch_internals import clear_cublas_workspaces
from frankmocap_ros.errors import EstimatorError

if TYPE_CHECKING:
    import torch

BF16_FROM: Final = (8, 0)  # compute capability whose tensor cores multiply bfloat16
_ALONE: Final = threading.RLock()


@contextlib.contextmanager
def alone_on_gpu() -> Iterator[None]:
    """Held around all that may wait for the whole device, and around captures, which that would break.

    Waiting for the device happens in libraries where nobody asks for it: a capture begins with it, cuDNN and
    TensorRT do it while they look for the fastest kernel, and so does memory that goes back to the driver.
    Replays neither hold it nor wait for it.
    """
    with _ALONE:
        yield


@cache
def capture_stream() -> "torch.cuda.Stream":
    """The stream that every graph of this process is captured on.

    It is one of high priority. Streams come out of pools, and the pool after 32 streams gives the first one
    again: one of the pool that replays have theirs from could be the stream of a replay that runs just then.
    """
    import torch

    return torch.cuda.Stream(priority=-1)  # type: ignore[no-untyped-call]


@cache
def set_up_cudnn() -> None:
    """Set cuDNN's flags, which hold for the whole process, once.

    Setting them around each run, as ``torch.backends.cudnn.flags`` does, takes them from a run in another
    thread. Float32 is float32 (otherwise convolutions run in TF32, three digits), and each shape gets the
    fastest kernel. Kernels that were found are a thread's own: only a graph has them in every thread.
    """
    import torch

    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = False


def check_bf16_on_gpu() -> None:
    """Refuse bfloat16 on a GPU that only emulates it.

    Raises:
        EstimatorError: it does.
    """
    import torch

    found = torch.cuda.get_device_capability()
    if found < BF16_FROM:
        raise EstimatorError(
            f"precision: bf16 needs a GPU of compute capability {_dotted(BF16_FROM)} or more, "
            f"{torch.cuda.get_device_name()} has {_dotted(found)}; allowed: auto | fp32 | fp16"
        )


def _dotted(capability: tuple[int, ...]) -> str:
    return ".".join(map(str, capability))


def gpu_is_lost() -> bool:
    """Whether an error has left this process without its GPU: then nothing runs there any more.

    A kernel that reads where it must not, for example, ends all work of the process on the device, also that
    of others; another process can still use it.
    """
    import torch

    try:
        torch.cuda.synchronize()
    except Exception:  # torch has no type for it before 2.10, and a driver may fail otherwise
        return True
    return False


def free_gpu_memory() -> None:
    """Give memory that nothing uses back to the driver, after something did not fit."""
    import torch

    with alone_on_gpu(), contextlib.suppress(Exception):
        torch.cuda.empty_cache()


def own_workspaces() -> None:
    """Have the next matrix products allocate new workspaces.

    cuBLAS has one for each stream, which every graph that was captured there would write to: two graphs that
    are replayed at once would overwrite each other's numbers. Called before and after a capture the graph
    allocates its own, in memory that is its own.
    """
    clear_cublas_workspaces()
