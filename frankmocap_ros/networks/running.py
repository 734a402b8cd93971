"""Where and in which numbers a network runs."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from frankmocap_ros.crops import CROP_PX
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.networks.hmr import normalised
from frankmocap_ros.networks.resnet import ResNet50, without_batch_norms

_TRIALS = 10
_GAIN = 0.95  # a compiled network is kept where it takes less than this share of the time
_HALVES = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Running:
    """Device and numbers of a network.

    Attributes:
        device: such as ``torch.device("cuda")``.
        half: type that the convolutions run in, None for float32. Heads and geometry stay in float32.
        optimize: cuDNN's search for the fastest kernels, and ``torch.compile`` where it gains.
    """

    device: torch.device
    half: torch.dtype | None = None
    optimize: bool = True

    @property
    def text(self) -> str:
        """In words, such as ``cpu bf16``."""
        names = {dtype: name for name, dtype in _HALVES.items()}
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "cpu"
        return f"{name} {names[self.half] if self.half else 'fp32'}"


def has_bf16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware; emulated it is slower than float32."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            flags = next((line for line in file if line.startswith(("flags", "Features"))), "")
    except OSError:
        return False
    return bool({"avx512_bf16", "amx_bf16", "bf16"} & set(flags.split()))


def choose_running(device: str, precision: str, optimize: bool = True) -> Running:
    """Device and numbers for the settings ``device`` and ``precision``.

    Raises:
        EstimatorError: what is asked for is not there.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise EstimatorError(
            "device: cuda is not there for torch "
            f"{torch.__version__}; allowed: auto | cpu. Look at nvidia-smi, and install torch with CUDA"
        )
    on_gpu = device == "cuda" or (device == "auto" and torch.cuda.is_available())
    if precision == "auto":
        half = torch.float16 if on_gpu else torch.bfloat16 if has_bf16() else None
    else:
        half = _HALVES.get(precision)
    if half is torch.float16 and not on_gpu:
        raise EstimatorError("precision: fp16 needs device cuda; on a CPU allowed: auto | fp32 | bf16")
    return Running(torch.device("cuda" if on_gpu else "cpu"), half, optimize)


class Backbone:
    """A ResNet's feature extractor, ready to run.

    Args:
        network: loaded; its batch normalisations are folded into its convolutions.
        running: where and how.
        tell: told what was chosen.
    """

    def __init__(
        self, network: ResNet50, running: Running, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        self._running = running
        if running.device.type == "cuda":
            torch.backends.cudnn.benchmark = running.optimize
        network = cast(Any, without_batch_norms(network)).to(
            running.device, memory_format=torch.channels_last
        )
        self._features: Callable[[Tensor], Tensor] = network.features
        if running.optimize:
            tell(self._compile_where_it_gains())

    def __call__(self, crops_rgb: NDArray[np.uint8]) -> Tensor:
        """Features (N, 2048), float32 on the CPU, of crops (N, 224, 224, 3)."""
        return self._run(self._features, crops_rgb).float().cpu()

    def _run(self, features: Callable[[Tensor], Tensor], crops_rgb: NDArray[np.uint8]) -> Tensor:
        running = self._running
        with (
            torch.inference_mode(),
            torch.autocast(running.device.type, running.half, enabled=running.half is not None),
        ):
            return features(normalised(torch.from_numpy(crops_rgb).to(running.device)))

    def _compile_where_it_gains(self) -> str:
        """Try ``torch.compile`` on a GPU.

        On two cores of a CPU with bf16 it took 35 s to compile and gained 3 to 18 %: too little for a node
        that somebody starts.
        """
        if self._running.device.type != "cuda":
            return "torch.compile is left out: on CPUs it takes half a minute and gains little"
        crops = np.zeros((1, CROP_PX, CROP_PX, 3), np.uint8)
        try:
            compiled = cast(Any, torch.compile(self._features, dynamic=False))
            plain_s, compiled_s = (self._seconds(f, crops) for f in (self._features, compiled))
        except Exception as error:  # whatever the compiler lacks here, the network runs without it
            return f"torch.compile is left out: {type(error).__name__}"
        text = f"{1e3 * compiled_s:.2f} ms compiled, {1e3 * plain_s:.2f} ms without"
        if compiled_s > _GAIN * plain_s:
            return f"torch.compile is left out: {text}"
        self._features = compiled
        return f"torch.compile is used: {text}"

    def _seconds(self, features: Callable[[Tensor], Tensor], crops: NDArray[np.uint8]) -> float:
        """Median time of one call."""
        for _ in range(3):
            self._run(features, crops).cpu()
        times = []
        for _ in range(_TRIALS):
            start = time.perf_counter()
            self._run(features, crops).cpu()
            times.append(time.perf_counter() - start)
        return float(np.median(times))
