"""The READMEs against the tree and the contracts: no link leads nowhere, every `buf curl` and grpcurl line names a
method that exists, with a body that is its request."""

import os
import re
import shlex
import sys

from contract import Contract
from readme_blocks import commands
from source_files import ROOT, source_files

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
METHOD = re.compile(r"clientele(?:\.\w+)+[/.]\w+$")
TOP_FOLDERS = ["common", "deploy", "proto", "services", "tests", "tools"]


def check_call(contract: Contract, command: str) -> str:
    """Empty when the call fits the contracts, else what is wrong with it."""
    # What the shell would fill in is some text to the contracts; a body never depends on more.
    filled = re.sub(r"\$\((?:[^()]|\([^()]*\))*\)|\$\{[^}]*\}|\$\w+", "filled", command.replace("\\\n", " "))
    try:
        words = shlex.split(filled, comments=True)
    except ValueError as error:
        return f"the shell could not read it: {error}"
    methods = [match.group(0) for word in words if (match := METHOD.search(word.partition("?")[0]))]
    bodies = [words[i + 1] for i, word in enumerate(words[:-1]) if word in ("-d", "--data")]
    if not methods:
        return ""  # lists or describes
    try:
        contract.check_body(methods[-1], bodies[0] if bodies else "{}")
    except KeyError:
        return f"there is no method {methods[-1]}"
    except ValueError as error:
        return str(error)
    return ""


def main() -> int:
    findings = [f"{folder}/README.md:1: each top folder says its rules" for folder in TOP_FOLDERS
                if (ROOT / folder).is_dir() and not (ROOT / folder / "README.md").exists()]  # fmt: skip
    contract = Contract()
    for path in source_files():
        if path.suffix != ".md":
            continue
        text = (ROOT / path).read_text()
        for link in LINK.finditer(text):
            target = link.group(1)
            if "://" not in target and not target.startswith("mailto:"):
                if not os.path.exists(ROOT / path.parent / target):
                    findings.append(f"{path}:{text.count(chr(10), 0, link.start()) + 1}: no such file: {target}")
        for number, command in commands(text):
            if re.search(r"\bbuf curl\b|\bgrpcurl\b", command) and (wrong := check_call(contract, command)):
                findings.append(f"{path}:{number}: {wrong}")
    print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
