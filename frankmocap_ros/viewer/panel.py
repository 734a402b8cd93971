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

"""The side panel: what the node says, the gate's buttons, and a widget for every parameter."""

import queue
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.tracking.size_calibration import POSTURE
from frankmocap_ros.viewer.gate_bar import GateBar
from frankmocap_ros.viewer.record_panel import RecordPanel
from frankmocap_ros.viewer.widgets import Value, Widget, grouped, shown, typed

if TYPE_CHECKING:
    import viser

_LINES: Final = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f")
_JPEG_QUALITY: Final = 70
_NOBODY: Final = "*no answer from the node yet*"


@dataclass(frozen=True)
class PanelRequest:
    """Somebody at a browser wants something.

    Attributes:
        what: ``set`` (a parameter), ``engage`` (the gate), ``calibrate`` (the operator's size), or ``wrong``
            (what was entered is no value).
        name: of the parameter.
        value: for it; for ``engage`` whether; for ``wrong`` why.
    """

    what: str
    name: str
    value: Value


class Panel:
    """Texts, plots and widgets. What people want is left in ``asked``; everything else is for one thread.

    Args:
        server: where it is shown.
        robot_image: topic of the robot's camera; empty for none.

    Attributes:
        bar: over the page, of the gate's state.
        record: buttons of the recorder.
    """

    def __init__(self, server: "viser.ViserServer", robot_image: str = "") -> None:
        self._gui = gui = server.gui
        self.bar = GateBar(gui)
        self.asked: queue.SimpleQueue[PanelRequest] = queue.SimpleQueue()
        self._status = gui.add_markdown(_NOBODY)
        with gui.add_folder("Show"):
            self._image = gui.add_checkbox("image", True)
            self._axes = gui.add_checkbox("joint axes", False, hint="Show the orientation of every joint.")
            self._ellipsoids = gui.add_checkbox(
                "uncertainty", False, hint="Show the standard deviation of every joint, where it is known."
            )
            self._mesh = gui.add_checkbox(
                "mesh", False, hint="Show the surface, where the estimator has one."
            )
            self._wants_robot: Any = gui.add_checkbox("robot camera", True) if robot_image else None
        self._robot_image: Any = None
        self._robot_place = gui.add_folder("Robot camera", visible=bool(robot_image))
        with gui.add_folder("Latency"):
            self._plots: dict[str, Any] = {}
            self._plot_place = gui.add_folder(None)
        with gui.add_folder("Gate"):
            self._gate = gui.add_markdown("*no gate*")
            self._grips: Any = gui.add_html("")
            self._engage = gui.add_button("Engage", color="green", disabled=True)
            self._disengage = gui.add_button("Disengage", color="red", disabled=True)
            self._answer = gui.add_markdown("")
        self._engage.on_click(lambda _: self.asked.put(PanelRequest("engage", "", True)))
        self._disengage.on_click(lambda _: self.asked.put(PanelRequest("engage", "", False)))
        self.record = RecordPanel(gui)
        with gui.add_folder("Operator"):
            self._calibrate = gui.add_button("Calibrate size", hint=f"Then {POSTURE}.", disabled=True)
            self._size = gui.add_markdown("")
        self._calibrate.on_click(lambda _: self.asked.put(PanelRequest("calibrate", "", True)))
        with gui.add_folder("Parameters"):
            self._refusal = gui.add_markdown("")
            self._widget_place = gui.add_folder(None)
        self._folders: list[Any] = []
        self._handles: dict[str, Any] = {}

    @property
    def wants_image(self) -> bool:
        """Whether the camera's image is to be shown."""
        return bool(self._image.value)

    @property
    def wants_robot_image(self) -> bool:
        """Whether the image of the robot's camera is to be shown."""
        return self._wants_robot is not None and bool(self._wants_robot.value)

    @property
    def wants_axes(self) -> bool:
        """Whether joints' orientations are to be shown."""
        return bool(self._axes.value)

    @property
    def wants_ellipsoids(self) -> bool:
        """Whether it is to be shown how far joints may be off."""
        return bool(self._ellipsoids.value)

    @property
    def wants_mesh(self) -> bool:
        """Whether surfaces are to be shown."""
        return bool(self._mesh.value)

    def status(self, text: str) -> None:
        """Say how the node is."""
        _write(self._status, text or _NOBODY)

    def plot(self, name: str, times_s: Sequence[float], lines: Mapping[str, Sequence[float]]) -> None:
        """Draw lines over time.

        Args:
            name: title of the plot.
            times_s: of N samples [s].
            lines: name -> N values.
        """
        data: tuple[NDArray[np.float64], ...] = (np.array(times_s), *(np.array(v) for v in lines.values()))
        plot = self._plots.get(name)
        if plot is not None and len(plot.data) == len(data):
            plot.data = data
            return
        if plot is not None:
            plot.remove()
        series: list[Any] = [{"label": "s"}]
        series += [
            {"label": line, "stroke": _LINES[i % len(_LINES)], "width": 1.5} for i, line in enumerate(lines)
        ]
        with self._plot_place:
            self._plots[name] = self._gui.add_uplot(
                data,
                tuple(series),
                title=name,
                aspect=2.2,
                scales={"x": {"time": False}},
                legend={"show": True},
            )

    def robot_image(self, pixels: NDArray[np.uint8] | None) -> None:
        """Show an image of the robot's camera, RGB, in place of the one before; None hides it."""
        if pixels is None:
            if self._robot_image is not None:
                self._robot_image.remove()
                self._robot_image = None
        elif self._robot_image is None:
            with self._robot_place:
                self._robot_image = self._gui.add_image(pixels, format="jpeg", jpeg_quality=_JPEG_QUALITY)
        else:
            self._robot_image.image = pixels

    def gate(self, text: str, there: bool) -> None:
        """Say how the gate is; its buttons work where it is there."""
        _write(self._gate, text)
        for button in (self._engage, self._disengage):
            if button.disabled == there:
                button.disabled = not there

    def grips(self, bars: str) -> None:
        """Show how far the grippers are to be open, as of ``grip_bars``; nothing for an empty text."""
        _write(self._grips, bars)

    def answer(self, text: str) -> None:
        """Say what the gate answered."""
        _write(self._answer, text)

    def can_calibrate(self, there: bool) -> None:
        """Say whether somebody can calibrate the operator's size."""
        if self._calibrate.disabled == there:
            self._calibrate.disabled = not there

    def size(self, text: str) -> None:
        """Say what came, or comes, of the calibration."""
        _write(self._size, text)

    def refused(self, text: str) -> None:
        """Say why a value was refused; nothing for one that was taken."""
        _write(self._refusal, f"**Refused.** {text}" if text else "")

    def parameters(self, widgets: Sequence[Widget]) -> None:
        """Show these widgets in place of those that were there."""
        for folder in self._folders:
            folder.remove()
        self._folders, self._handles = [], {}
        by_name = {widget.name: widget for widget in widgets}
        for group, names in grouped(list(by_name)).items():
            with self._widget_place:
                folder = self._gui.add_folder(group, expand_by_default=group == "general")
            self._folders.append(folder)
            with folder:
                for name in names:
                    self._handles[name] = self._add(by_name[name])

    def value(self, name: str, value: Value) -> None:
        """Show the value that a parameter has now."""
        handle = self._handles.get(name)
        if handle is not None and handle.value != shown(value):
            handle.value = shown(value)

    def _add(self, w: Widget) -> Any:
        gui, value = self._gui, shown(w.value)
        handle: Any
        if w.kind == "switch":
            handle = gui.add_checkbox(w.name, bool(value), hint=w.hint)
        elif w.kind == "menu":
            options = w.options if value in w.options else (*w.options, str(value))
            handle = gui.add_dropdown(w.name, options, initial_value=str(value), hint=w.hint)
        elif w.kind == "slider":
            low, high, step = (int(n) if isinstance(value, int) else n for n in (w.low, w.high, w.step))
            handle = gui.add_slider(w.name, low, high, step, value, hint=w.hint)
        elif w.kind == "number":
            # a value out of range is for the node to refuse, with its reason
            handle = gui.add_number(w.name, value, step=w.step, hint=w.hint)
        else:
            handle = gui.add_text(w.name, str(value), hint=w.hint)

        def on_update(event: Any) -> None:
            if event.client is None:
                return  # set here, not by somebody
            try:
                self.asked.put(PanelRequest("set", w.name, typed(w, event.target.value)))
            except ValueError as error:
                self.asked.put(PanelRequest("wrong", w.name, str(error)))

        handle.on_update(on_update)
        return handle


def _write(handle: Any, text: str) -> None:
    if handle.content != text:
        handle.content = text
