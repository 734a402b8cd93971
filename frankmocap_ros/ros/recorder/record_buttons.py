"""A joystick's buttons that begin and end episodes."""

from collections.abc import Callable

from sensor_msgs.msg import Joy

from frankmocap_ros.settings.recorder import RecorderSettings


class RecordButtons:
    """Hears the topic joy; for the thread that polls it.

    Args:
        config: which buttons.
        toggle: begins an episode, or ends it.
        discard: ends an episode as discarded.
    """

    def __init__(
        self, config: RecorderSettings, toggle: Callable[[], None], discard: Callable[[], None]
    ) -> None:
        self.config = config
        self._toggle, self._discard = toggle, discard
        self._before: tuple[int, ...] = ()

    def hear(self, msg: Joy, _: float) -> None:
        """Take a message; a button counts when it goes down, and the first message tells nothing."""
        before, self._before = self._before, tuple(msg.buttons)

        def pressed(button: int) -> bool:
            known = 0 <= button < min(len(before), len(self._before))
            return known and bool(self._before[button]) and not before[button]

        if pressed(self.config.joy_discard_button):
            self._discard()
        elif pressed(self.config.joy_record_button):
            self._toggle()
