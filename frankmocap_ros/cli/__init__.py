"""The ``frankmocap_ros`` command."""

__all__ = [
    "bench",
    "bench_ros",
    "commands",
    "convert",
    "demo",
    "demo_robot",
    "doctor",
    "doctor_checks",
    "doctor_int8",
    "doctor_probes",
    "ending",
    "executables",
    "generate",
    "lines",
    "main",
    "models",
    "nodes",
    "process",
    "ros_available",
    "standin",
]
