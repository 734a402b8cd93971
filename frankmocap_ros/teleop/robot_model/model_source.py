"""Where a robot's description is: in a file, or in a text that came over a topic."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ReceivedModel:
    """A description that is no file. Relative names in it are relative to the working folder.

    Attributes:
        name: for people, such as "topic /robot_description".
        text: URDF or MJCF.
    """

    name: str
    text: str

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"ReceivedModel({self.name!r}, {len(self.text)} characters)"


ModelSource = Path | ReceivedModel
"""A description, as a file or received."""


def folder_of(model: ModelSource) -> Path:
    """What relative names in a description are relative to."""
    return model.parent if isinstance(model, Path) else Path.cwd()
