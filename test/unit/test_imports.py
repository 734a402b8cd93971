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

"""What may import what: one direction between folders, and a core that loads neither ROS nor networks."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import frankmocap_ros

PACKAGE = Path(frankmocap_ros.__file__).parent
HEAVY = (
    "rclpy",
    "torch",
    "ai_edge_litert",
    "tensorflow",
    "onnxruntime",
    "openvino",
    "launch",
    "tf2_ros",
    "mujoco",
    "mink",
    "matplotlib",
    "dex_retargeting",
    "pinocchio",
    "pyarrow",
    "ray",
)
# A folder, or a module at the root, imports only from the lines above its own.
DIRECTION = (
    ("errors",),
    ("geometry",),
    ("one_euro",),
    ("body",),
    ("settings", "runtime"),
    ("imaging",),
    ("synthetic",),
    ("sources", "assets", "engines"),
    ("estimators",),
    ("tracking",),
    ("export",),
    ("api",),
    ("teleop", "evaluation"),
    ("recording",),
    ("batch",),
    ("viewer", "standin", "bench"),
    ("msg",),
    ("ros",),
    ("cli",),
)
PLACE = {folder: i for i, folders in enumerate(DIRECTION) for folder in folders}
NETWORKS = ("estimators.frankmocap.networks.", "estimators.openpose.network")  # written in torch
OUTSIDE_THE_CORE = ("batch", "engines", "bench", "viewer", "msg", "ros", "cli")
WITH_HEAVY = (
    "assets.", "evaluation.plots", "export.body_table", "export.parquet_files", "imaging.messages.",
    "recording.", "runtime.text_values", "sources.", "standin.", "estimators.", "teleop.hands.",
    "teleop.inverse_kinematics.", "teleop.robot.", "teleop.robot_map.", "teleop.robot_model.",
    "teleop.robot_setup.", "teleop.simulation.",
)  # fmt: skip


def module_name(path):
    """Dotted name below the package: of a folder's ``__init__`` that of the folder."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
MODULES = {name: path for name, path in MODULES.items() if name and name.partition(".")[0] != "msg"}
CORE = sorted(
    name
    for name in MODULES
    if name.partition(".")[0] not in OUTSIDE_THE_CORE and not name.startswith(NETWORKS)
)


def imported(source, everywhere=True):
    """Absolute names of what a text imports; only at the top of the module where not ``everywhere``."""
    tree = ast.parse(source)
    names = set()
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "write imports in full"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def imports(name, everywhere=True):
    return imported(MODULES[name].read_text(encoding="utf-8"), everywhere)


def folder_of(name):
    return name.partition(".")[0]


def own(names):
    """Modules of this package among imported names, below the package."""
    below = {name.removeprefix("frankmocap_ros.") for name in names if name.startswith("frankmocap_ros.")}
    return {name if name in MODULES else name.rpartition(".")[0] for name in below} - {""}


def against_direction(name, names):
    """What a module imports that does not stand above its own folder."""
    here = folder_of(name)
    return sorted(
        other for other in own(names) if folder_of(other) != here and PLACE[folder_of(other)] >= PLACE[here]
    )


def circle(graph):
    """Nodes that take part in a circle, or lead into one; empty where there is none."""
    graph = {node: needs - {node} for node, needs in graph.items()}
    while graph:
        leaves = {node for node, needs in graph.items() if not needs & set(graph)}
        if not leaves:
            return sorted(graph)
        graph = {node: needs for node, needs in graph.items() if node not in leaves}
    return []


def room(name):
    """The folder that a module lies in; the module itself where that folder has folders of its own."""
    folder = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    inner = [path for path in MODULES[name].parent.iterdir() if (path / "__init__.py").exists()]
    return folder if folder and not inner else name


def test_every_core_module_is_seen():
    assert {"errors", "tracking.pipeline", "tracking.person_filter", "estimators.base"} <= set(CORE)


