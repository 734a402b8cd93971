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

"""A network as TensorRT builds it for one GPU: built once, and kept."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.engines.base import EngineOptions, Trunk
from frankmocap_ros.engines.cuda_state import alone_on_gpu
from frankmocap_ros.engines.export import INPUT, made_by, onnx_file
from frankmocap_ros.engines.gpu_packages import gpu_errors
from frankmocap_ros.engines.kept import Kept
from frankmocap_ros.errors import EstimatorError

_FILE: Final = "engine.plan"


@dataclass(frozen=True, eq=False)
class Plan:
    """A trunk built for this GPU and this TensorRT.

    Attributes:
        trt: the package.
        logger: TensorRT's.
        trunk: what is built.
        precision: of the ONNX file, whose types are kept as they are.
        options: for how many crops, and where it is kept.
    """

    trt: Any
    logger: Any
    trunk: Trunk
    precision: str
    options: EngineOptions

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Numbers of crops: the fewest, those that it is optimized for, the most."""
        return 1, min(self.options.batch, self.options.largest), self.options.largest

    @property
    def kept(self) -> Kept:
        """Where it lies, by all that it depends on."""
        import torch

        where = {
            "gpu": torch.cuda.get_device_name(),
            "capability": str(torch.cuda.get_device_capability()),
            "tensorrt": self.trt.__version__,
            "sizes": str(self.sizes),
            **made_by(self.precision),
        }
        place = hashlib.sha256(repr(sorted(where.items())).encode()).hexdigest()[:12]
        return Kept(self.options.cache, f"{self.trunk.key[:32]}-tensorrt-{self.precision}-{place}", where)

    def path(self) -> Path:
        """The file, which is built first where it is not there.

        Raises:
            AssetError: the cache cannot be written.
            EstimatorError: TensorRT refuses the network.
            MissingDependencyError: a package that writes ONNX is absent.
        """
        kept = self.kept
        if kept.notes() is None:
            self.options.prepare()
        if kept.notes() is not None:
            return kept.folder / _FILE
        onnx = onnx_file(self.trunk, self.precision, self.options, "tensorrt")  # before: one file at a time

        def write(folder: Path) -> None:
            gpu = kept.made_by["gpu"]
            self.options.tell(f"building a TensorRT engine for {gpu}, once; this takes some minutes")
            (folder / _FILE).write_bytes(self._built(onnx))

        return kept.get(write) / _FILE

    def drop(self) -> None:
        """Remove the file."""
        self.kept.drop()

    def _built(self, onnx: Path) -> bytes:
        trt = self.trt
        with alone_on_gpu(), gpu_errors("tensorrt"):
            builder = trt.Builder(self.logger)
            network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
            parse(trt, self.logger, network, onnx)
            config = builder.create_builder_config()
            config.clear_flag(trt.BuilderFlag.TF32)  # float32 is float32
            profile = builder.create_optimization_profile()
            side = self.trunk.side_px
            profile.set_shape(INPUT, *((n, side, side, 3) for n in self.sizes))
            config.add_optimization_profile(profile)
            plan = builder.build_serialized_network(network, config)
        if plan is None:
            raise EstimatorError(
                "engine: tensorrt could not build the network; see its messages, and that the GPU has memory "
                "left, or set engine: torch"
            )
        return bytes(plan)


def parse(trt: Any, logger: Any, network: Any, onnx: Path) -> None:
    """Read an ONNX file into a network of TensorRT's.

    Raises:
        EstimatorError: it refuses the file; the text has all of its reasons.
    """
    parser = trt.OnnxParser(network, logger)
    if parser.parse(onnx.read_bytes()):
        return
    reasons = "; ".join(str(parser.get_error(i)) for i in range(parser.num_errors))
    raise EstimatorError(
        f"engine: tensorrt {trt.__version__} cannot read {onnx}: {reasons or 'it does not say why'}"
    )
