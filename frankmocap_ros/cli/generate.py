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

"""Generate files from the settings: those in ``config/`` and the documentation's page of parameters.

Run in a checkout: ``python -m frankmocap_ros.cli.generate [--check]``.
"""

import argparse
import sys
from pathlib import Path

from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.recorder import RecorderSettings
from frankmocap_ros.settings.robot_sim import RobotSimSettings
from frankmocap_ros.settings.schema import markdown_table, yaml_text
from frankmocap_ros.settings.viewer import ViewerSettings

_PARAMETERS = """\
<!-- Generated from the package's settings by `make generate`; do not edit. -->
# Parameters

The column **live** says when a change takes effect:

- **yes**: from the next image on, as with `ros2 param set /frankmocap resize_short 256`.
- **loads**: when another model is loaded. The current one keeps running until then; see
  [](estimators.md#change-the-model-while-it-runs).
- **no**: when the node is configured.

A value that is out of range, not a number or of the wrong type is refused with a reason, and the old value
stays. At startup the node warns about unknown parameters and suggests the closest name.
`config/frankmocap.yaml` and `config/gate.yaml` hold every parameter of these nodes with its default.

## Which value wins

Later entries win over earlier ones:

1. defaults of the launch file (`preset:=`, the robot `torso`, `trajectory_velocities` with the simulated
   robot);
2. parameters that an enclosing launch file sets (`SetParameter`);
3. `params_file`, under any name of the node (`/**`, `/**/frankmocap`, `/frankmocap`);
4. launch arguments that set a parameter (`source:=`, `robot:=my.yaml`, `use_sim_time:=true`).

A `preset` in a file wins over `preset:=`. Values that are given next to a preset win over the preset.

## Mocap node

{mocap}
## Camera node

{camera}
## Gate

None of these can be changed while the gate is ARMING, ENGAGED or HOLD.

{gate}
## Simulated robot

{robot_sim}
## Browser view

{view}
## Recorder

{recorder}"""


def generated(root: Path) -> dict[Path, str]:
    """Every generated file of a checkout, with its current text."""
    parameters = _PARAMETERS.format(
        mocap=markdown_table(Settings),
        camera=markdown_table(CameraSettings),
        gate=markdown_table(GateSettings),
        robot_sim=markdown_table(RobotSimSettings),
        view=markdown_table(ViewerSettings),
        recorder=markdown_table(RecorderSettings),
    )
    return {
        root / "config" / "frankmocap.yaml": yaml_text(Settings, "frankmocap"),
        root / "config" / "gate.yaml": yaml_text(GateSettings, "gate"),
        root / "docs" / "source" / "parameters.md": parameters,
    }


def main() -> int:
    """Write the files, or compare them with --check; exit code 1 if one is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only list files that are out of date")
    parser.add_argument("--root", type=Path, default=Path(), help="root of the checkout (default: .)")
    arguments = parser.parse_args()
    stale = {
        path: text
        for path, text in generated(arguments.root).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        print(f"{path} {'is out of date: run make generate' if arguments.check else 'written'}")
        if not arguments.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return int(bool(stale) and arguments.check)


if __name__ == "__main__":
    sys.exit(main())
