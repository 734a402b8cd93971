"""What ends following on the robot's side, whatever the operator does: its own stop, or contact."""

from dataclasses import dataclass
from typing import Final, Protocol

from frankmocap_ros.settings.gate import GateSettings

FRESH_S: Final = 0.5
"""A robot that has said nothing for longer is not known."""


@dataclass(frozen=True)
class Stop:
    """Why following ends now.

    Attributes:
        reason: in words.
        hold: whether the command brakes and is held first; otherwise it ends at once.
    """

    reason: str
    hold: bool = False


class RobotStop(Protocol):
    """Something that ends following. It is told by messages; times are of the gate's steady clock [s]."""

    def configure(self, config: GateSettings) -> None:
        """Take other settings."""

    def refusal(self, time_s: float) -> str:
        """Why a request is refused now, with the next step; empty where it is not."""

    def stop(self, time_s: float) -> Stop | None:
        """What ends arming, following and holding now; asked at every tick. None for nothing."""
