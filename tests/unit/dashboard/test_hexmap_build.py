"""The committed bundle is what its sources give, and the sources' own tests pass."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEXMAP = ROOT / "dashboard" / "hexmap"
BUNDLE = ROOT / "assets" / "hexmap.min.js"
LICENCES = ROOT / "assets" / "hexmap.LICENSES.txt"
UNREACHABLE = ("ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH", "ENOTCACHED")


def _run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sources and exactly the locked packages."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed: the bundle cannot be rebuilt here")
    folder = tmp_path_factory.mktemp("hexmap")
    for name in ("src", "test"):
        shutil.copytree(HEXMAP / name, folder / name)
    for name in ("package.json", "package-lock.json", "build.mjs"):
        shutil.copy(HEXMAP / name, folder)
    if _installed_as_locked():
        (folder / "node_modules").symlink_to(HEXMAP / "node_modules")
        return folder
    done = _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
    if any(sign in done.stderr for sign in UNREACHABLE):
        pytest.skip("no package registry can be reached: the bundle cannot be rebuilt here")
    assert done.returncode == 0, done.stderr
    return folder


def _installed_as_locked() -> bool:
    installed = HEXMAP / "node_modules" / ".package-lock.json"
    if not installed.exists():
        return False
    have = json.loads(installed.read_text())["packages"]
    want = json.loads((HEXMAP / "package-lock.json").read_text())["packages"]
    return all(
        have.get(name, {}).get("integrity") == package.get("integrity")
        for name, package in want.items()
        if name and not package.get("optional")
    )


def test_the_bundle_was_built_from_these_sources():
    digest = hashlib.sha256()
    sources = sorted(f"src/{path.name}" for path in (HEXMAP / "src").iterdir())
    for name in ["package-lock.json", *sources]:
        digest.update(f"{name}\n".encode() + (HEXMAP / name).read_bytes())
    banner = BUNDLE.read_text(encoding="utf-8").split("\n", 1)[0]
    assert digest.hexdigest() in banner, (
        "the bundle is stale: run `npm run build` in dashboard/hexmap"
    )


def test_rebuilding_gives_the_committed_bundle(workshop: Path):
    built = workshop / "hexmap.min.js"
    done = _run("node", "build.mjs", "--out", str(built), cwd=workshop)
    assert done.returncode == 0, done.stderr
    assert built.read_bytes() == BUNDLE.read_bytes()
    assert (workshop / LICENCES.name).read_bytes() == LICENCES.read_bytes()


def test_the_sources_own_tests_pass(workshop: Path):
    tests = sorted(str(path) for path in (workshop / "test").glob("*.test.js"))
    done = _run("node", "--test", *tests, cwd=workshop)
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)[1]) >= 30


def test_the_bundle_needs_no_eval_and_no_other_host():
    text = BUNDLE.read_text(encoding="utf-8")
    assert not re.search(r"[^\w.$]eval\(|new Function\(", text)
    assert "window.dashboard_hexmap" in text
    loaded = re.findall(r"(?:importScripts|import)\(\s*[\"'`]https?:", text)
    assert loaded == []


def test_versions_are_exact_and_the_lock_names_no_download_host():
    package = json.loads((HEXMAP / "package.json").read_text())
    for name, version in {**package["dependencies"], **package["devDependencies"]}.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
    lock = (HEXMAP / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "http" not in lock


def test_every_library_in_the_bundle_has_its_licence():
    text = LICENCES.read_text(encoding="utf-8")
    for name in ("@deck.gl/core", "@luma.gl/webgl", "h3-js", "gl-matrix"):
        assert re.search(rf"^{re.escape(name)} \d", text, re.MULTILINE), name
    assert "carries no licence file" not in text
