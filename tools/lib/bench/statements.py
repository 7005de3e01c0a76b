"""The SQL that a request costs, taken from PostgreSQL's log, and the same statements as scripts of pgbench.

What differs from request to request becomes an expression over pgbench's variables: which partner, customer or
invitation is meant, and every id or name that the request, or a service for it, makes anew. So an insert of the script
inserts as the product's does. All else is bound as it was.
"""

import dataclasses
import math
import pathlib
import re
import statistics
import subprocess
import time

import dataset

ENTRY = re.compile(r"^\d{4}-\d\d-\d\d [0-9:.]+ UTC \[(\d+)\] (?:(\w+?)(?:_service)?@\w+ )?([A-Z]+):  ")
EXECUTED = re.compile(r"duration: [0-9.]+ ms  execute (\S+): (.*)", re.S)
PARAMETER = re.compile(r"\$(\d+) = (NULL|'((?:[^']|'')*)')")
# A table of given rows: its parameters, and the columns that they are.
GIVEN = re.compile(r"unnest\(([^()]*)\)\s+WITH ORDINALITY AS \w+\(([^()]*)\)")
# The elements of an array as PostgreSQL writes it.
ELEMENT = re.compile(r'"(?:[^"\\]|\\.)*"|[^,]+')
LONGEST_ARGUMENT = 100_000  # characters; Linux takes 128 KiB
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# What is executed within this time without a request, is executed anyway.
QUIET_SECONDS = 4
# What a service does of its own accord because of another's events: once for a page of them, not once a request.
FOLLOWING = re.compile(r"projection_|customer_follow$")


@dataclasses.dataclass
class Statement:
    service: str
    name: str
    sql: str
    parameters: list  # texts, or None


class Recorder:
    def __init__(self, psql: list, log: pathlib.Path):
        self._psql, self._log = psql, log
        self._idle = None

    def _set(self, **settings) -> None:
        for name, value in settings.items():
            subprocess.run([*self._psql, "-c", f"ALTER SYSTEM SET {name} = {value}"], check=True)
        subprocess.run([*self._psql, "-qc", "SELECT pg_reload_conf()"], check=True, stdout=subprocess.DEVNULL)
        time.sleep(0.5)

    def _read(self, offset: int) -> list:
        """The statements logged from `offset` on."""
        entries = []
        for line in self._log.read_bytes()[offset:].decode(errors="replace").splitlines():
            if found := ENTRY.match(line):
                entries.append([found[1], found[2], found[3], line[found.end() :]])
            elif entries:
                entries[-1][3] += "\n" + line.lstrip("\t")
        statements, last = [], {}
        for process, service, kind, text in entries:
            if kind == "LOG":
                # A bind has parameters, too.
                last.pop(process, None)
                if service in dataset.SCHEMAS and (found := EXECUTED.match(text)):
                    last[process] = Statement(service, found[1], found[2], [])
                    statements.append(last[process])
            elif kind == "DETAIL" and process in last and text.startswith("parameters: "):
                values = {int(n): None if value == "NULL" else quoted.replace("''", "'")
                          for n, value, quoted in PARAMETER.findall(text)}  # fmt: skip
                last[process].parameters = [values.get(n + 1) for n in range(max(values, default=0))]
        return statements

    def record(self, call) -> list:
        """What `call` makes the services execute, in order; without what they execute anyway."""
        self._set(log_min_duration_statement=0, log_parameter_max_length=-1)
        try:
            if self._idle is None:
                begin = self._log.stat().st_size
                time.sleep(QUIET_SECONDS)
                self._idle = {(each.service, each.name) for each in self._read(begin)}
            begin = self._log.stat().st_size
            call()
            return [each for each in self._read(begin)
                    if (each.service, each.name) not in self._idle and not FOLLOWING.match(each.name)]  # fmt: skip
        finally:
            self._set(log_min_duration_statement=1000, log_parameter_max_length=0)


