"""Writes what is generated from the settings: files in ``config/`` and the page of the parameters.

Run in a checkout: ``python -m frankmocap_ros.cli.generate [--check]``.
"""

import argparse
import sys
from pathlib import Path

from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.robot_sim import RobotSimSettings
from frankmocap_ros.settings.schema import markdown_table, yaml_text
from frankmocap_ros.settings.viewer import ViewerSettings

_PARAMETERS = """\
<!-- Generated from the package's settings by `make generate`; do not edit. -->
# Parameters

- **live** parameters hold from the next image on: `ros2 param set /frankmocap resize_short 256`.
- **loads** marks parameters that need another model. It is loaded while the old one goes on; see
  [](estimators.md#change-the-model-while-it-runs).
- Parameters that are neither take effect when the node is configured.

A value that is out of range, not a number or of the wrong type is refused with a reason, and the old value
stays. A parameter that does not exist is warned about at the start, with the nearest one.
`config/frankmocap.yaml` and `config/gate.yaml` hold every parameter of these nodes with its default.

## Which value wins

Weakest first: what a launch file decides by itself (`preset:=`, the robot `torso`, `trajectory_velocities`
with the simulated robot); parameters that a launch file around it sets (`SetParameter`); `params_file`,
under every name that a node may have in it (`/**`, `/**/frankmocap`, `/frankmocap`); arguments that set a
parameter (`source:=`, `robot:=my.yaml`, `use_sim_time:=true`). A `preset` in a file wins over `preset:=`,
with all that it stands for. What is given beside a preset wins over the preset.

## Mocap node

{mocap}
## Camera node

{camera}
## Gate

None of these changes while the gate is ARMING, ENGAGED or HOLD.

{gate}
## Simulated robot

{robot_sim}
## Browser view

{view}"""


def generated(root: Path) -> dict[Path, str]:
    """Every generated file of a checkout with the text it should have."""
    parameters = _PARAMETERS.format(
        mocap=markdown_table(Settings),
        camera=markdown_table(CameraSettings),
        gate=markdown_table(GateSettings),
        robot_sim=markdown_table(RobotSimSettings),
        view=markdown_table(ViewerSettings),
    )
    return {
        root / "config" / "frankmocap.yaml": yaml_text(Settings, "frankmocap"),
        root / "config" / "gate.yaml": yaml_text(GateSettings, "gate"),
        root / "docs" / "source" / "parameters.md": parameters,
    }


def main() -> int:
    """Write, or with --check only compare; exit code 1 where something is not current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, say what is not current")
    parser.add_argument("--root", type=Path, default=Path(), help="the checkout (default: here)")
    arguments = parser.parse_args()
    stale = {
        path: text
        for path, text in generated(arguments.root).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        print(f"{path} {'is not current: run make generate' if arguments.check else 'written'}")
        if not arguments.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return int(bool(stale) and arguments.check)


if __name__ == "__main__":
    sys.exit(main())
