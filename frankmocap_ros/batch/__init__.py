"""Many inputs, each to one result: in processes of this machine or on a Ray cluster, and not twice."""

__all__ = [
    "bodies",
    "contents",
    "episodes",
    "files",
    "inputs",
    "job",
    "journal",
    "pool",
    "ray_data",
    "run",
    "worker",
    "worker_process",
]
