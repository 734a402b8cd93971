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

"""Any maker's URDF, xacro or MJCF to a MuJoCo model, with or without its meshes, on a base that is held."""

import copy
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.errors import MissingDependencyError, RobotError
from frankmocap_ros.runtime.installing import install_command
from frankmocap_ros.teleop.robot_model.additions import (
    Additions,
    KeepOut,
    add_keep_out,
    add_sites,
    place_base,
)
from frankmocap_ros.teleop.robot_model.mjcf import prepare_mjcf
from frankmocap_ros.teleop.robot_model.model_numbers import check_numbers
from frankmocap_ros.teleop.robot_model.model_source import ModelSource
from frankmocap_ros.teleop.robot_model.resources import Resources, Shapes
from frankmocap_ros.teleop.robot_model.scene import add_scene
from frankmocap_ros.teleop.robot_model.urdf import Mimic, prepare_urdf
from frankmocap_ros.teleop.robot_model.xml_source import read_xml, shortened

# what has lost the geometry that it had its mass from, or a maker's slip of the pen, must not stop kinematics
_LENIENT: Final = {"boundmass": "1e-6", "boundinertia": "1e-9", "balanceinertia": "true"}
_NOTHING: Final = Additions()


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model of a robot.

    Attributes:
        mujoco: the module.
        path: where its description is.
        model: the MjModel.
        lost: geom or body that can touch something -> mesh that was left out of it, and why.
        notes: what was left out that somebody may miss, in words.
        unread: how many meshes are there that were not asked for.
    """

    mujoco: Any
    path: ModelSource
    model: Any
    lost: Mapping[str, str]
    notes: tuple[str, ...]
    unread: int = 0


def import_mujoco() -> Any:
    """The module.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        import mujoco
    except ImportError as error:
        raise MissingDependencyError(
            f"mujoco is not installed ({error}); install it: {install_command('robot')}"
        ) from error
    return mujoco


def load_model_file(path: ModelSource, shapes: Shapes, additions: Additions = _NOTHING) -> LoadedModel:
    """Load a robot's description.

    Its base is held: free joints are taken out, also out of the keyframes; those of a scene stay.

    Args:
        path: URDF, xacro or MJCF.
        shapes: which meshes are read. Those that are not there, or that MuJoCo cannot read, are left out.
        additions: what a map adds to it.

    Raises:
        RobotError: the file is missing, MuJoCo cannot read it, or nothing can be added where that is to be.
        MissingDependencyError: MuJoCo, or xacro where it is needed, is not installed.
    """
    mujoco = import_mujoco()
    root = read_xml(path)
    unreadable: dict[Path, str] = {}
    try:
        loaded = _compiled(mujoco, copy.deepcopy(root), Resources(path, unreadable), shapes, additions)
    except _CompileError as error:
        unreadable |= _unreadable(mujoco, error.resources)
        if not unreadable:
            raise
        loaded = _compiled(mujoco, root, Resources(path, unreadable), shapes, additions)
    place_base(mujoco, path, loaded.model, additions)
    return loaded


class _CompileError(RobotError):
    """MuJoCo does not compile a model with these files."""

    def __init__(self, resources: Resources, error: object) -> None:
        super().__init__(f"{resources.near}: MuJoCo cannot read it: {shortened(error)}")
        self.resources = resources


def _compiled(
    mujoco: Any, root: ET.Element, resources: Resources, shapes: Shapes, additions: Additions
) -> LoadedModel:
    path = resources.near
    mimics, notes = tuple[Mimic, ...](), tuple[str, ...]()
    if root.tag == "mujoco":
        lost = prepare_mjcf(root, resources, shapes)
        lenient = ET.SubElement(root, "compiler")
    elif root.tag == "robot":
        prepared = prepare_urdf(root, resources, shapes)
        lost, mimics, notes = prepared.lost, prepared.mimics, prepared.notes
        lenient = next(root.iterfind("mujoco/compiler"))
    else:
        raise RobotError(
            f"{path}: its root is <{shortened(root.tag)}>; allowed: <robot> of a URDF, <mujoco> of an MJCF"
        )
    if shapes is not Shapes.ALL or resources.left_out:
        lenient.attrib |= _LENIENT
    if shapes is not Shapes.ALL:
        lenient.set("inertiafromgeom", "false")  # nobody asks for masses
    text = ET.tostring(root, encoding="unicode")
    try:
        if mimics or additions.sites or additions.keep_out != KeepOut() or additions.scene is not None:
            spec = mujoco.MjSpec.from_string(text, assets=resources.contents)
            _add_mimics(mujoco, path, spec, mimics)
            add_sites(path, spec, additions.sites)
            add_keep_out(mujoco, spec, additions.keep_out)
            if additions.scene is not None:
                add_scene(mujoco, spec, additions.scene)
            model = spec.compile()
        else:
            model = mujoco.MjModel.from_xml_string(text, resources.contents)
    except ValueError as error:
        raise _CompileError(resources, error) from error
    check_numbers(mujoco, path, model)
    return LoadedModel(mujoco, path, model, lost, (*resources.notes(), *notes), resources.unread)


def _add_mimics(mujoco: Any, path: ModelSource, spec: Any, mimics: tuple[Mimic, ...]) -> None:
    """Add an equality for each mimic joint."""
    names = {joint.name for joint in spec.joints}
    for mimic in mimics:
        if mimic.leader not in names or mimic.leader == mimic.joint:
            raise RobotError(
                f"{path}: joint {mimic.joint} mimics {mimic.leader or 'nothing'}, no other joint that moves"
            )
        data = [0.0] * mujoco.mjNEQDATA
        data[:2] = mimic.offset, mimic.multiplier
        spec.add_equality(
            type=mujoco.mjtEq.mjEQ_JOINT,
            objtype=mujoco.mjtObj.mjOBJ_JOINT,
            name1=mimic.joint,
            name2=mimic.leader,
            data=data,
        )


def _unreadable(mujoco: Any, resources: Resources) -> dict[Path, str]:
    """Meshes that MuJoCo cannot read, and why."""
    found = {}
    for name, content in resources.contents.items():
        if not name.endswith((".stl", ".obj", ".msh")):
            continue
        alone = (
            f'<mujoco><asset><mesh name="m" file="{name}" inertia="shell"/></asset>'
            '<worldbody><geom type="mesh" mesh="m"/></worldbody></mujoco>'
        )
        try:
            mujoco.MjModel.from_xml_string(alone, {name: content})
        except ValueError as error:
            found[resources.paths[name]] = f"MuJoCo cannot read it ({shortened(error)})"
    return found
