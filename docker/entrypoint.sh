#!/bin/bash
# Runs a command with ROS, the virtual environment and the workspace sourced.
set -e
source "/opt/ros/${ROS_DISTRO}/setup.bash"
source /ws/venv/bin/activate
if [ -f /ws/install/setup.bash ]; then
    source /ws/install/setup.bash
fi
exec "$@"
