"""Writes what is generated from the settings: files in ``config/`` and the README's tables.

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

_BEGIN, _END = "<!-- generated: {} -->", "<!-- end -->"


def _with_table(readme: str, name: str, table: str) -> str:
    """The README with the table between its marks replaced."""
    head, begin, rest = readme.partition(_BEGIN.format(name))
    _, end, tail = rest.partition(_END)
    if not (begin and end):
        raise SystemExit(f"README.md has no place for {name}: write {_BEGIN.format(name)} and {_END}")
    return f"{head}{begin}\n{table}{end}{tail}"


def generated(root: Path) -> dict[Path, str]:
    """Every generated file of a checkout with the text it should have."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    readme = _with_table(readme, "frankmocap parameters", markdown_table(Settings))
    readme = _with_table(readme, "camera parameters", markdown_table(CameraSettings))
    readme = _with_table(readme, "gate parameters", markdown_table(GateSettings))
    readme = _with_table(readme, "robot_sim parameters", markdown_table(RobotSimSettings))
    readme = _with_table(readme, "view parameters", markdown_table(ViewerSettings))
    return {
        root / "config" / "frankmocap.yaml": yaml_text(Settings, "frankmocap"),
        root / "config" / "gate.yaml": yaml_text(GateSettings, "gate"),
        root / "README.md": readme,
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
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return int(bool(stale) and arguments.check)


if __name__ == "__main__":
    sys.exit(main())
