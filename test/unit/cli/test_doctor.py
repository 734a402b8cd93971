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

"""doctor: tells what is there, changes nothing, and says the next step where something lacks."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from frankmocap_ros.assets.layout import ASSETS, needed
from frankmocap_ros.assets.report import Check, file_checks, needed_for
from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.assets.user_models import USER_MODELS
from frankmocap_ros.cli import doctor, doctor_checks, doctor_probes
from frankmocap_ros.cli.doctor_checks import (
    machine_checks,
    numbers_check,
    packages_check,
    python_check,
    ros_check,
    torch_check,
    transport_check,
)
from frankmocap_ros.cli.doctor_probes import Probe, Probes

NUMBERS = Probe({"numpy": "1.26.4", "opencv": "4.11.0"})
TORCH = Probe({"version": "2.13.0", "cuda": False, "device": "cpu fp32", "bf16": False})
BLAZEPOSE = Probe({"engine": "openvino", "version": "2026.4.1"})
ROS = Probe({"rmw": "rmw_fastrtps_cpp", "messages": True})
SLOW = Probe({}, slow=30.0)
BROKEN = Probe({}, "ImportError: libwhatever.so: cannot open")


@pytest.fixture(autouse=True)
def own_places(monkeypatch, tmp_path_factory):
    """No folder and no cache of whoever runs the tests."""
    monkeypatch.delenv("FRANKMOCAP_ASSETS_DIR", raising=False)
    monkeypatch.setenv("FRANKMOCAP_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


def small_folder(path, keys=tuple(ASSETS)):
    """Files that look whole at both ends, but are small."""
    ends = {"checkpoint": b"\x80\x02", "pickle": b"\x80\x02.", "npy": b"\x93NUMPY", "npz": None}
    for key in keys:
        asset = ASSETS[key]
        file = path / asset.path
        file.parent.mkdir(parents=True, exist_ok=True)
        if asset.kind == "npz":
            import numpy as np

            np.savez(file, pose=np.zeros(144))
        else:
            file.write_bytes(ends[asset.kind])
    return path


def by_name(checks):
    return {check.name: check for check in checks}


def states(checks):
    return {
        check.details["key"]: check.details["state"] for check in checks if check.name.startswith("file ")
    }


def assert_next_steps(checks):
    for check in checks:
        assert check.text, check
        assert check.status == "ok" or check.next_step, check


# ---------------------------------------------------------------- the command


def run(*arguments):
    """The command in a process of its own; packages may take a minute to load on a busy machine."""
    program = "import sys; from frankmocap_ros.cli.main import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", program, "doctor", "--limit-s", "60", *map(str, arguments)],
        cwd="/",  # the installed package, not the checkout
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


@pytest.fixture
def here(monkeypatch, capsys):
    """The command in this process, where nothing is probed: exit code and output."""

    def run(*arguments, **probes):
        results = {"numbers": NUMBERS, "torch": TORCH, "blazepose": BLAZEPOSE, "ros": ROS, **probes}
        monkeypatch.setattr(
            doctor, "Probes", lambda limit_s: type("fake", (), {"results": lambda self: results})()
        )
        monkeypatch.setattr(doctor_checks, "require_ros", lambda command: None)
        code = doctor.main([*map(str, arguments)])
        return code, capsys.readouterr().out

    return run


def report(code, out):
    """The JSON of a run, after what must be true of each."""
    found = json.loads(out)
    verdicts = {check["status"] for check in found["checks"]}
    assert verdicts <= {"ok", "optional", "warning", "error"}
    assert code == found["exit"] == (2 if "error" in verdicts else 0)
    assert found["ok"] is (code == 0)
    assert all(check["next_step"] for check in found["checks"] if check["status"] != "ok")
    return found, {check["name"]: check for check in found["checks"]}


def test_without_a_folder_every_file_is_named_with_license_address_and_place():
    done = run("--json")
    assert done.stderr == ""
    found, checks = report(done.returncode, done.stdout)
    assert found["exit"] == 0
    assert found["estimator"] == "blazepose"
    assert {check["status"] for check in checks.values()} == {"ok", "optional"}
    assert "--assets" in checks["assets"]["next_step"]
    assert {name for name in checks if name.startswith("file ")} == {f"file {key}" for key in ASSETS}
    for key, asset in ASSETS.items():
        check = checks[f"file {key}"]
        assert (check["state"], check["license"], check["url"]) == ("missing", asset.license, asset.url)
        assert asset.url in check["next_step"]
        assert asset.path in check["next_step"]
        assert asset.license in check["text"]
    assert set(checks) >= {
        "python",
        "opencv",
        "ros",
        "transport",
        "torch",
        "packages",
        "blazepose",
        "estimator",
    }
    assert checks["torch"]["device"].split()[-1] in ("fp32", "bf16", "fp16")
    assert checks["opencv"]["numpy"] in checks["opencv"]["text"]


def test_standin_files_are_whole_and_their_poses_meaningless(standin, here, monkeypatch):
    before = sorted(standin.rglob("*"))
    cache = Path(os.environ["FRANKMOCAP_CACHE_DIR"])
    monkeypatch.setenv("FRANKMOCAP_ASSETS_DIR", str(standin))
    found, checks = report(*here("--json"))
    assert found["exit"] == 0
    assert checks["assets"]["status"] == "warning"
    assert checks["assets"]["standin"] is True
    assert "poses are meaningless" in checks["assets"]["text"]
    assert {checks[f"file {key}"]["state"] for key in ASSETS} == {"needs conversion"}
    assert {checks[f"file {key}"]["status"] for key in ASSETS} == {"ok"}
    # nothing was converted or written
    assert not list(cache.iterdir())
    assert sorted(standin.rglob("*")) == before


def test_text_has_a_line_each_and_a_next_step_below_each_that_fails(here, tmp_path):
    code, text = here("--assets", tmp_path)
    lines = text.splitlines()
    failing = [i for i, line in enumerate(lines) if line.startswith(("optional", "WARNING", "ERROR"))]
    assert len(failing) >= len(needed())
    assert all(lines[i + 1].startswith("         next: ") for i in failing)
    assert f"(exit code {code})" in lines[-1]


def optional(text):
    """Names in the line of what is optional."""
    (line,) = (line for line in text.splitlines() if line.startswith("optional "))
    return set(line.partition("not set up: ")[2].split(", "))


def test_what_is_ready_comes_first_and_what_is_optional_is_one_line(here):
    """For somebody who has no files of FrankMocap."""
    code, text = here(torch=BROKEN)
    assert code == 0
    words = [line.split()[0] for line in text.splitlines()[:-2]]
    ready = words.count("ready")
    assert words == ["ready"] * ready + ["optional", "next:"]
    assert text.startswith("ready    estimator: auto selects blazepose\n")
    for name in ("python", "opencv", "ros", "transport", "blazepose"):
        assert f"ready    {name}: " in text
    assert optional(text) == {"torch", *USER_MODELS, "assets", f"{len(ASSETS)} files of FrankMocap"}
    assert text.endswith("the node can run (exit code 0)\n")
    _, text = here("--all", torch=BROKEN)
    assert text.count("\noptional") == len(ASSETS) + len(USER_MODELS) + 2
    assert "libwhatever" in text
    assert "https://smpl.is.tue.mpg.de" in text


def test_for_who_has_frankmocap_the_rest_is_optional(here, as_if_real):
    for key in set(ASSETS) - set(needed()):
        (as_if_real / ASSETS[key].path).unlink()
    code, text = here("--assets", as_if_real, blazepose=BROKEN)
    assert code == 0
    assert text.startswith("ready    estimator: auto selects frankmocap\n")
    assert "WARNING" not in text
    others = len(ASSETS) - len(needed())
    assert optional(text) == {"blazepose", *USER_MODELS, f"{others} files of FrankMocap"}


def test_slow_is_not_broken(here):
    code, text = here("--all", torch=SLOW, blazepose=SLOW, ros=SLOW, numbers=SLOW)
    assert code == 0
    assert "auto selects blazepose" in text
    assert text.count("did not load within 30 s") == 4
    assert "install" not in text.replace("not install", "").split("optional")[0]
    assert "force-reinstall" not in text
    assert "frankmocap_ros doctor --limit-s 300" in text


LIBGL = "libGL.so.1: cannot open shared object file: No such file or directory"


@pytest.fixture
def slim(tmp_path):
    """The environment of a container without libGL: OpenCV is installed and does not load."""
    (tmp_path / "slim" / "cv2").mkdir(parents=True)
    (tmp_path / "slim" / "cv2" / "__init__.py").write_text(f"raise ImportError({LIBGL!r})\n")
    return {**os.environ, "PYTHONPATH": str(tmp_path / "slim")}


def test_a_container_without_libgl_is_diagnosed(slim, tmp_path):
    command = [sys.executable, "-m", "frankmocap_ros.cli.main", "doctor", "--json", "--limit-s", "60"]
    done = subprocess.run(
        command, env=slim, cwd=tmp_path, capture_output=True, text=True, timeout=150, check=False
    )
    assert done.stderr == ""
    found, checks = report(done.returncode, done.stdout)
    assert found["exit"] == 2
    assert LIBGL in checks["opencv"]["text"]
    for name in ("opencv", "estimator"):
        assert checks[name]["next_step"].startswith("apt install libgl1")
    assert found["estimator"] is None
    assert checks["ros"]["status"] == "ok"


@pytest.mark.parametrize(
    "words",
    [
        "demo --source synthetic", "node", "camera", "gate", "robot", "view", "process synthetic", "bench",
        "convert --assets .",
    ],
)  # fmt: skip
def test_every_other_command_says_so_in_one_line(slim, tmp_path, words):
    command = [sys.executable, "-m", "frankmocap_ros.cli.main", *words.split()]
    done = subprocess.run(
        command, env=slim, cwd=tmp_path, capture_output=True, text=True, timeout=150, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        f"frankmocap_ros {words.split()[0]}: OpenCV does not load: {LIBGL}; apt install libgl1"
    )
    assert line.endswith("check with: frankmocap_ros doctor")


@pytest.mark.parametrize(
    "name", ["frankmocap_node", "camera_node", "gate_node", "robot_sim_node", "view_node"]
)
def test_the_nodes_say_so_in_one_line(slim, tmp_path, name):
    """Both of the programs that are installed: for the shell, and for ros2 run and launch files."""
    prefix = Path(sys.executable).parent
    for program in (prefix / name, prefix.parent / "lib" / "frankmocap_ros" / name):
        done = subprocess.run(
            [sys.executable, str(program)],
            env=slim,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"{name}: OpenCV does not load: {LIBGL}")


def test_doctor_imports_nothing_that_it_judges(tmp_path):
    """Also where everything loads, and with a folder that is named."""
    program = """
