"""Where the checkout is, and the files that are shared beside it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "test" / "data"
SHARED = ROOT.parent / "shared"
TAIJI = SHARED / "data" / "taiji.mp4"
"""A video of a person; not part of a clone."""
POSENET = SHARED / "models" / "posenet.onnx"
"""A network that gives pixels only; not part of a clone."""