# How a script chooses. `:unique` is never the same twice and grows, as the services' ids do.
CHOICE = f"""\\set turn :turn + 1
\\set unique :base + :turn * {{rows}} * 64 + :client_id
\\set customer random(0, {dataset.CUSTOMERS - 1})
\\set invitation ((:turn - 1) * :clients + :client_id) * {{requests}}
\\set partner {{partner}}
"""
EMPTY = "''::text"
# Of what a request is about (Workload.about).
PARTNER_OF = {
    "customer": f"{{customer}} * {{customer}} * {{customer}} / {dataset.CUSTOMERS**3 // dataset.PARTNERS}",
    "partner": "{partner}",
    "invitation": f"{{invitation}} % {dataset.PARTNERS}",
}
ANY_PARTNER = f"random(0, {dataset.PARTNERS - 1})"
# The rows of a turn. Those of one request are about the same; requests are made of what was chosen for the first, a
# prime apart, so that no two are alike.
BATCH = f"""batch AS MATERIALIZED (
SELECT chosen.*, {{partner}} AS partner FROM (
SELECT request, :unique::bigint + n * 64 AS unique, (:customer::bigint + request * 61927) % {dataset.CUSTOMERS} AS customer,
(:partner::bigint + request * 367) % {dataset.PARTNERS} AS first_partner, :invitation::bigint + request AS invitation
FROM generate_series(0, {{last}}) AS n, LATERAL (SELECT n / {{rows_each}} AS request) AS row_of) AS chosen)"""


