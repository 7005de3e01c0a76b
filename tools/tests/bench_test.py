"""The parts of tools/bench that need no suite: its set of customers, its requests, its reading of PostgreSQL's log."""

import collections
import dataclasses
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/lib", "tools/lib", "tools/lib/bench")]

import dataset  # noqa: E402
import report  # noqa: E402
import workloads  # noqa: E402
from statements import Recorder, Script, Statement  # noqa: E402

LOG = """\
2026-11-26 10:00:00.000 UTC [11] customer_service@clientele LOG:  duration: 0.031 ms  bind customer_fetch: SELECT 1
2026-11-26 10:00:00.000 UTC [11] customer_service@clientele DETAIL:  parameters: $1 = 'of the bind'
2026-11-26 10:00:00.000 UTC [11] customer_service@clientele LOG:  duration: 0.041 ms  execute customer_fetch: SELECT k.n
\tFROM unnest($1::uuid[]) AS k
2026-11-26 10:00:00.000 UTC [11] customer_service@clientele DETAIL:  parameters: $1 = '{a}', $2 = NULL, $3 = 'it''s'
2026-11-26 10:00:00.000 UTC [11] customer_service@clientele LOG:  duration: 0.031 ms  bind customer_next: SELECT 1
2026-11-26 10:00:00.000 UTC [11] customer_service@clientele DETAIL:  parameters: $1 = 'of the next bind'
2026-11-26 10:00:00.001 UTC [9] LOG:  checkpoint starting: time
2026-11-26 10:00:00.001 UTC [8] clientele_admin@clientele LOG:  duration: 0.1 ms  execute nobody: SELECT 3
2026-11-26 10:00:00.002 UTC [12] relationship_service@clientele LOG:  duration: 0.1 ms  execute poll: SELECT 2
"""


class DatasetTest(unittest.TestCase):
    def test_partners_are_of_very_different_sizes(self):
        sizes = collections.Counter(map(dataset.partner_of, range(dataset.CUSTOMERS)))
        self.assertEqual(sorted(sizes), list(range(dataset.PARTNERS)))
        self.assertEqual((sizes[0], sizes[1], sizes[999]), (100_000, 25_993, 333))

    def test_ids_are_those_of_a_database(self):
        self.assertEqual(dataset.identifier(dataset.CUSTOMER, 255), "01900001-0000-7000-8000-0000000000ff")


class FakeLinks:
    def of(self, invitation: int) -> str:
        return f"{invitation:096d}"


class RequestsTest(unittest.TestCase):
    def setUp(self):
        self.writer = workloads.RequestWriter(FakeLinks())

    def test_no_request_is_made_twice_and_none_keeps_a_stand_in(self):
        for workload in workloads.WORKLOADS.values():
            requests = list(self.writer.requests(workload, 30))
            for sent in requests:
                self.assertIsNone(workloads.STAND_INS.search(sent.message), workload.rpc)
            if workload.most_per_second:
                self.assertEqual(len({sent.message for sent in requests}), 30, workload.rpc)

    def test_a_file_names_the_caller_of_each_request(self):
        workload = workloads.WORKLOADS["GetCustomer"]
        (sent,) = self.writer.requests(workload, 1)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "requests"
            self.writer.write(workload, path, [sent])
            written = path.read_bytes()
        self.assertEqual(int.from_bytes(written[:4], "little"), dataset.partner_of(sent.customer))
        self.assertEqual(written[8:], sent.message)
        self.assertIn(dataset.identifier(dataset.CUSTOMER, sent.customer).encode(), sent.message)


