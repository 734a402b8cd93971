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

"""Every error this package raises on purpose.

::

    MocapError
    |-- SettingError             a setting's name, type, range or combination is wrong
    |-- SourceError              a video, camera or image cannot be opened or read
    |-- ImageError               one image is malformed; has a short ``reason`` for counting
    |-- CalibrationError         a CameraInfo does not say what the camera of an image is
    |-- MissingDependencyError   a package that the request needs is not installed
    |-- AssetError               a file of an estimator is missing, damaged, unsafe or not what it should be
    |-- EstimatorError           an estimator cannot be made or does not run
    |-- BatchError               many inputs cannot be processed together, or their worker cannot start
    |-- EvaluationError          a recording or its truth cannot be read or compared
    |-- RecordingError           an episode cannot be written, read or repaired
    |-- TransformError           TF does not know where a frame is at a time
    |-- RobotError               a robot's map or model is missing or wrong
    |-- RetargetError            no posture of the robot can be found for a command
    `-- RobotLostError           the robot does not follow its commands, or does not tell where it is
"""

from typing import Final, TypeVar


class MocapError(Exception):
    """Root of all errors of this package. The text says what was wrong, what is allowed, the next step."""


class SettingError(MocapError):
    """A setting's name, type, range or combination is wrong."""


class SourceError(MocapError):
    """A video, camera or image cannot be opened or read."""


class ImageError(MocapError):
    """One image is malformed and is dropped.

    Args:
        reason: short fixed word to count drops by, such as ``"bad_step"``.
        text: what was wrong, with the numbers.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class CalibrationError(MocapError):
    """A CameraInfo does not say what the camera of an image is."""


class MessageError(MocapError):
    """The bytes of a message are not what they should be."""


class MissingDependencyError(MocapError):
    """A package that the request needs is not installed."""


class AssetError(MocapError):
    """A file that an estimator needs is missing, damaged, unsafe or not what it should be."""


class EstimatorError(MocapError):
    """An estimator cannot be made or does not run."""


class BatchError(MocapError):
    """Many inputs cannot be processed together, or what processes them cannot start."""


class EvaluationError(MocapError):
    """A recording or its truth cannot be read, or the two cannot be compared."""


class RecordingError(MocapError):
    """An episode cannot be written, read or repaired."""


class TransformError(MocapError):
    """TF does not know where a frame is at a time."""


class RobotError(MocapError):
    """A robot's map or model is missing or wrong."""


class RetargetError(MocapError):
    """No posture of the robot can be found for a command."""


class RobotLostError(MocapError):
    """The robot does not follow its commands, or does not tell where it is: nothing may be sent to it."""


_SHOWN: Final = 80


def shown(value: object) -> str:
    """A value that somebody gave, for an error's text: of bounded length, whatever it is."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no numbers of more than some thousand digits
        return f"a very large {type(value).__name__}"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


E = TypeVar("E", bound=Exception)


def bare(error: E) -> E:
    """An error to be kept: without its traceback, whose frames keep everything alive that they know.

    With one, what fails to be had keeps a whole model in memory until Python's collector looks for it.
    """
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
