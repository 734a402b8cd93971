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

"""The One-Euro filter's settings, declared once for every node that smooths (see ``one_euro.py``)."""

from typing import Any

from frankmocap_ros.settings.schema import setting

CHOICES = ("none", "one_euro")


def _of(what: str) -> str:
    return f"of {what} " if what else ""


def smoothing(text: str) -> Any:
    """The setting ``smoothing``: which filter.

    Args:
        text: what is smoothed.
    """
    return setting("one_euro", text, choices=CHOICES)


def min_cutoff_hz(default: float, of: str = "") -> Any:
    """A setting such as ``one_euro_min_cutoff_hz``.

    Args:
        default: its value [Hz].
        of: what is smoothed, where several settings tell that apart.
    """
    return setting(
        default,
        f"One-Euro cut-off frequency {_of(of)}at rest; lower is smoother, higher lags less.",
        unit="Hz",
        minimum=0.01,
        maximum=100.0,
    )


def beta(default: float, of: str = "") -> Any:
    """A setting such as ``one_euro_beta``; the arguments are those of ``min_cutoff_hz``."""
    return setting(
        default,
        f"One-Euro increase of the cut-off frequency {_of(of)}with speed.",
        unit="Hz per m/s or rad/s",
        minimum=0.0,
        maximum=100.0,
    )


def derivative_cutoff_hz(default: float = 1.0) -> Any:
    """The setting ``one_euro_derivative_cutoff_hz``."""
    return setting(
        default,
        "One-Euro cut-off frequency of the speed estimate.",
        unit="Hz",
        minimum=0.01,
        maximum=100.0,
    )