class StatementsTest(unittest.TestCase):
    def test_the_log_tells_what_was_executed(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "log"
            path.write_text(LOG)
            fetch, poll = Recorder([], path)._read(0)
        self.assertEqual((fetch.service, fetch.name), ("customer", "customer_fetch"))
        self.assertEqual(fetch.sql, "SELECT k.n\nFROM unnest($1::uuid[]) AS k")
        self.assertEqual(fetch.parameters, ["{a}", None, "it's"])
        self.assertEqual((poll.service, poll.name, poll.parameters), ("relationship", "poll", []))

    def test_a_script_makes_what_differs_by_itself(self):
        class Typed(Script):
            def _types(self, statement):
                return ["uuid", "text", "bigint", "text", "text"]

        customer = dataset.identifier(dataset.CUSTOMER, 7)
        sent = workloads.Sent(7, 0, {"abcdefabcdef": workloads.TAG}, b"")
        fresh = "019fffff-0000-7000-8000-000000000001"
        statements = [Statement("customer", "s", "SELECT $1, $2,\n  $3, $4, $5", [customer, f"a:{fresh}/abcdefabcdef", "3", None, ""])]
        script = Typed([], "customer", statements * 2, sent, workloads.WORKLOADS["GetCustomer"])
        first, second = script.text.splitlines()[-2:]
        self.assertEqual(first, second, "one id is the same at every place")
        self.assertIn("('01900001-0000-7000-8000-' || lpad(to_hex(:customer::bigint), 12, '0'))::uuid", first)
        self.assertIn("right(lpad(to_hex(:unique::bigint), 16, '0'), 12)", first, "the end differs, not the beginning")
        self.assertIn("::uuid::text", first, "an id as PostgreSQL writes it")
        self.assertNotIn("", script.definitions.values(), "pgbench takes no empty definition")
        self.assertIn("NULL::text", first)
        self.assertNotIn(fresh, first + str(script.definitions))
        self.assertIn("a:", script.definitions.values(), "a colon would be taken for a variable")
        self.assertIn("3", script.definitions.values())

    def test_a_batch_has_rows_of_its_own(self):
        class Typed(Script):
            def _types(self, statement):
                return ["uuid[]", "bigint[]", "bigint[]", "text"]

        def batch_of(sql: str) -> str:
            statement = Statement("customer", "s", sql, [f"{{{customer}}}", "{1,1}", "{1}", customer])
            sent = workloads.Sent(7, 0, {}, b"")
            script = Typed([], "customer", [statement], sent, workloads.WORKLOADS["GetCustomer"], 3)
            return " ".join(script.text.split(" + 1\n", 1)[1].splitlines())

        customer = dataset.identifier(dataset.CUSTOMER, 7)
        given = "unnest($1::uuid[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS c(id, command, revision, place)"
        script = batch_of(f"WITH given AS (SELECT * FROM {given}) SELECT $4")
        own = "'01900001-0000-7000-8000-' || lpad(to_hex(batch.customer), 12, '0')"
        self.assertIn("WITH batch AS MATERIALIZED ( SELECT chosen.*, customer * customer * customer / ", script)
        self.assertIn("FROM generate_series(0, 2) AS n, LATERAL (SELECT n / 1 AS request)", script)
        self.assertIn(" AS chosen), given AS (SELECT ", script)
        self.assertIn(f"('{{' || (SELECT string_agg({own}, ',') FROM batch) || '}}')::uuid[]", script)
        place = "(batch.request + 1)::text"
        self.assertIn(f"string_agg({place} || ',' || {place}, ',')", script, "of the command that a change belongs to")
        self.assertEqual(script.count(place), 2, "a revision is none")
        self.assertIn(f"SELECT (SELECT {own} FROM batch LIMIT 1)::text;", script)
        self.assertIn(" AS chosen) SELECT ", batch_of("SELECT $1, $2, $3, $4"))

    def test_a_request_of_many_rows_has_the_first_for_its_pattern(self):
        class Typed(Script):
            def _types(self, statement):
                return ["text[]", "bigint[]", "text[]", "text[]", "bytea"]

        workload = dataclasses.replace(workloads.WORKLOADS["BatchImportCustomers"], customers=3)
        tags = {f"abcdefabcde{n}": workloads.TAG for n in range(3)}
        names = ",".join(f'"Contoso, \\"{tag}\\""' for tag in tags)
        given = "unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS c(name, command, place)"
        nested = f"""{{"{{{','.join(tags)}}}"}}"""
        state = "\\x" + "0a" * 100_000
        statement = Statement("customer", "s", f"SELECT $3, $4, $5 FROM {given}",
                              [f"{{{names}}}", "{1,1,1}", "{a,b}", nested, state])  # fmt: skip
        script = Typed([], "customer", [statement], workloads.Sent(7, 0, tags, b""), workload)
        tag = "right(lpad(to_hex(batch.unique), 16, '0'), 12)"
        self.assertIn('"Contoso, \\"', script.definitions.values())
        self.assertEqual(script.text.count(tag), 2, "the other rows' tags are made of the first one's")
        self.assertIn(f"('{{\"{{' || (SELECT string_agg({tag}, ',') FROM batch) || '}}\"}}')::text[]", script.text)
        self.assertIn(f"'{state}'::text", script.text)
        self.assertIn("FROM generate_series(0, 2) AS n, LATERAL (SELECT n / 3 AS request)", script.text)
        self.assertIn("(SELECT string_agg((batch.request + 1)::text, ',') FROM batch)", script.text)
        self.assertIn("{a,b}", script.definitions.values(), "what is not given for each row stays as it is")
        self.assertEqual(script.requests, 1)


class ReportTest(unittest.TestCase):
    def test_ratios_are_those_of_one_repetition(self):
        def round_of(product: float, bare: float) -> dict:
            return {"product": {"rps": product, "p50_us": 10, "p99_us": 20, "errors": 0, "first_error": "",
                                "noisy": False, "cpu_us": {"server": 1.0, "postgres": 2.0, "client": 3.0}},
                    "bare_grpc": {"rps": bare, "p50_us": 5, "noisy": False}}  # fmt: skip

        row = report.summary("GetCustomer", 64, [round_of(10, 20), round_of(20, 20), round_of(30, 40)])
        ratios = row["against"]["bare_grpc"]
        self.assertEqual((ratios["ratio_min"], ratios["ratio_median"], ratios["ratio_max"]), (0.5, 0.75, 1.0))
        self.assertIn("0.75 (0.50–1.00)", report.line(row))
        with tempfile.TemporaryDirectory() as folder:
            report.write_json([row], pathlib.Path(folder) / "out.json")
            self.assertIn('"against": "bare_grpc"', (pathlib.Path(folder) / "out.json").read_text())


if __name__ == "__main__":
    unittest.main()