import sys
from frankmocap_ros.cli.main import main
main(["doctor", "--json", "--limit-s", "60", "--assets", sys.argv[1]])
judged = {"cv2", "numpy", "torch", "ai_edge_litert", "rclpy", "openvino", "smplx", "safetensors"}
print(sorted(judged & set(sys.modules)), file=sys.stderr)
"""
    small_folder(tmp_path / "files")
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "files")],
        cwd=tmp_path, capture_output=True, text=True, timeout=150, check=True,
    )  # fmt: skip
    assert done.stderr.strip() == "[]"


def test_help_says_the_exit_codes():
    done = run("--help")
    assert done.returncode == 0
    text = " ".join(done.stdout.split())
    assert "Exit codes: 0 the node can run, with the estimator that auto selects" in text
    assert "2 the node cannot run" in text


# ---------------------------------------------------------------- files


def test_an_empty_folder_lacks_every_file(tmp_path):
    checks = file_checks(tmp_path)
    assert_next_steps(checks)
    assert set(states(checks).values()) == {"missing"}
    assert set(states(checks)) == set(ASSETS)
    found = by_name(checks)
    assert found["assets"].status == "ok"
    for key, asset in ASSETS.items():
        assert str(tmp_path / asset.path) in found[f"file {key}"].next_step
    assert "register at https://smpl.is.tue.mpg.de" in found["file smpl"].next_step


def test_a_folder_that_is_not_there_or_a_file(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for path in (tmp_path / "nowhere", file):
        checks = file_checks(path)
        assert_next_steps(checks)
        assert by_name(checks)["assets"].status == "warning"
        assert "is not a folder" in by_name(checks)["assets"].text
        assert set(states(checks).values()) == {"missing"}


def test_only_what_nothing_reads_may_lack_without_a_warning(tmp_path):
    unread = {key for key in ASSETS if not needed_for(key)}
    assert unread == {"hand_info"}
    assert needed_for("smpl") == ("SMPL",)
    assert needed_for("mean_params") == ("SMPL", "SMPL-X")
    assert needed_for("hand") == ("hands",)
    for check in file_checks(tmp_path)[1:]:
        assert (check.status == "optional") == (check.details["key"] in unread)


@pytest.mark.parametrize("key", ["body_smpl", "hand", "pose2d", "smpl", "smplx", "mean_params", "mean_mano"])
def test_a_truncated_file_is_damaged(standin, tmp_path, key):
    path = tmp_path / ASSETS[key].path
    path.parent.mkdir(parents=True)
    whole = (standin / ASSETS[key].path).read_bytes()
    path.write_bytes(whole)
    assert states(file_checks(tmp_path))[key] == "needs conversion"
    path.write_bytes(whole[: len(whole) * 9 // 10].rstrip(b"."))
    checks = file_checks(tmp_path)
    assert_next_steps(checks)
    check = by_name(checks)[f"file {key}"]
    assert (check.status, check.details["state"]) == ("warning", "damaged")
    assert ASSETS[key].url in check.next_step
    assert str(path) in check.next_step
    path.write_bytes(b"")
    assert "it is empty" in by_name(file_checks(tmp_path))[f"file {key}"].text


def test_a_converted_file_says_so_until_it_changes(standin, tmp_path):
    path = tmp_path / ASSETS["mean_params"].path
    path.parent.mkdir(parents=True)
    shutil.copy(standin / ASSETS["mean_params"].path, path)
    AssetStore(tmp_path).load("mean_params")
    assert states(file_checks(tmp_path))["mean_params"] == "converted"
    path.write_bytes(path.read_bytes() + b"\0")
    assert states(file_checks(tmp_path))["mean_params"] != "converted"


def test_the_record_of_a_check_is_flat_json():
    record = Check("a", "warning", "b", "c", {"d": [1]}).record()
    assert record == {"name": "a", "status": "warning", "text": "b", "next_step": "c", "d": [1]}


# ---------------------------------------------------------------- what auto takes


def chosen(folder, torch=TORCH, blazepose=BLAZEPOSE):
    probes = {"numbers": NUMBERS, "torch": torch, "blazepose": blazepose, "ros": ROS}
    checks = [*machine_checks(probes, {}), *file_checks(folder)]
    assert_next_steps(checks)
    check = doctor.estimator_check(folder, by_name(checks))
    assert_next_steps([check])
    return check


def test_auto_takes_frankmocap_where_everything_is_there(as_if_real):
    check = chosen(as_if_real)
    assert (check.status, check.details["estimator"]) == ("ok", "frankmocap")


def test_auto_does_not_take_standins(standin):
    check = chosen(standin)
    assert (check.status, check.details["estimator"]) == ("warning", "blazepose")
    assert "stand-in" in check.text


def test_auto_takes_blazepose_where_something_of_frankmocap_lacks(as_if_real, tmp_path):
    assert chosen(None).status == "ok"
    assert chosen(None).details["estimator"] == "blazepose"
    for check, reason in (
        (chosen(tmp_path / "empty"), ASSETS["body_smpl"].path),
        (chosen(as_if_real, torch=BROKEN), "libwhatever"),
        (chosen(as_if_real, torch=Probe({**TORCH.found, "version": "2.9.1"})), "2.9.1"),
        (chosen(small_folder(tmp_path / "small")), "is damaged"),
    ):
        assert (check.status, check.details["estimator"]) == ("warning", "blazepose")
        assert reason in check.text


def test_a_driver_that_torch_does_not_use_is_no_reason_against_frankmocap(as_if_real, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor_checks, "_NVIDIA", tmp_path)
    assert torch_check(TORCH).status == "warning"
    assert chosen(as_if_real).details["estimator"] == "frankmocap"


def test_neither_estimator_is_an_error(as_if_real, tmp_path):
    check = chosen(tmp_path, blazepose=BROKEN)
    assert (check.status, check.details["estimator"]) == ("error", None)
    assert "pip install openvino or pip install ai-edge-litert" in check.next_step
    assert chosen(as_if_real, blazepose=BROKEN).status == "ok"


def test_exit_codes(here, as_if_real, standin, tmp_path):
    def code(*folder, **probes):
        found, _ = report(*here("--json", *(("--assets", *folder) if folder else ()), **probes))
        return found["exit"]

    assert code(as_if_real) == 0
    assert code(standin) == 0
    assert code() == 0
    assert code(as_if_real, blazepose=BROKEN) == 0
    assert code(as_if_real, torch=BROKEN) == 0
    assert code(torch=BROKEN) == 0
    assert code(torch=SLOW, blazepose=SLOW, ros=SLOW, numbers=SLOW) == 0
    assert code(numbers=BROKEN) == 2
    assert code(blazepose=BROKEN) == 2
    assert code(tmp_path / "empty", blazepose=BROKEN) == 2
    assert code(as_if_real, torch=BROKEN, blazepose=BROKEN) == 2
    assert code(as_if_real, ros=BROKEN) == 2


# ---------------------------------------------------------------- the machine


def test_ros(monkeypatch):
    real = doctor_checks.require_ros
    monkeypatch.setattr(doctor_checks, "require_ros", lambda command: None)
    check = ros_check(ROS, {"ROS_DISTRO": "jazzy"})
    assert (check.status, check.details["rmw"]) == ("ok", "rmw_fastrtps_cpp")
    assert "jazzy" in check.text
    assert "wheels" in ros_check(ROS, {}).text
    unbuilt = Probe({"rmw": "rmw_fastrtps_cpp", "messages": False, "messages_error": "ImportError: x"})
    for environ, step in (({}, "pip install"), ({"ROS_DISTRO": "jazzy"}, "setup.bash")):
        for probe in (BROKEN, unbuilt):
            check = ros_check(probe, environ)
            assert check.status == "error"
            assert step in check.next_step
    monkeypatch.setattr(doctor_checks, "require_ros", real)
    monkeypatch.setattr("frankmocap_ros.cli.ros_available.find_spec", lambda name: None)
    check = ros_check(BROKEN, {})
    assert (check.status, "rclpy is not installed" in check.text) == ("error", True)
    assert "pip install '.[ros]'" in check.next_step


def test_transport(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    check = transport_check("rmw_fastrtps_cpp", {})
    assert (check.status, Path(check.details["profile"]).name[:7]) == ("ok", "fastdds")
    assert "export FASTDDS_DEFAULT_PROFILES_FILE=" in check.text
    (tmp_path / "share" / "fastrtps").mkdir(parents=True)
    old = {"AMENT_PREFIX_PATH": str(tmp_path)}  # as Jazzy has it
    assert "export FASTRTPS_DEFAULT" in transport_check(None, old).text
    monkeypatch.setattr("frankmocap_ros.runtime.fastdds_profile.free_shared_memory", lambda: 10_000_000)
    assert "shared memory is limited" in transport_check("rmw_fastrtps_cpp", {}).text
    own = tmp_path / "own.xml"
    variable = {"FASTDDS_DEFAULT_PROFILES_FILE": str(own)}
    check = transport_check("rmw_fastrtps_cpp", variable)
    assert (check.status, "is not a file" in check.text) == ("warning", True)
    assert "unset FASTDDS_DEFAULT_PROFILES_FILE" in check.next_step
    own.write_text("<profiles/>")
    assert transport_check("rmw_fastrtps_cpp", variable).details["profile"] == str(own)
    assert transport_check("rmw_fastrtps_cpp", {"FASTDDS_BUILTIN_TRANSPORTS": "LARGE_DATA"}).status == "ok"
    assert "needs no profile" in transport_check("rmw_cyclonedds_cpp", {}).text


def test_torch(monkeypatch):
    cuda = Probe({"version": "2.13.0", "cuda": True, "device": "NVIDIA H100 fp16", "bf16": True})
    check = torch_check(cuda)
    assert (check.status, check.details["bf16"]) == ("ok", True)
    assert "NVIDIA H100 fp16" in check.text
    check = torch_check(Probe({**TORCH.found, "version": "2.9.1"}))
    assert (check.status, "torch>=2.10" in check.next_step) == ("warning", True)
    assert "libwhatever" in torch_check(BROKEN).text
    monkeypatch.setattr(doctor_checks, "find_spec", lambda name: None)
    assert "frankmocap_ros[torch]" in torch_check(BROKEN).next_step
    assert "frankmocap_ros[torch]" in packages_check().next_step


def test_an_old_python_is_told(monkeypatch):
    assert python_check().status == "ok"
    monkeypatch.setattr(doctor_checks, "_OLDEST_PYTHON", (3, 99))
    assert (python_check().status, "3.12" in python_check().next_step) == ("warning", True)


def test_several_opencvs_of_different_versions_are_told(monkeypatch):
    versions = {"opencv-python": "4.11.0.86", "opencv-contrib-python": "4.12.0.88"}
    monkeypatch.setattr(doctor_checks, "_version", versions.get)
    check = numbers_check(NUMBERS)
    assert check.status == "warning"
    assert "opencv-python==4.12.0.88" in check.next_step
    versions["opencv-python"] = "4.12.0.88"
    assert numbers_check(NUMBERS).status == "ok"


def probe(monkeypatch, program, limit_s=60.0):
    monkeypatch.setattr(doctor_probes, "_PROGRAMS", {"x": program})
    return Probes(limit_s).results()["x"]


def test_a_package_may_print_fail_crash_or_hang(monkeypatch):
    assert probe(monkeypatch, "print('hello', end='')\nfound = {'a': 1}\n").found == {"a": 1}
    assert "No module named 'nowhere_at_all'" in probe(monkeypatch, "import nowhere_at_all\n").error
    assert "signal 6" in probe(monkeypatch, "import os; os.abort()\n").error
    assert "exit code 3" in probe(monkeypatch, "import os; os._exit(3)\n").error
    hangs = probe(monkeypatch, "import time; time.sleep(600)\n", limit_s=0.2)
    assert (hangs.found, hangs.error, hangs.slow) == ({}, "", 0.2)


def test_modules_of_the_folder_that_it_starts_in_are_not_taken(monkeypatch, tmp_path):
    (tmp_path / "tricky.py").write_text("raise RuntimeError('taken')")
    monkeypatch.chdir(tmp_path)
    assert "No module named 'tricky'" in probe(monkeypatch, "import tricky\n").error
