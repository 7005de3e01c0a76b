"""The files of the project as a developer means them: without what is built, installed or local."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LEFT_OUT = {".git", ".local", ".cache", "build", "node_modules", "__pycache__"}


def source_files():
    """Paths relative to the root, in order."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(set(folders) - LEFT_OUT)
        for name in sorted(names):
            path = pathlib.Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(ROOT)


def script_language(path: pathlib.Path) -> str:
    """"bash" or "python" by suffix or first line, else empty."""
    if path.suffix in (".sh", ".py"):
        return {".sh": "bash", ".py": "python"}[path.suffix]
    if path.suffix:
        return ""
    with open(ROOT / path, "rb") as file:
        first = file.readline(80)
    if not first.startswith(b"#!"):
        return ""
    return "bash" if b"bash" in first else "python" if b"python" in first else ""
