"""Threads, memory, timing, health and cached files of a process."""

__all__ = [
    "background_import",
    "fastdds_profile",
    "file_cache",
    "file_names",
    "gc_control",
    "health",
    "load_shedding",
    "machine",
    "mailbox",
    "malloc",
    "native_stderr",
    "package_files",
    "stamp_order",
    "thread_pools",
    "thread_priority",
    "timing",
]
