"""Words that no file of the project holds: paths of one machine, work left undone, checks switched off."""

import re
import sys

from source_files import ROOT, source_files

# Each is written so that this file does not match itself.
FORBIDDEN = [
    (r"(?<![\w.-])/(work|farm|mnt|root|home/\w+)/[\w.]", "a path of one machine"),
    (r"\b(TO[D]O|FIX[M]E)\b|(//|#).*\bXX[X]\b", "work left undone: do it, or open an issue"),
    (r"\bGTEST[_]SKIP\b|\bDISABLED[_][A-Z]", "a test that does not run"),
    (r"\bNOLI[N]T", "a check switched off: mend the code, or .clang-tidy for all"),
]
LEFT_OUT = {"package-lock.json"}


def main() -> int:
    count = 0
    for path in source_files():
        if path.name in LEFT_OUT:
            continue
        content = (ROOT / path).read_bytes()
        if b"\0" in content[:8000]:
            continue
        for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
            for pattern, why in FORBIDDEN:
                if re.search(pattern, line):
                    print(f"{path}:{number}: {why}: {line.strip()[:100]}")
                    count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
