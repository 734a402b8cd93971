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

"""Options that the launch files pass to every node of the package; independent of launch and rclpy.

rcl applies parameters in the order in which the names of nodes (``/**``, ``/**/gate``, ``/gate``) first stand
on the command line, and within one name the last value wins. So what a launch file itself decides goes first
and for ``/**``: before the user's file, and before what launch files around it set. What the user gave as an
argument goes last and for the node alone, as launch_ros writes dictionaries.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from frankmocap_ros.errors import SettingError
from frankmocap_ros.settings.schema import yaml_value

Values = Mapping[str, str | bool]


def node_options(
    argument: Callable[[str], str], given: Values | None = None, defaults: Values | None = None
) -> dict[str, Any]:
    """Arguments for ``launch_ros.actions.Node``: package, namespace, parameters, log level and output.

    Args:
        argument: tells a launch argument; namespace, params_file, use_sim_time and log_level are asked for.
        given: parameters that the user gave as launch arguments; they win over ``params_file``.
        defaults: parameters that the launch file decides where nobody else does.

    Raises:
        SettingError: ``params_file`` is no file.
    """
    last: dict[str, str | bool] = dict(given or {})
    if argument("use_sim_time") == "true":
        last["use_sim_time"] = True
    parameters: list[str | dict[str, str | bool]] = []
    if params_file := argument("params_file"):
        if not Path(params_file).is_file():  # launch_ros would only warn
            raise SettingError(
                f"params_file {params_file!r} is not a file; allowed: a YAML file with parameters"
            )
        parameters.append(params_file)
    if last:
        parameters.append(last)
    first = [
        word for name, value in (defaults or {}).items() for word in ("-p", f"{name}:={yaml_value(value)}")
    ]
    return {
        "package": "frankmocap_ros",
        "namespace": argument("namespace"),
        "parameters": parameters,
        "ros_arguments": [*first, "--log-level", argument("log_level")],
        "output": "screen",
    }
