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

"""The names that ``from frankmocap_ros import ...`` gives, and what importing the package costs."""

import ast
import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import frankmocap_ros
from frankmocap_ros import errors

PACKAGE = Path(frankmocap_ros.__file__).parent


def test_all_is_sorted_and_has_every_public_name():
    for name in frankmocap_ros.__all__:
        getattr(frankmocap_ros, name)  # as if somebody had used them all
    public = [
        name
        for name in dir(frankmocap_ros)
        if not name.startswith("_") and not isinstance(getattr(frankmocap_ros, name), ModuleType)
    ]
    helpers = ["Any", "TYPE_CHECKING", "import_module"]
    assert sorted(set(public) - set(helpers)) == frankmocap_ros.__all__ == sorted(frankmocap_ros.__all__)


@pytest.mark.parametrize("name", frankmocap_ros.__all__)
def test_each_name_is_what_its_module_defines(name):
    value = getattr(frankmocap_ros, name)
    module = importlib.import_module(value.__module__)
    assert getattr(module, name) is value
    assert value.__doc__


def test_every_error_that_users_can_meet_is_public():
    found = {name for name, value in vars(errors).items() if isinstance(value, type)} - {"TypeVar"}
    assert found & set(frankmocap_ros.__all__) == found


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = frankmocap_ros.Nothing


def test_star_imports_everything():
    names: dict[str, object] = {}
    exec("from frankmocap_ros import *", names)
    assert set(frankmocap_ros.__all__) <= set(names)


def loaded_by(code):
    """Names of the packages that a fresh interpreter has loaded after some code, which prints them."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_importing_the_package_loads_nothing_else():
    """Neither networks nor ROS, nor numpy: a command's --help is there at once."""
    code = "import sys, json; import frankmocap_ros; print(json.dumps(sorted(sys.modules)))"
    assert loaded_by(code) & {"numpy", "cv2", "torch", "rclpy", "openvino", "ai_edge_litert"} == set()


def test_the_public_names_load_neither_networks_nor_ros():
    code = (
        "import sys, json; from frankmocap_ros import *; import frankmocap_ros;"
        "print(json.dumps(sorted(sys.modules)))"
    )
    assert (
        loaded_by(code) & {"torch", "rclpy", "openvino", "onnxruntime", "ai_edge_litert", "mujoco"} == set()
    )


# ---------------------------------------------------------------- every package


FOLDERS = sorted(
    path.parent.relative_to(PACKAGE).as_posix()
    for path in PACKAGE.rglob("__init__.py")
    if path.parent.name != "msg" and path.parent != PACKAGE
)


def statements(folder):
    """What stands in a package's ``__init__``, after its docstring."""
    text = (PACKAGE / folder / "__init__.py").read_text(encoding="utf-8")
    docstring, *others = ast.parse(text).body
    assert isinstance(docstring, ast.Expr)
    return others


@pytest.mark.parametrize("folder", FOLDERS)
def test_all_of_a_package(folder):
    """The names that it imports for its users, or else its modules; sorted, without one that is not there."""
    *imports, listed = statements(folder)
    assert isinstance(listed, ast.Assign)
    assert ast.unparse(listed.targets[0]) == "__all__"
    names = ast.literal_eval(listed.value)
    assert names == sorted(set(names))
    if imports:
        assert all(isinstance(statement, ast.ImportFrom) for statement in imports)
        public = {alias.asname or alias.name for statement in imports for alias in statement.names}
        package = importlib.import_module(f"frankmocap_ros.{folder.replace('/', '.')}")
        assert set(names) == public
        assert all(hasattr(package, name) for name in names)
    else:
        modules = pkgutil.iter_modules([str(PACKAGE / folder)])
        assert set(names) == {module.name for module in modules}


def test_importing_every_package_loads_neither_networks_nor_ros():
    code = f"import sys, json, importlib\nfor folder in {FOLDERS!r}:\n"
    code += "    importlib.import_module('frankmocap_ros.' + folder.replace('/', '.'))\n"
    code += "print(json.dumps(sorted(sys.modules)))"
    assert (
        loaded_by(code) & {"torch", "rclpy", "openvino", "onnxruntime", "ai_edge_litert", "mujoco"} == set()
    )
