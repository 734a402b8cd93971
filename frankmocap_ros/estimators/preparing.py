"""What an estimator needs made once, made by another process.

Translating a network, and comparing engines, takes seconds in which Python's interpreter is held for up to a
quarter of a second at a time. Beside an estimator that runs, another process does it, with low priority.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Final

from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import settings_of, updated

_LOADING: Final = tuple(s.name for s in settings_of(Settings) if s.loads)
_LONGEST_S: Final = 1800.0  # TensorRT takes minutes
_NICE: Final = 10
_TOLD: Final = "frankmocap_ros tells: "  # begins the lines that are not some library's
# the folder that it starts in stays off the module path
_START: Final = (
    "import sys; sys.path.pop(0); from frankmocap_ros.estimators.preparing import main; sys.exit(main())"
)


class Preparation:
    """Has another process make an estimator, for what it keeps; the first call only.

    Args:
        config: the settings of the estimator.
        tell: told what the other process tells.
    """

    def __init__(self, config: Settings, tell: Callable[[str], None]) -> None:
        self._config = config
        self._tell = tell
        self._done = False

    def __call__(self) -> None:
        """Return when that is made, or could not be: then it is made here, which says what is wrong."""
        if self._done or not sys.executable:
            return
        self._done = True
        job = json.dumps({name: getattr(self._config, name) for name in _LOADING})
        command = [sys.executable, "-c", _START]
        with (
            contextlib.suppress(OSError),
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                errors="replace",
            ) as child,
        ):
            assert child.stdin is not None
            assert child.stdout is not None
            too_long = threading.Timer(_LONGEST_S, child.kill)
            too_long.daemon = True
            too_long.start()
            try:
                child.stdin.write(job + "\n")
                child.stdin.flush()  # open until it is done: where this process ends, so does that one
                for line in child.stdout:
                    if line.startswith(_TOLD):
                        self._tell(json.loads(line.removeprefix(_TOLD)))
            finally:
                too_long.cancel()


def main() -> int:
    """Make the estimator of the settings on standard input; tells on standard output what goes on."""
    from frankmocap_ros.estimators.registry import make_estimator

    os.nice(_NICE)
    config = updated(Settings(), json.loads(sys.stdin.readline()))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    make_estimator(config, lambda text: print(_TOLD + json.dumps(text), flush=True)).close()
    os._exit(0)  # past the thread that still reads


def _end_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)
