"""The ``frankmocap_ros`` command."""
