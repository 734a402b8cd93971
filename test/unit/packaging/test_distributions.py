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

"""What the distributions of ROS that are promised do not have in common is not used."""

import ast

import pytest

from support.paths import ROOT

FILES = [
    path for folder in ("frankmocap_ros", "docs", "launch", "test") for path in (ROOT / folder).rglob("*.py")
]


def subscripted(source: str) -> list[str]:
    """Names that come from rclpy and are subscripted, such as ``Subscription[Any]``."""
    tree = ast.parse(source)
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "rclpy"
        for alias in node.names
    }
    names = [node.value for node in ast.walk(tree) if isinstance(node, ast.Subscript)]
    return [name.id for name in names if isinstance(name, ast.Name) and name.id in imported]


def test_no_class_of_rclpy_is_subscripted():
    """Kilted's are generic; rclpy 7.1 (Jazzy) raises TypeError where such an annotation is evaluated."""
    found = {str(path.relative_to(ROOT)): subscripted(path.read_text()) for path in FILES}
    assert len(FILES) > 200
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "line", ["def f() -> Subscription[int]: ...", "x: Subscription[int]", "class A(Subscription[int]): ..."]
)
def test_such_a_class_is_found(line):
    assert subscripted(f"from rclpy.subscription import Subscription\n{line}") == ["Subscription"]
