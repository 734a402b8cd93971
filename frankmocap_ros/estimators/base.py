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

"""What an estimator is.

An estimator sees one image at a time and knows nothing of ROS, of ids or of earlier people: tracking,
smoothing and states are the pipeline's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from frankmocap_ros.body.joint_error import JointError
from frankmocap_ros.body.pose import Body, Observation
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.imaging.camera_image import ScaledImage


@dataclass(frozen=True)
class NetworkPrecision:
    """In which numbers a network runs, and what is known of that.

    Attributes:
        network: which one, such as ``body_smpl``.
        precision: such as ``fp32``.
        text: what is known, in a line for diagnostics.
        error: of the joints against float32; None in float32, and where it is not known.
        seen: on which people: photograph, calibration or camera; empty where there is no error.
        undecided: whether the images of a camera are still to tell more, see ``ReviewedEstimator``.
    """

    network: str
    precision: str
    text: str
    error: JointError | None = None
    seen: str = ""
    undecided: bool = False


@dataclass(frozen=True)
class Capabilities:
    """What an estimator can do.

    Attributes:
        max_people: how many people it can follow.
        needs_regions: whether ``estimate`` wants the regions of the people; otherwise it finds them itself.
        orientations: whether it gives rotations of its own (otherwise they follow from positions).
        hands: whether it gives finger joints now.
        device: where it runs, such as ``"cpu"``.
        sees_absence: whether ``estimate`` tells that nobody is in a region; otherwise detection has to, and
            ``detect`` gives regions with boxes.
        warning: what users of its results must know; empty for none.
        mesh: whether it is a ``MeshEstimator``.
        detects_apart: whether ``detect`` may run in another thread than ``estimate``.
        batches: whether it is a ``BatchEstimator``.
        reviewed: whether it is a ``ReviewedEstimator``.
        precisions: of its networks; none where nobody chooses them.
    """

    max_people: int
    needs_regions: bool
    orientations: bool
    hands: bool
    device: str
    sees_absence: bool = True
    warning: str = ""
    mesh: bool = False
    detects_apart: bool = False
    batches: bool = False
    reviewed: bool = False
    precisions: tuple[NetworkPrecision, ...] = ()


class Estimator(Protocol):
    """Finds people and estimates their poses. Called from one thread at a time; see ``detects_apart``."""

    @property
    def name(self) -> str:
        """Name in the registry."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do as it was made."""

    def warm_up(self) -> None:
        """Run everything once, so that the first real image is not slower than the others."""

    def detect(self, image: ScaledImage, max_people: int) -> list[Region]:
        """Look for people in the whole image, best first; empty where regions are not needed."""

    def estimate(self, image: ScaledImage, regions: Sequence[Region]) -> list[Observation | None]:
        """Estimate people.

        Returns:
            One entry per region, None where the person is not there (any more); without
            ``needs_regions`` one entry per person found.

        Raises:
            EstimatorError: the estimator itself is broken. A bad image gives no people, not an error.
        """

    def close(self) -> None:
        """Give back memory and threads."""


class BatchEstimator(Estimator, Protocol):
    """An estimator that takes several images at once faster than one by one."""

    def estimate_views(
        self, views: Sequence[tuple[ScaledImage, Sequence[Region]]]
    ) -> list[list[Observation | None]]:
        """As ``estimate`` for each image with its regions."""


def estimate_views(
    estimator: Estimator, views: Sequence[tuple[ScaledImage, Sequence[Region]]]
) -> list[list[Observation | None]]:
    """People in several images, in one batch where the estimator has that."""
    if estimator.capabilities.batches:
        return cast(BatchEstimator, estimator).estimate_views(views)
    return [estimator.estimate(image, regions) for image, regions in views]


class Surface(Protocol):
    """The mesh of one body."""

    @property
    def vertices(self) -> Array:
        """Shape (1, V, 3), in the optical frame [m]."""


class MeshEstimator(Estimator, Protocol):
    """An estimator that also knows the surface of the bodies that it found; ``Capabilities.mesh`` says so.

    ``mesh_of`` may be called from another thread than the rest, at the same time.
    """

    def mesh_of(self, body: Body) -> Surface:
        """Vertices of a body as it was published.

        Raises:
            AssetError: a file that only the surface needs is missing or damaged.
            MissingDependencyError: a package that only the surface needs is not installed.
        """


def mesh_estimator(estimator: Estimator) -> MeshEstimator | None:
    """The estimator where it gives meshes, else None."""
    return cast(MeshEstimator, estimator) if estimator.capabilities.mesh else None


@dataclass(frozen=True)
class Review:
    """What an estimator found out of itself while it ran.

    Attributes:
        text: for the log.
        outdated: whether another one of the same settings would be faster now, and as good.
        warning: whether its results are worse than people may expect.
    """

    text: str
    outdated: bool = False
    warning: bool = False


class ReviewedEstimator(Estimator, Protocol):
    """An estimator that looks at the first people it sees, whether it may run faster."""

    def review(self, told: Callable[[Review], None]) -> None:
        """Look from now on; once, after ``warm_up``.

        Args:
            told: called with what is found out, in any thread, until the estimator is closed.
        """


def reviewed_estimator(estimator: Estimator) -> ReviewedEstimator | None:
    """The estimator where it looks at itself, else None."""
    return cast(ReviewedEstimator, estimator) if estimator.capabilities.reviewed else None
