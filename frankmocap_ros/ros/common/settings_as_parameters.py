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

"""Settings as ROS parameters: declared with descriptors, checked, swapped in one assignment."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    ParameterType,
    SetParametersResult,
)
from rclpy.lifecycle import LifecycleNode
from rclpy.node import Node
from rclpy.parameter import Parameter

from frankmocap_ros.errors import MocapError, SettingError
from frankmocap_ros.ros.common.unknown_parameters import tell_unknown
from frankmocap_ros.settings.schema import Setting, differing, settings_of, updated

C = TypeVar("C")

_TYPES = {
    bool: ParameterType.PARAMETER_BOOL,
    int: ParameterType.PARAMETER_INTEGER,
    float: ParameterType.PARAMETER_DOUBLE,
    str: ParameterType.PARAMETER_STRING,
}
_ARRAYS = {str: ParameterType.PARAMETER_STRING_ARRAY, float: ParameterType.PARAMETER_DOUBLE_ARRAY}


def _type(s: Setting) -> int:
    return _ARRAYS[s.item] if s.type is tuple else _TYPES[s.type]


def descriptor(s: Setting) -> ParameterDescriptor:
    """Type, text, allowed values and range of a setting."""
    result = ParameterDescriptor(
        name=s.name,
        type=_type(s),
        description=s.description,
        additional_constraints=s.allowed,
        dynamic_typing=s.takes_bool,
    )
    if s.type is int:
        result.integer_range = [IntegerRange(from_value=int(s.minimum or 0), to_value=int(s.maximum or 0))]
    if s.type is float:
        result.floating_point_range = [
            FloatingPointRange(from_value=float(s.minimum or 0), to_value=float(s.maximum or 0))
        ]
    return result


def _value(parameter: Parameter) -> object:
    """A parameter's value as the settings want it."""
    if parameter.type_ in (Parameter.Type.STRING_ARRAY, Parameter.Type.NOT_SET):
        return tuple(name for name in parameter.value or () if name)
    if parameter.type_ is Parameter.Type.DOUBLE_ARRAY:
        return tuple(parameter.value)
    return parameter.value


class Parameters(Generic[C]):
    """The settings of a node, live as ROS parameters.

    Args:
        node: the node to declare them on.
        cls: config class that declares the settings.
        running: whether settings that cannot change while running are locked now.
        on_change: called with the new config after it is in force.
        load: called with a new config that needs another model while running, before it is in force; raises
            MocapError where that model cannot be had, which refuses the change.

    Raises:
        SettingError: a value given at start (file or command line) is not allowed.
    """

    def __init__(
        self,
        node: Node,
        cls: type[C],
        running: Callable[[], bool],
        on_change: Callable[[C], None],
        load: Callable[[C], None] = lambda _: None,
    ) -> None:
        self._running = running
        self._on_change = on_change
        self._load = load
        self._unlock = "restart the node with the new value"
        if isinstance(node, LifecycleNode):
            self._unlock = (
                f"run: ros2 lifecycle set {node.get_fully_qualified_name()} deactivate, cleanup, then "
                "set it, configure and activate"
            )
        self._settings = {s.name: s for s in settings_of(cls)}
        self.config: C = cls()
        given: dict[str, object] = {}
        for s in self._settings.values():
            # a preset comes before what it stands for, and its values are the defaults then
            value = getattr(self.config, s.name)
            default: Any = list(value) or [""] if isinstance(value, tuple) else value
            try:
                given[s.name] = _value(
                    Parameter(s.name, value=node.declare_parameter(s.name, default, descriptor(s)).value)
                )
            except Exception as error:  # rclpy's many parameter exceptions, told in the settings' own words
                if not node.context.ok():
                    raise  # a signal took ROS away: nothing is wrong with the value
                raise SettingError(f"{s.name}: {error}; allowed: {s.allowed}") from error
            if given[s.name] != value:
                self.config = self._only(s.name, given[s.name])
        self.config = updated(cls(), given)
        tell_unknown(node, self._settings)
        node.add_pre_set_parameters_callback(self._expanded)
        node.add_on_set_parameters_callback(self._check)
        node.add_post_set_parameters_callback(self._apply)

    def _changes(self, parameters: Sequence[Parameter]) -> dict[str, object]:
        return {p.name: _value(p) for p in parameters if p.name in self._settings}

    def _only(self, name: str, value: object) -> C:
        """The config so far with one more value, where they go together yet."""
        try:
            return updated(self.config, {name: value})
        except SettingError:  # all of them are checked at the end
            return self.config

    def _expanded(self, parameters: list[Parameter]) -> list[Parameter]:
        """Parameters with those that follow from them, such as the values of a preset."""
        changes = self._changes(parameters)
        with contextlib.suppress(SettingError):  # what is wrong is refused where it is checked
            new = updated(self.config, changes)
            for name in self._settings.keys() - changes.keys():
                value = getattr(new, name)
                if value != getattr(self.config, name):
                    parameters = [*parameters, Parameter(name, value=value)]
        return parameters

    def changed(self, parameters: Sequence[Parameter]) -> C:
        """The config that parameters lead to.

        Raises:
            SettingError: one of them is not allowed.
        """
        return updated(self.config, self._changes(parameters))

    def to_load(self, parameters: Sequence[Parameter]) -> C | None:
        """The config that parameters lead to, where it needs another model than the one that runs."""
        changes = self._changes(parameters)
        try:
            new = self.changed(parameters)
        except SettingError:
            return None
        wanted = self._running() and self._needs_another_model(new) and not self._locked(changes, new)
        return new if wanted else None

    def _locked(self, changes: Mapping[str, object], new: C) -> list[str]:
        """Changes that a running node cannot take over."""
        return differing(self.config, new, (name for name in changes if not self._settings[name].live))

    def _needs_another_model(self, new: C) -> bool:
        return bool(differing(self.config, new, (s.name for s in self._settings.values() if s.loads)))

    def wrong_type(self, parameters: Sequence[Parameter]) -> SetParametersResult | None:
        """A refusal where a value is of the wrong type: rclpy's own text does not say which one it is."""
        for p in parameters:
            s = self._settings.get(p.name)
            fits = s is None or p.type_ is Parameter.Type(_type(s))
            if s is not None and not fits and not (s.takes_bool and p.type_ is Parameter.Type.BOOL):
                wanted, given = Parameter.Type(_type(s)).name, p.type_.name
                reason = f"{p.name}: expected {wanted}, got {given}; allowed: {s.allowed}"
                return SetParametersResult(successful=False, reason=reason)
        return None

    def _check(self, parameters: Sequence[Parameter]) -> SetParametersResult:
        """Refuse, with a reason, what is not allowed; other people's parameters pass."""
        try:
            changes = self._changes(parameters)
            new = updated(self.config, changes)
            locked = self._locked(changes, new)
            if locked and self._running():
                raise SettingError(
                    f"{', '.join(locked)} cannot change while the node is configured; {self._unlock}"
                )
            if self._running() and self._needs_another_model(new):
                self._load(new)
        except MocapError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _apply(self, parameters: Sequence[Parameter]) -> None:
        changes = self._changes(parameters)
        if changes:
            self.config = updated(self.config, changes)
            self._on_change(self.config)
