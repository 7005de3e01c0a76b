"""The project's scripts, for the checks of their language.

script_files.py bash|python        lists them
script_files.py --compile FILE...  says whether each is Python
"""

import ast
import sys

from source_files import ROOT, script_language, source_files


def main(arguments: list) -> int:
    if arguments[0] != "--compile":
        for path in source_files():
            if script_language(path) == arguments[0]:
                print(path)
        return 0
    code = 0
    for name in arguments[1:]:
        try:
            ast.parse((ROOT / name).read_text(), name)
        except SyntaxError as error:
            print(f"{name}:{error.lineno}: {error.msg}")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
