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

"""Packages for NVIDIA's GPUs that have to fit each other, and what to install where they do not."""

import contextlib
import mmap
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.errors import EstimatorError, MocapError
from frankmocap_ros.runtime.machine import jetson, nvidia_driver, versions

TENSORRT_FROM: Final = (10, 1)
_TENSORRT_TEXT: Final = ".".join(map(str, TENSORRT_FROM))
_TENSORRT_OF_JETPACK: Final = "TensorRT 10 comes with JetPack 6.1"
_ORT_TENSORRT: Final = "libonnxruntime_providers_tensorrt.so"
_NVINFER: Final = re.compile(rb"libnvinfer\.so\.(\d+)")


def major(version: str | None) -> int:
    """The first number of a version; 0 where there is none."""
    found = re.match(r"\d+", version or "")
    return int(found[0]) if found else 0


def tensorrt_package(torch_cuda: str | None) -> str:
    """What pip calls TensorRT for torch's CUDA, such as ``tensorrt-cu12``."""
    cuda = major(torch_cuda)
    return f"tensorrt-cu{cuda}" if cuda else "tensorrt"


def how_to_install_tensorrt(torch_cuda: str | None) -> str:
    """The next step where TensorRT is absent or does not fit."""
    system = jetson()
    if system:
        return f"this Jetson has {system}; {_TENSORRT_OF_JETPACK}, run there: apt install python3-libnvinfer"
    return f"run: pip install '{tensorrt_package(torch_cuda)}>={_TENSORRT_TEXT}'"


def check_tensorrt(version: str, torch_cuda: str | None) -> None:
    """Whether TensorRT is new enough, and made for the CUDA that torch has.

    Args:
        version: of the package ``tensorrt``.
        torch_cuda: as ``torch.version.cuda``.

    Raises:
        EstimatorError: it is not; the text has both versions.
    """
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < TENSORRT_FROM:
        raise EstimatorError(
            f"engine: tensorrt {version} is too old, allowed is {_TENSORRT_TEXT} or newer; "
            f"{how_to_install_tensorrt(torch_cuda)}"
        )
    theirs, ours = _cuda_of_tensorrt(), major(torch_cuda)
    if theirs and ours and ours not in theirs:
        raise EstimatorError(
            f"engine: tensorrt {version} is made for CUDA {theirs[0]} and torch for CUDA {torch_cuda}; "
            f"{how_to_install_tensorrt(torch_cuda)}"
        )


def _cuda_of_tensorrt() -> list[int]:
    """Major versions of CUDA that pip's TensorRT is made for; none where it is not pip's, as on a Jetson."""
    return [cuda for cuda in (11, 12, 13, 14) if versions((f"tensorrt-cu{cuda}",))]


def check_onnxruntime(ort: Any, torch_cuda: str | None) -> None:
    """Whether ONNX Runtime is made for the CUDA that torch has: both load its libraries into one process.

    Args:
        ort: the package.
        torch_cuda: as ``torch.version.cuda``.

    Raises:
        EstimatorError: it is not; the text has both versions.
    """
    theirs = getattr(ort, "cuda_version", None) or ""
    if theirs and major(torch_cuda) and major(theirs) != major(torch_cuda):
        raise EstimatorError(
            f"engine: onnxruntime {ort.__version__} is made for CUDA {theirs} and torch for CUDA "
            f"{torch_cuda}; install torch for CUDA {major(theirs)} (pytorch.org), or onnxruntime-gpu for "
            f"CUDA {major(torch_cuda)} (onnxruntime.ai)"
        )


def check_provider_of_tensorrt(ort: Any, tensorrt_version: str) -> None:
    """Whether ONNX Runtime's TensorRT provider is linked to the TensorRT that is installed.

    Args:
        ort: the package.
        tensorrt_version: of the package ``tensorrt``.

    Raises:
        EstimatorError: it is not; the text has both versions.
    """
    wanted = _linked_tensorrt(Path(ort.__file__).parent / "capi" / _ORT_TENSORRT)
    if wanted and wanted != major(tensorrt_version):
        raise EstimatorError(
            f"engine: onnxruntime {ort.__version__} is made for TensorRT {wanted}, installed is "
            f"{tensorrt_version}; run: pip install 'tensorrt=={wanted}.*', or set engine: tensorrt or torch"
        )


def _linked_tensorrt(library: Path) -> int:
    """Major version of TensorRT in the name of the library that another one is linked to; 0 where unknown."""
    try:
        with library.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            found = _NVINFER.search(content)
            return int(found[1]) if found else 0
    except (OSError, ValueError):  # absent, or empty
        return 0


@contextlib.contextmanager
def gpu_errors(engine: str) -> Iterator[None]:
    """A library's errors on a GPU, which are of any type, as this package's.

    Raises:
        EstimatorError: something fails; the text has the error, the likely reason, and what else can be set.
    """
    try:
        yield
    except MocapError:
        raise
    except Exception as error:
        other = "auto" if engine == "torch" else "torch"
        if "out of memory" in str(error).lower():
            why = "the GPU's memory does not suffice: see nvidia-smi for what else has it; allowed instead: "
            why += "a smaller max_people, precision: fp16, device: cpu"
        else:
            why = f"{driver_text()}. Look at nvidia-smi, or set engine: {other}"
        raise EstimatorError(
            f"engine: {engine} fails on the GPU ({type(error).__name__}: {error}); {why}"
        ) from error


def driver_text() -> str:
    """What is known of the driver, for errors that a library does not explain."""
    driver, system = nvidia_driver(), jetson()
    known = [f"the driver is {driver}" if driver else "the driver's version is not known", system]
    usual = "a driver that is older than the library's CUDA is the usual reason"
    return f"{', '.join(filter(None, known))}; {usual}"