def test_every_folder_has_its_place():
    assert {folder_of(name) for name in MODULES} <= set(PLACE)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_only_from_folders_above(name):
    assert against_direction(name, imports(name)) == []


def test_an_import_against_the_direction_is_found():
    wrong = imported("from frankmocap_ros.ros.common.qos import IMAGES\nimport frankmocap_ros.cli.main")
    assert against_direction("geometry.boxes", wrong) == ["cli.main", "ros.common.qos"]
    beside = imported("from frankmocap_ros.imaging.bitmap import Bitmap")
    assert against_direction("body.pose", beside) == ["imaging.bitmap"]
    assert against_direction("ros.mocap.worker", imported("from frankmocap_ros.ros.common import qos")) == []
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": set()}) == ["a", "b", "c"]


def test_no_modules_in_a_circle():
    assert circle({name: own(imports(name)) & set(MODULES) for name in MODULES}) == []


def test_no_folders_in_a_circle():
    """Folders below folders too, such as ``teleop/robot``."""
    graph = {}
    for name in MODULES:
        needs = {room(other) for other in own(imports(name)) if other in MODULES}
        graph.setdefault(room(name), set()).update(needs)
    assert {"geometry", "teleop.robot", "estimators.frankmocap.networks"} <= set(graph)
    assert circle(graph) == []


@pytest.mark.parametrize("name", CORE)
def test_core_is_made_of_numpy_and_opencv(name):
    """Anything heavier is imported in the function that needs it, below an estimator."""
    allowed = set(sys.stdlib_module_names) | {"numpy", "cv2", "threadpoolctl", "frankmocap_ros"}
    at_top = {package.partition(".")[0] for package in imports(name, everywhere=False)}
    assert at_top - allowed == set()
    if not name.startswith(WITH_HEAVY):
        everywhere = {package.partition(".")[0] for package in imports(name)}
        assert everywhere - allowed == set()


@pytest.mark.parametrize("name", sorted(set(CORE) - {"api"}))  # as the commands it hands the clock in
def test_no_clock_in_the_core(name):
    """Time comes in as seconds, so that recordings and simulations run as live images do."""
    assert {package.partition(".")[0] for package in imports(name)} & {"time", "datetime"} == set()


def test_a_fresh_interpreter_loads_nothing_heavy():
    """Each core module after the other; what gets loaded is charged to the first that loads it."""
    program = """
import importlib, json, sys
def bad(name):
    top = name.partition(".")[0]
    return top in HEAVY or top.endswith("_msgs") or top == "std_srvs" or name.startswith("frankmocap_ros.msg")
HEAVY, loaded = set(json.loads(sys.argv[1])), {}
for name in json.loads(sys.argv[2]):
    before = set(sys.modules)
    importlib.import_module("frankmocap_ros." + name)
    new = sorted(filter(bad, set(sys.modules) - before))
    if new:
        loaded[name] = new[:5]
print(json.dumps(loaded))
"""
    command = [sys.executable, "-c", program, json.dumps(HEAVY), json.dumps(CORE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {}
    assert done.stderr == ""


def private_names_of_others(source):
    """Attributes such as ``node._x`` that the text itself neither sets nor defines."""
    tree = ast.parse(source)
    own, used = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            is_own = isinstance(node.ctx, ast.Store) or getattr(node.value, "id", "") in ("self", "cls")
            (own if is_own else used).add(node.attr)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            own.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            own.add(node.target.id)
    return used - own - {"_exit"}  # os._exit is documented


INTERNALS = ("engines.torch_internals", "ros.common.rclpy_internals", "viewer.viser_internals")


def test_private_names_of_other_packages_are_used_in_one_place_each():
    texts = {name: path.read_text(encoding="utf-8") for name, path in MODULES.items()}
    private = {name: private_names_of_others(text) for name, text in texts.items()}
    assert {name for name, names in private.items() if names} == set(INTERNALS), private
