"""A call that does not return before a test says so."""

import threading

LONGEST_S = 60.0


class HeldCall:
    """Holds up whoever calls it.

    Attributes:
        begun: whether somebody has called it.
        go_on: lets the call return.
    """

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, *_: object) -> None:
        self.begun.set()
        assert self.go_on.wait(LONGEST_S)
