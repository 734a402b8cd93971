"""A topic that the gate publishes commands on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CommandTopic:
    """Where commands go.

    Attributes:
        name: full name of the topic, after remapping.
        kind: type of its messages.
        joints: that each message names, in their order; empty for poses.
    """

    name: str
    kind: type
    joints: tuple[str, ...] = ()
