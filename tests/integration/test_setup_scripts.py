"""The set-up scripts, on copies of them with an empty list of packages: no network is used."""

import hashlib
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "a checkout"
    shutil.copytree(SCRIPTS, folder / "scripts")
    (folder / "requirements.txt").write_text("# nothing\n")
    (folder / "requirements-dev.txt").write_text("-r requirements.txt\n")
    return folder


def run(
    checkout: Path, script: str, *arguments: str, **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(checkout / "scripts" / script), *arguments],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def has_environment(checkout: Path) -> bool:
    done = subprocess.run([str(checkout / ".venv/bin/python"), "-c", ""], check=False)
    return done.returncode == 0


def test_an_environment_is_made_once_and_anew_when_needed(checkout: Path) -> None:
    first = run(checkout, "setup-venv.sh")
    assert (first.returncode, first.stderr) == (0, "")
    assert has_environment(checkout)
    assert run(checkout, "setup-venv.sh").stdout == ""

    (checkout / ".venv/.stamp-requirements.txt").unlink()  # interrupted before the end
    assert "Installing" in run(checkout, "setup-venv.sh").stdout

    (checkout / "requirements.txt").write_text("# something else\n")
    assert "Installing" in run(checkout, "setup-venv.sh").stdout
    assert run(checkout, "setup-venv.sh").stdout == ""

    assert "requirements-dev.txt" in run(checkout, "setup-venv.sh", "--dev").stdout
    assert run(checkout, "setup-venv.sh").stdout == ""  # the tests' packages include the program's

    moved = checkout.rename(checkout.with_name("moved"))
    again = run(moved, "setup-venv.sh")
    assert again.returncode == 0
    assert "making it anew" in again.stdout
    assert has_environment(moved)
    assert list(moved.glob(".venv.old-*")) == []


def test_a_python_that_cannot_run_is_passed_over(checkout: Path, tmp_path: Path) -> None:
    shims = tmp_path / "shims"
    shims.mkdir()
    for name in ("python3", "python3.13"):
        (shims / name).write_text("#!/bin/sh\nexit 127\n")
        (shims / name).chmod(0o755)
    found = run(checkout, "find-python.sh", PATH=f"{shims}:{os.environ['PATH']}").stdout.strip()
    assert found
    assert not found.startswith(str(shims))


def test_who_may_not_install_is_told_the_exact_command(checkout: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "env", "dirname", "grep", "python3"):
        found = shutil.which(name)
        assert found
        (tools / name).symlink_to(found)
    for name, line in {"apt-get": "exit 1", "id": "echo 1000"}.items():
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
    done = run(checkout, "setup-system.sh", "--tests", PATH=str(tools))
    assert done.returncode == 1
    assert "apt-get update && apt-get install --yes --no-install-recommends" in done.stderr
    assert "chromium" in done.stderr


def offline_wheel(checkout: Path) -> Path:
    """Lay a package of our own where `make-offline.sh` puts what it fetches."""
    path = checkout / "offline" / "wheels" / "tiny_package-1.0-py3-none-any.whl"
    path.parent.mkdir(parents=True)
    about = "tiny_package-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny_package.py", "there = True\n")
        wheel.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: tiny-package\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", "")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (checkout / "offline" / "SHA256SUMS").write_text(f"{digest}  wheels/{path.name}\n")
    (checkout / "requirements.txt").write_text("tiny-package==1.0\n")
    return path


def test_without_a_network_the_packages_come_from_the_folder(checkout: Path) -> None:
    offline_wheel(checkout)
    unreachable = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    done = run(checkout, "setup-venv.sh", **unreachable)
    assert (done.returncode, done.stderr) == (0, "")
    python = str(checkout / ".venv/bin/python")
    assert subprocess.run([python, "-c", "import tiny_package"], check=False).returncode == 0


def test_a_folder_that_was_damaged_on_the_way_is_refused(checkout: Path) -> None:
    with offline_wheel(checkout).open("ab") as file:
        file.write(b"x")
    done = run(checkout, "setup-venv.sh")
    assert done.returncode == 1
    assert "copy it again" in done.stderr
    assert not (checkout / ".venv").exists()
