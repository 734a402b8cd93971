"""Whether every engine is right on this machine's GPU, and how fast: in ten minutes, a process for each."""

__all__ = ["check", "engine_parts", "frame_part", "parts", "run", "torch_parts"]
