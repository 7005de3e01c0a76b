"""clang-tidy over what changed since the last tag (over everything, where there is no tag), on all cores.

    lint_tidy.py [--all] [--seconds N] [FILE...]

A file that passed is remembered in the user's cache folder by the contents of all it includes from this project, its compile
command, the configuration and the tool: a repeat looks at nothing that did not change. Needs build/dev, configured and
built (the build knows what a file includes).
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/dev"
# Beside ccache's, so that every checkout of this machine profits.
PASSED = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "clientele/tidy"
TIDY = "clang-tidy-14"


def run(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False).stdout


def compiled() -> dict:
    """Our own files that the build compiles, with their command."""
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    ours = {}
    for entry in commands:
        path = pathlib.Path(os.path.normpath(os.path.join(entry["directory"], entry["file"])))
        if path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / "build"):
            ours[path.relative_to(ROOT).as_posix()] = entry
    return ours


def included() -> dict:
    """What each file includes from this project, as the last build saw it."""
    inclusions, target_inputs = {}, []
    for line in run("ninja", "-C", str(BUILD), "-t", "deps").splitlines() + [""]:
        if line.startswith("    "):
            path = pathlib.Path(os.path.normpath(os.path.join(BUILD, line.strip())))
            if path.is_relative_to(ROOT):
                target_inputs.append(path.relative_to(ROOT).as_posix())
        elif target_inputs and not line:
            inclusions.setdefault(target_inputs[0], set()).update(target_inputs)
            target_inputs = []
    return inclusions


class Digests:
    def __init__(self, constant: str):
        self._constant = constant
        self._files = {}

    def of_file(self, path: str) -> str:
        if path not in self._files:
            try:
                self._files[path] = hashlib.sha256((ROOT / path).read_bytes()).hexdigest()
            except OSError:
                self._files[path] = "absent"
        return self._files[path]

    def of_unit(self, path: str, entry: dict, inclusions: set) -> str:
        parts = [self._constant, entry.get("command", "").replace(str(ROOT), ""), path]
        parts += [f"{name} {self.of_file(name)}" for name in sorted(inclusions | {path})]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def changed_since_tag() -> set:
    """Names changed since the last tag, committed or not; None without a tag."""
    tag = run("git", "describe", "--tags", "--abbrev=0").strip()
    if not tag:
        return None
    names = run("git", "diff", "--name-only", tag).split() + run("git", "ls-files", "-o", "--exclude-standard").split()
    return set(names)


def check(path: str) -> str:
    """Empty when clang-tidy is silent, else what it said."""
    command = [TIDY, "-p", str(BUILD), "--quiet", "--warnings-as-errors=*", path]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return f"{path}: clang-tidy was not done after 300 s"
    return "" if done.returncode == 0 else done.stdout or done.stderr


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--seconds", type=float, default=2400)
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    if not (BUILD / "compile_commands.json").exists():
        print("build/dev is not configured: run tools/test, or cmake --preset dev")
        return 1

    units, inclusions = compiled(), included()
    digests = Digests(run(TIDY, "--version") + (ROOT / ".clang-tidy").read_text())
    changed = None if options.all else changed_since_tag()
    if options.files:
        units = {path: entry for path, entry in units.items() if path in options.files}
    elif changed is not None and ".clang-tidy" not in changed:
        units = {path: entry for path, entry in units.items() if changed & (inclusions.get(path, set()) | {path})}

    PASSED.mkdir(parents=True, exist_ok=True)
    waiting = {}
    for path, entry in units.items():
        # What was never built includes nobody knows what: it is looked at each time.
        mark = PASSED / digests.of_unit(path, entry, inclusions[path]) if path in inclusions else None
        if mark and mark.exists():
            os.utime(mark)
        else:
            waiting[path] = mark
    return check_all(waiting, len(units), time.monotonic() + options.seconds)


def check_all(waiting: dict, total: int, until: float) -> int:
    failed, left = 0, 0

    def bounded(path: str):
        return check(path) if time.monotonic() < until else None

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, said in zip(waiting, pool.map(bounded, waiting)):
            if said is None:
                left += 1
            elif said:
                failed += 1
                print(said.strip())
            elif waiting[path]:
                waiting[path].touch()
    for mark in PASSED.iterdir():
        if mark.stat().st_mtime < time.time() - 30 * 86400:
            mark.unlink()
    if left:
        print(f"The time is up, and {left} files were not looked at. Run it again: what passed is not repeated.")
    print(f"clang-tidy: {total} files, {total - len(waiting)} known to pass, {failed} with findings")
    return 1 if failed or left else 0


if __name__ == "__main__":
    sys.exit(main())