class Script:
    """The statements of one service as a script, with the variables that it is to be given."""

    def __init__(self, psql: list, service: str, statements: list, sent, workload, requests: int = 1):
        """The statements are those of one request. A turn is `requests` of them, the same statements with so many times
        the elements in their arrays."""
        self._psql, self.service, self.requests = psql, service, requests
        self._rows_each = workload.customers
        self._batched = requests * self._rows_each > 1
        # No turn may have effect a second time: an invitation is accepted once.
        self.most_turns = dataset.INVITATIONS // requests if workload.about == "invitation" else math.inf
        self.definitions = {}
        self._constants = {}
        self._made = {}
        self._pattern = {}
        self._known = self._expressions(sent)
        first = {name: f":{name}" for name in ("customer", "invitation")}
        partner_of, rows = PARTNER_OF[workload.about], requests * self._rows_each
        self._batch = BATCH.format(last=rows - 1, rows_each=self._rows_each, partner=partner_of.format(
            customer="customer", invitation="invitation", partner="first_partner"))  # fmt: skip
        choice = CHOICE.format(rows=rows, requests=requests, partner=partner_of.format(partner=ANY_PARTNER, **first))
        self.text = choice + "".join(self._convert(each) for each in statements)

    def _chosen(self, name: str) -> str:
        return f"batch.{name}" if self._batched else f":{name}::bigint"

    def _expressions(self, sent) -> dict:
        """SQL for texts of the request that a script makes by itself."""

        def hexadecimal(name: str) -> str:
            return f"lpad(to_hex({self._chosen(name)}), 12, '0')"

        known = {}
        for kind, value, variable in [(dataset.PARTNER, sent.partner, "partner"),
                                      (dataset.CUSTOMER, sent.customer, "customer"),
                                      (dataset.INVITATION, sent.customer, "invitation"),
                                      (dataset.ACCEPTING, sent.customer, "invitation")]:  # fmt: skip
            known[dataset.identifier(kind, value)] = f"'{kind}-0000-7000-8000-' || {hexadecimal(variable)}"
        known[f"adatum-{sent.customer}.example"] = f"'adatum-' || {self._chosen('invitation')} || '.example'"
        for text in sent.stand_ins:
            if len(text) == 12:
                known[text] = f"right(lpad(to_hex({self._chosen('unique')}), 16, '0'), 12)"
        return known

    def _fresh(self, identifier: str) -> str:
        """Another id for each row; the same one at each place where this one, or another row's for it, stood."""
        place = self._made.setdefault(self._pattern.get(identifier, identifier), len(self._made))
        unique = f"lpad(to_hex({self._chosen('unique')}), 16, '0')"
        return f"({unique} || '{0x8000 + place:04x}000000000000')::uuid::text"

    def _constant(self, text: str) -> str:
        """A variable: pgbench would look for variables in a literal, behind every colon. Bytes have none, and may be more
        than an argument holds."""
        if len(text) > LONGEST_ARGUMENT and ":" not in text:
            return "'" + text.replace("'", "''") + "'"
        name = self._constants.setdefault(text, f"constant_{self.service}_{len(self._constants)}")
        self.definitions[name] = text
        return f":{name}"

    def _made_anew(self, text: str) -> str:
        """SQL for a text, with what differs from row to row."""
        parts = re.split(f"({'|'.join([re.escape(each) for each in self._known] + [UUID.pattern])})", text)
        pieces = [f"{self._constant(part)}::text" if i % 2 == 0 else self._known.get(part) or self._fresh(part)
                  for i, part in enumerate(parts) if part or i % 2]  # fmt: skip
        return " || ".join(pieces or [EMPTY])

    def _first_row(self, text: str, kind: str) -> tuple:
        """Of an array with elements for each row of a turn: its begin, the first row's elements, its end. It may be the
        one element of an array itself: what a request's row of a statement has for each of its own."""
        if not self._batched or not kind.endswith("[]"):
            return "", [], ""
        begin, elements, end = "{", ELEMENT.findall(text[1:-1]), "}"
        if self._rows_each > 1 and len(elements) == 1 and elements[0].startswith('"{'):
            inner = re.sub(r"\\(.)", r"\1", elements[0][1:-1])
            elements = [re.sub(r'(["\\])', r"\\\1", each) for each in ELEMENT.findall(inner[1:-1])]
            begin, end = '{"{', '}"}'
        width, rest = divmod(len(elements), self._rows_each)
        if rest:
            return begin, [], end
        rows = [",".join(elements[n * width : (n + 1) * width]) for n in range(self._rows_each)]
        # Statements may have the rows in different orders.
        for ids in zip(*map(UUID.findall, rows)):
            pattern = next((self._pattern[each] for each in ids if each in self._pattern), ids[0])
            self._pattern.update(dict.fromkeys(ids, pattern))
        return begin, elements[:width], end

    def _value(self, text: str, kind: str, column: str) -> str:
        if text is None:
            return f"NULL::{kind}"
        begin, elements, end = self._first_row(text, kind)
        if elements:
            row = self._made_anew(",".join(elements))
            if column == "command":  # the place of the request that an element belongs to
                row = " || ',' || ".join(["(batch.request + 1)::text"] * len(elements))
            return f"('{begin}' || (SELECT string_agg({row}, ',') FROM batch) || '{end}')::{kind}"
        if self._batched:
            return f"(SELECT {self._made_anew(text)} FROM batch LIMIT 1)::{kind}"
        return f"({self._made_anew(text)})::{kind}"

    def _types(self, statement: Statement) -> list:
        """Of its parameters, as PostgreSQL understands them."""
        told = "SELECT array_to_string(parameter_types::text[], ',') FROM pg_prepared_statements WHERE name = 'asked'"
        asked = subprocess.run([*self._psql, "-At", "-c", f"SET search_path = {self.service}, extensions",
                                "-c", f"PREPARE asked AS {statement.sql}", "-c", told],
                               check=True, stdout=subprocess.PIPE, text=True)  # fmt: skip
        return asked.stdout.strip().split(",")

    def _convert(self, statement: Statement) -> str:
        types = self._types(statement)
        columns = {}
        for given, names in GIVEN.findall(statement.sql):
            columns.update(zip(re.findall(r"\$(\d+)", given), re.split(r",\s*", names)))

        def put(found) -> str:
            n = int(found[1]) - 1
            return self._value(statement.parameters[n], types[n], columns.get(found[1], ""))

        sql = re.sub(r"\$(\d+)", put, re.sub(r"\s+", " ", statement.sql)) + ";\n"
        if not self._batched:
            return sql
        return f"WITH {self._batch}{', ' if sql.startswith('WITH ') else ' '}{sql.removeprefix('WITH ')}"


