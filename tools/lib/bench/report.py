"""Results: a table, a plot, JSON."""

import json
import pathlib
import statistics
import subprocess

AGAINST = ("bare_grpc", "pgbench", "pgbench_batched")


def _median(values) -> float:
    return statistics.median(list(values) or [0])


def summary(rpc: str, in_flight: int, rounds: list) -> dict:
    """One row of all repetitions: what the product did, and the ratios to what ran beside it in the same repetition."""
    products = [each["product"] for each in rounds]
    loads = [part for each in rounds for part in each.values() if "errors" in part]
    row = {"rpc": rpc, "in_flight": in_flight, "repetitions": len(rounds),
           "noisy": sum(part["noisy"] for each in rounds for part in each.values()),
           "errors": sum(part["errors"] for part in loads),
           "first_error": next((part["first_error"] for part in loads if part["errors"]), ""),
           "rps": sorted(product["rps"] for product in products),
           "rps_median": round(_median(product["rps"] for product in products), 1),
           "p50_us": round(_median(product["p50_us"] for product in products)),
           "p99_us": round(_median(product["p99_us"] for product in products)),
           "cpu_us": {name: round(_median(product["cpu_us"][name] for product in products), 1)
                      for name in products[0]["cpu_us"]},
           "against": {}}  # fmt: skip
    for against in AGAINST:
        ratios = [each["product"]["rps"] / each[against]["rps"] for each in rounds if against in each]
        if ratios:
            row["against"][against] = {
                "ratio_median": round(_median(ratios), 3), "ratio_min": round(min(ratios), 3),
                "ratio_max": round(max(ratios), 3),
                "rps_median": round(_median(each[against]["rps"] for each in rounds), 1),
                "p50_us": round(_median(each[against]["p50_us"] for each in rounds))}  # fmt: skip
    return row


HEADINGS = (f"{'rpc':<21}{'in flight':>9}  {'req/s min':>9}{'median':>8}{'max':>8}{'p50 µs':>8}{'p99 µs':>8}"
            f"  {'CPU µs: server':>14}{'postgres':>9}{'client':>7}  ratios: median (min–max)")  # fmt: skip


def line(row: dict) -> str:
    cpu = row["cpu_us"]
    ratios = "  ".join(f"{name} {each['ratio_median']:.2f} ({each['ratio_min']:.2f}–{each['ratio_max']:.2f})"
                       for name, each in row["against"].items())  # fmt: skip
    if "open" in row:
        ratios += f"  open loop at {row['open']['rps']:.0f}/s: p50 {row['open']['p50_us']}, p99 {row['open']['p99_us']} µs"
    marks = f"  noisy {row['noisy']}" if row["noisy"] else ""
    marks += f"  errors {row['errors']}: {row['first_error']}" if row["errors"] else ""
    return (f"{row['rpc']:<21}{row['in_flight']:>9}  {row['rps'][0]:>9.0f}{row['rps_median']:>8.0f}{row['rps'][-1]:>8.0f}"
            f"{row['p50_us']:>8}{row['p99_us']:>8}  {cpu['server']:>14.0f}{cpu['postgres']:>9.0f}{cpu['client']:>7.0f}"
            f"  {ratios}{marks}")  # fmt: skip


def write_json(rows: list, path: pathlib.Path) -> None:
    shared = ("rpc", "in_flight", "rps_median", "p50_us", "p99_us", "cpu_us")
    flat = [{**{name: row[name] for name in shared}, "against": against,
             **{name: ratios[name] for name in ("ratio_median", "ratio_min", "ratio_max")}}
            for row in rows for against, ratios in row["against"].items()]  # fmt: skip
    path.write_text(json.dumps(flat, indent=2) + "\n")


PLOT = """set terminal svg size 900,{height} font "sans-serif,11"
set output "{path}"
set style fill solid
set boxwidth 0.7
set grid xtics
set yrange [{count}:-1] noreverse
set xrange [0:*]
set xlabel "requests a second, as a part of what ran beside it (line: minimum to maximum)"
set arrow from 1, graph 0 to 1, graph 1 nohead
set key outside top
$ratios << EOD
{data}
EOD
plot {bars}, \\
  $ratios using 2:1:3:4 with xerrorbars linecolor "black" pointtype 0 notitle
"""


def plot(rows: list, path: pathlib.Path) -> None:
    """The ratios as bars: median, with minimum and maximum."""
    data, place = [], 0
    for row in rows:
        for against, ratios in row["against"].items():
            values = [ratios[name] for name in ("ratio_median", "ratio_min", "ratio_max")]
            data.append(" ".join(map(str, [place, *values, AGAINST.index(against), f'"{row["rpc"]} x {row["in_flight"]}"'])))
            place += 1
    bars = ", ".join(
        f"$ratios using ($5=={n}?$2/2:1/0):1:($2/2):(0.35):yticlabel(6) with boxxyerror title \"{name}\" noenhanced"
        for n, name in enumerate(AGAINST)
    )
    script = PLOT.format(path=path, height=120 + 22 * place, count=place, data="\n".join(data), bars=bars)
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
