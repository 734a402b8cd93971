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

"""Sphinx's settings. ``make docs`` and rosdoc2 (see ``rosdoc2.yaml``) build the same pages from them."""

import sys
import xml.etree.ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / "package.xml").is_file():  # rosdoc2 builds a copy of this folder, and sets both by itself
    sys.path.insert(0, str(ROOT))
    release = xml.etree.ElementTree.parse(ROOT / "package.xml").findtext("version")

project = "frankmocap_ros"
author = "the frankmocap_ros developers"
copyright = author
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_ambiguous"]
# rosdoc2 puts the files of the root, and a page for each message, beside these pages, which do not name them.
exclude_patterns = [
    "examples/*",
    "__*",
    "README*",
    "CHANGELOG*",
    "CONTRIBUTING*",
    "LICENSE*",
    "PACKAGE*",
    "msg/*",
]
nitpicky = False  # types of numpy and ROS have no pages here

# The public API is made of numpy and OpenCV. What else it can use is imported when it is chosen.
autodoc_mock_imports = [
    "cv2", "daqp", "dex_retargeting", "mediapipe", "mink", "mujoco", "onnxruntime", "openvino", "rclpy",
    "safetensors", "smplx", "tensorrt", "torch", "viser",
]  # fmt: skip
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_numpy_docstring = False

html_theme = "sphinx_rtd_theme"
html_theme_options = {"navigation_depth": 2}
html_show_sourcelink = False
html_show_sphinx = False
