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

"""A robot's meshes, read and reduced by another process: that takes seconds, and the view goes on drawing."""

import json
import os
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import MocapError
from frankmocap_ros.runtime.low_priority_child import LowPriorityChild, give_way, start_of
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.teleop.robot_model.loader import LoadedModel, load_model_file
from frankmocap_ros.teleop.robot_model.model_source import ReceivedModel
from frankmocap_ros.teleop.robot_model.resources import Shapes
from frankmocap_ros.viewer.drawn_parts import DrawnPart, parts_of, shown_geoms, stored_mesh
from frankmocap_ros.viewer.link_capsules import link_capsules
from frankmocap_ros.viewer.mesh_reduction import allotted, reduced

MOST_FACES: Final = 60_000
"""Faces of a robot's meshes that are drawn, all together."""

_LONGEST_S: Final = 600.0
_ENDED: Final = "the process that reads them ended early; is there enough memory?"
_TOLD: Final = "frankmocap_ros tells: "  # begins the line that is not some library's


class RobotMeshes:
    """What is drawn of a robot once its meshes are there.

    Attributes:
        done: set when it is over; what follows is for after that.
        parts: what is to be drawn.
        notes: what was left out of the model, in words.
        problem: why there are no parts, in words; empty where there are.

    Args:
        robot: name of a robot of this package, or the YAML file of a map.
        model: the robot's model, as a file's name or received; empty for what the map says.
    """

    def __init__(self, robot: str, model: str | ReceivedModel) -> None:
        received = [model.name, model.text] if isinstance(model, ReceivedModel) else None
        self._job = {"robot": robot, "model": "" if received else model, "received": received}
        self.done = threading.Event()
        self.parts: Sequence[DrawnPart] = ()
        self.notes: tuple[str, ...] = ()
        self.problem = ""
        self._child = LowPriorityChild(start_of(__name__), _LONGEST_S)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, if that has not been done."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="robot meshes", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End it."""
        self._child.close()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        told: list[str] = []
        try:
            with tempfile.TemporaryDirectory(prefix="frankmocap_ros-") as folder:
                output = Path(folder) / "parts.npz"
                job = json.dumps({**self._job, "output": str(output)}) + "\n"
                self._child.run(job.encode(), told.append)
                told = [line.removeprefix(_TOLD) for line in told if line.startswith(_TOLD)]
                answer = json.loads(told[-1]) if told else {"problem": _ENDED}
                self.problem, self.notes = answer.get("problem", ""), tuple(answer.get("notes", ()))
                self.parts = () if self.problem else _read(output)
        except (OSError, ValueError, KeyError) as error:
            self.problem = f"{type(error).__name__}: {error}"
        finally:
            self.done.set()


def drawable_parts(loaded: LoadedModel, most: int = MOST_FACES, incomplete: bool = False) -> list[DrawnPart]:
    """What is drawn of a model.

    Args:
        loaded: the model.
        most: faces of its meshes at most, or about.
        incomplete: whether meshes are not there yet. Links without meshes are capsules then, beside what else
            they have, and where something was left out, or nothing can be drawn at all.

    Raises:
        MissingDependencyError: there are more faces, and the package that reduces them is not installed.
    """
    model = loaded.model
    shown = shown_geoms(loaded)
    of_mesh = model.geom_type == int(loaded.mujoco.mjtGeom.mjGEOM_MESH)
    used = [(body, int(model.geom_dataid[g])) for body, geoms in shown.items() for g in geoms if of_mesh[g]]
    copies = Counter(mesh for _, mesh in used)
    may_have = allotted({mesh: int(model.mesh_facenum[mesh]) for mesh in copies}, copies, most)
    meshes = {mesh: reduced(stored_mesh(loaded, mesh), may_have[mesh]) for mesh in copies}
    parts = parts_of(loaded, shown, meshes)
    if incomplete or loaded.notes or not parts:
        # a foot's contact spheres are left of it, or a piece of an arm: they do not show where the link is
        parts += link_capsules(model, set(range(1, model.nbody)) - {body for body, _ in used})
    return parts


def main() -> int:
    """In the process: read the job, write the parts, and tell how it went."""
    job = json.loads(sys.stdin.buffer.readline())
    give_way(sys.stdin.buffer)
    answer: dict[str, Any]
    try:
        received = job["received"]
        robot_map = load_map(job["robot"], ReceivedModel(*received) if received else job["model"])
        loaded = load_model_file(robot_map.model, Shapes.ALL, robot_map.additions)
        _write(Path(job["output"]), drawable_parts(loaded))
        answer = {"notes": loaded.notes}
    except (MocapError, OSError) as error:
        answer = {"problem": str(error)}
    print(_TOLD + json.dumps(answer), flush=True)
    os._exit(0)  # past the thread that still reads


def _write(path: Path, parts: Sequence[DrawnPart]) -> None:
    arrays: dict[str, Any] = {
        "bodies": np.array([part.body for part in parts], np.int64),
        "rgba": np.array([part.rgba for part in parts], np.float64).reshape(-1, 4),
    }
    for i, part in enumerate(parts):
        arrays[f"vertices{i}"], arrays[f"faces{i}"] = part.vertices, part.faces
    np.savez(path, **arrays)


def _read(path: Path) -> list[DrawnPart]:
    with np.load(path, allow_pickle=False) as file:
        described = zip(file["bodies"].tolist(), file["rgba"].tolist(), strict=True)
        return [
            DrawnPart(int(body), tuple(rgba), file[f"vertices{i}"], file[f"faces{i}"])
            for i, (body, rgba) in enumerate(described)
        ]