class PgBench:
    """Runs scripts by pgbench, one service's after the other's: what all of them cost together."""

    PROGRAM = "/usr/lib/postgresql/15/bin/pgbench"

    def __init__(self, connections: dict, folder: pathlib.Path, clean, usage):
        """`clean` removes what a run made; `usage` tells, of the processes of a run, a Usage."""
        self._connections, self._folder, self._clean, self._usage = connections, folder, clean, usage

    def _command(self, script: Script, clients: int) -> list:
        path = self._folder / f"{script.service}.sql"
        path.write_text(script.text)
        base = 0x0192_0000_0000_0000 + (int(time.time() * 1000) << 20) % (1 << 47)
        command = [self.PROGRAM, "--no-vacuum", "--protocol=prepared", f"--file={path}", f"--client={clients}",
                   f"--jobs={min(clients, 2)}"]  # fmt: skip
        for name, value in {**script.definitions, "base": base, "turn": 0, "clients": clients}.items():
            command += ["-D", f"{name}={value}"]
        return [*command, self._connections[script.service]]

    def _run(self, script: Script, clients: int, warm_up: float, seconds: float) -> dict:
        """Requests a second, and the script's median latency, after the warm-up."""
        for old in self._folder.glob("latencies.*"):
            old.unlink()
        command = self._command(script, clients)
        command[1:1] = [f"--time={math.ceil(warm_up + seconds)}", "--log", f"--log-prefix={self._folder / 'latencies'}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            usage = self._usage(running.pid)
            usage.begin()
            _, told = running.communicate()
            usage.end()
        if running.returncode != 0 or "aborted" in told:
            raise SystemExit(f"pgbench failed:\n{told[-2000:]}")
        ended, turns = [], 0  # when, and after how many µs; of the client that is ahead
        for file in self._folder.glob("latencies.*"):
            for line in file.read_text().splitlines():
                fields = line.split()
                ended.append((int(fields[4]) + int(fields[5]) / 1e6, int(fields[2])))
                turns = max(turns, int(fields[1]) + 1)
        begin = min(when - latency / 1e6 for when, latency in ended) + warm_up
        counted = [latency for when, latency in ended if begin <= when < begin + seconds]
        if turns * clients > script.most_turns:
            raise SystemExit(f"{clients} clients of pgbench had {turns} turns, and invitations for fewer: less time.")
        self._clean()
        return {"rps": len(counted) / seconds * script.requests, "p50_us": statistics.median(counted or [0]),
                "noisy": usage.noisy}  # fmt: skip

    def effect(self, script: Script, turns: int) -> None:
        """So many turns of one client, and nothing removed."""
        command = self._command(script, 1)
        command[1:1] = [f"--transactions={turns}"]
        ran = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if ran.returncode != 0:
            raise SystemExit(f"pgbench failed:\n{ran.stderr[-2000:]}")

    def run(self, scripts: list, clients: dict, warm_up: float, seconds: float) -> dict:
        """Requests a second, where each is all the statements of all services."""
        ran = [self._run(script, clients[script.service], warm_up, seconds) for script in scripts]
        if not all(each["rps"] for each in ran):
            raise SystemExit("pgbench was not done with one script in time.")
        return {"rps": 1 / sum(1 / each["rps"] for each in ran), "p50_us": sum(each["p50_us"] for each in ran),
                "noisy": any(each["noisy"] for each in ran)}  # fmt: skip

    def best_clients(self, scripts: list, most: int) -> dict:
        """The number of connections that pgbench is fastest with, of each service's script."""
        best = {}
        for script in scripts:
            tried = {n: self._run(script, n, 0.5, 1)["rps"] for n in (1, 2, 4, 8, 16, 32, 48) if n <= most}
            best[script.service] = max(tried, key=tried.get)
        return best
