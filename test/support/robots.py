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

"""Robots of others with maps to try, from the files that are shared beside the checkout."""

import re

from support.paths import SHARED

FOLDER = SHARED / "robots"
_MODELS = {  # map: model, and sites that are put on its bodies, where it has no body for a wrist
    "g1": ("unitree_g1/g1.xml", {}),
    "h1_elbow": (
        "unitree_h1/h1.xml",
        {
            "left_elbow_link": ("left_wrist", "0.28 0 -0.015"),
            "right_elbow_link": ("right_wrist", "0.28 0 -0.015"),
        },
    ),
    "t1": (
        "booster_t1/t1.xml",
        {"left_hand_link": ("left_wrist", "0 0.13 0"), "right_hand_link": ("right_wrist", "0 -0.13 0")},
    ),
    "openarm_d": ("openarm/openarm_bimanual.xml", {}),
    "aloha_d": ("aloha/aloha.xml", {}),
    "panda_d": ("franka_panda/panda.xml", {}),
    "ur5e": ("ur5e/ur5e.xml", {}),
    "xarm7": ("xarm7/xarm7.xml", {}),
    "gen3_d": ("kinova_gen3/gen3.xml", {}),
    "so101_d": ("so101/so101.xml", {}),
}
ROBOTS = tuple(_MODELS)


def write_map(name, folder, change=lambda text: text):
    """Write the map of a robot into a folder, with ``change`` made to it; gives its path."""
    model, sites = _MODELS[name]
    path = FOLDER / "models" / model
    if sites:
        text = path.read_text(encoding="utf-8")
        for body, (site, position) in sites.items():
            text, count = re.subn(
                rf'(<body name="{body}"[^>]*>)', rf'\1<site name="{site}" pos="{position}"/>', text
            )
            assert count == 1
        path = folder / path.name
        path.write_text(text, encoding="utf-8")
    text = (FOLDER / "maps" / f"{name}.yaml").read_text(encoding="utf-8")
    text = re.sub(r"^model: .*$", f"model: {path}", text, flags=re.MULTILINE)
    text = re.sub(r"^self_collision: .*\n", "", text, flags=re.MULTILINE)  # needs meshes
    written = folder / f"{name}.yaml"
    written.write_text(change(text), encoding="utf-8")
    return written


def silent(text):
    """A map without weights, as somebody writes it who does not know them."""
    return re.sub(r"^(posture_costs|damping): .*\n", "", text, flags=re.MULTILINE)
