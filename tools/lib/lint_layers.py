"""The rules of the house that a line of text can break: who may include what, where SQL stands, what names say.

Each rule: which files it looks at, what it forbids, and why. A violation is printed as FILE:LINE: rule.
"""

import dataclasses
import re
import sys

from source_files import ROOT, script_language, source_files

CPP = r"\.(cc|h)$"
CODE = rf"^(common|services)/.*{CPP}"
SQL_PLACES = r"^services/\w+/storage/|^common/(pg|events|saga|testing)/|_test\.cc$"
INCLUDE = r'^\s*#\s*include\s*[<"]'
GRPC = INCLUDE + r"(grpc|grpcpp|grpc\+\+)/|" + INCLUDE + r'[^>"]*\.grpc\.pb\.h'
DATABASE = INCLUDE + r"(pqxx|libpq|postgresql/libpq)|" + INCLUDE + r"common/pg/"
GENERATED = INCLUDE + r'[^>"]*\.pb\.h'
SQL = (
    r"\b(SELECT\s+\S.*|SELECT\s*$|INSERT\s+INTO\s+\w|DELETE\s+FROM\s+\w|UPDATE\s+[\w.]+\s+(AS\s+\w+\s+)?SET\b"
    r"|FROM\s+\w+\s+WHERE\b|FOR\s+(NO\s+KEY\s+)?UPDATE\b|ON\s+CONFLICT\b)"
)


@dataclasses.dataclass(frozen=True)
class Rule:
    files: str
    forbids: str
    why: str
    unless: str = r"(?!)"  # files that the rule leaves alone


RULES = [
    Rule(rf"/domain/.*{CPP}", GRPC, "domain knows no gRPC"),
    Rule(rf"/domain/.*{CPP}", DATABASE, "domain knows no database"),
    Rule(rf"/domain/.*{CPP}", GENERATED, "domain knows no generated protos"),
    Rule(rf"/domain/.*{CPP}", INCLUDE + r"services/\w+/(api|storage|workflows)/", "domain includes nothing above it"),
    Rule(rf"/storage/.*{CPP}", INCLUDE + r"services/\w+/(api|workflows)/", "storage includes nothing above it"),
    Rule(rf"^services/\w+/api/.*{CPP}", INCLUDE + r"(pqxx|libpq|postgresql/libpq)", "api knows no pqxx"),
    Rule(CODE, INCLUDE + r"(pqxx|libpq|postgresql/libpq)", "pqxx only in storage and common/{pg,events,saga}", SQL_PLACES),
    Rule(CODE, SQL, "SQL only in storage and common/{pg,events,saga}", SQL_PLACES),
    Rule(rf"^services/\w+/(api|domain|storage)/.*\.h$", GRPC, "no grpcpp in headers of api, domain and storage"),
    Rule(rf"^common/.*{CPP}", INCLUDE + r"services/", "common knows no service"),
    Rule(
        rf"^common/.*{CPP}",
        INCLUDE + r"clientele/(customer|relationship|invitation)/",
        "common knows no service's contract",
    ),
    Rule(CODE, INCLUDE + r"absl/log/", "there is no absl/log here"),
    Rule(CODE, INCLUDE + r"spdlog/", "spdlog only behind common/obs", r"^common/obs/"),
    Rule(CODE, r"\babsl::Mutex\b|\bstd::(recursive_|shared_)?mutex\b", "lock with clientele::Mutex", r"^common/core/mutex\."),
    # In common, deadlines and logs are real time; what the domain does is not.
    Rule(
        rf"^services/.*{CPP}",
        r"\babsl::Now\(|\bsystem_clock::now\(|\btime\(nullptr\)",
        "time is an injected clock",
        r"_test\.(cc|h)$",
    ),
    Rule(
        r"_test\.cc$|^tests/.*\.(cc|h)$",
        r"\bsleep_for\(|\bSleepFor\(|\busleep\(|[^\w.:>]sleep\(",
        "a test awaits a condition instead of sleeping",
    ),
    Rule(rf"/(domain|api)/.*{CPP}", r"\bthrow\b(?!\s*\()|\bcatch\s*\(", "exceptions live in storage alone"),
    Rule(rf".*{CPP}", r"catch\s*\(\s*\.\.\.\s*\)\s*\{\s*\}", "an exception is never swallowed"),
]
VAGUE_NAME = re.compile(r"(^|[/_-])(utils?|helpers?|managers?|base|misc)([/_.-]|$)")
LONGEST_FILE = 400


def without_comment(line: str) -> str:
    return "" if line.lstrip().startswith(("//", "*", "/*")) else re.sub(r"\s//\s.*$", "", line)


def foreign_service(path: str, line: str) -> str:
    """A service knows another only through its generated client."""
    mine = re.match(r"services/(\w+)/", path)
    other = re.match(INCLUDE + r"services/(\w+)/", line)
    if mine and other and mine.group(1) != other.group(1):
        return f"services/{mine.group(1)} knows services/{other.group(1)} only through its generated client"
    return ""


def violations():
    for path in source_files():
        name = path.as_posix()
        if VAGUE_NAME.search(name):
            yield name, 1, "a name says what the thing does, not util, helper, manager or base"
        if not re.search(r"\.(cc|h|proto|sh|py)$", name) and not script_language(path):
            continue
        lines = (ROOT / path).read_text(errors="replace").splitlines()
        if len(lines) > LONGEST_FILE:
            yield name, LONGEST_FILE, f"{len(lines)} lines: above {LONGEST_FILE} there is a second subject"
        rules = [rule for rule in RULES if re.search(rule.files, name) and not re.search(rule.unless, name)]
        if not rules:
            continue
        for number, line in enumerate(map(without_comment, lines), 1):
            for rule in rules:
                if re.search(rule.forbids, line):
                    yield name, number, rule.why
            if foreign := foreign_service(name, line):
                yield name, number, foreign


def main() -> int:
    count = 0
    for name, number, why in violations():
        print(f"{name}:{number}: {why}")
        count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
