# Copyright 2026 frankmocap_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Processes of the package: its installed console scripts."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.waiting import TIMEOUT_S

END_S = 5.0
SHOWN_CHARACTERS = 6000


@dataclass
class Program:
    """A process of the package."""

    process: subprocess.Popen
    output: Path

    def text(self) -> str:
        return self.output.read_text(errors="replace")

    def end(self, signal_number: int) -> tuple[int, float]:
        """Send a signal; returns exit code and the time until the end [s]."""
        start_s = time.monotonic()
        self.process.send_signal(signal_number)
        code = self.process.wait(TIMEOUT_S)
        return code, time.monotonic() - start_s


class Programs:
    """Starts console scripts in one domain, and ends them.

    Args:
        domain: ROS domain.
        folder: where they run, and where their output goes.
    """

    def __init__(self, domain: int, folder: Path) -> None:
        self._domain, self._folder = domain, folder
        self._started: list[Program] = []

    def begin(self, *command: str, prefix: Sequence[str] = (), **environment: str) -> Program:
        """Start a script, or python itself, with the words of ``prefix`` before it."""
        output = self._folder / f"output{len(self._started)}.txt"
        script = str(Path(sys.executable).parent / command[0])
        with output.open("wb") as file:
            process = subprocess.Popen(
                [*prefix, script, *command[1:]],
                cwd=self._folder,
                env={**os.environ, "ROS_DOMAIN_ID": str(self._domain), **environment},
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self._started.append(Program(process, output))
        return self._started[-1]

    def said(self) -> list[tuple[str, str]]:
        """Each process: its command and how it ended; the last of what it said."""
        return [
            (f"{program.process.args} -> {program.process.poll()}", program.text()[-SHOWN_CHARACTERS:])
            for program in self._started
        ]

    def end(self) -> None:
        """End those that still run; a demo ends its nodes upon SIGINT."""
        for program in self._started:
            if program.process.poll() is None:
                program.process.send_signal(signal.SIGINT)
        for program in self._started:
            try:
                program.process.wait(END_S)
            except subprocess.TimeoutExpired:
                program.process.kill()
                program.process.wait()


def robot_demo(program, *words: str) -> tuple[dict, str]:
    """Run ``demo --robot --json`` to its end: its figures, and all that it said."""
    process = program("frankmocap_ros", "demo", "--robot", "--json", *words)
    code = process.process.wait(180.0)
    text = process.text()
    assert code == 0, text
    return json_of(text), text


def json_of(text: str) -> dict:
    """The one line of JSON that a command printed; nodes may log after it."""
    (line,) = (line for line in text.splitlines() if line.startswith("{"))
    return json.loads(line)
