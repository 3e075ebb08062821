"""Opens every published mart with DuckDB and PyArrow and compares with the run's results.

    read_marts.py MARTS run_results.json

Row counts agree, time stamps are microseconds in UTC, no column depends on the run, and each file's
grain (in its own metadata) is unique and never null.
"""

import json
import os
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

RUN_COLUMNS = {"run_id", "loaded_at", "_file", "_line", "file_name", "published_at"}


def main(folder, results_file):
    with open(results_file) as file:
        results = json.load(file)
    failures = []

    def expect(holds, message):
        if not holds:
            failures.append(message)

    listed = {mart["name"].split(".", 1)[1]: mart for mart in results["marts"]}
    found = {name[: -len(".parquet")] for name in os.listdir(folder) if name.endswith(".parquet")}
    expect(found == set(listed), f"files {sorted(found)} are not the marts {sorted(listed)}")
    for name, mart in sorted(listed.items()):
        path = os.path.join(folder, f"{name}.parquet")
        table = pq.ParquetFile(path)
        rows = table.metadata.num_rows
        duck = duckdb.sql(f"select count(*) from '{path}'").fetchall()[0][0]
        expect(rows == mart["rows"], f"{name}: pyarrow sees {rows} rows, the run wrote {mart['rows']}")
        expect(duck == mart["rows"], f"{name}: DuckDB sees {duck} rows, the run wrote {mart['rows']}")
        for field in table.schema_arrow:
            expect(field.name not in RUN_COLUMNS, f"{name}.{field.name} depends on the run")
            if pa.types.is_timestamp(field.type):
                expect(field.type == pa.timestamp("us", tz="UTC"), f"{name}.{field.name} is {field.type}")
            expect(not pa.types.is_nested(field.type), f"{name}.{field.name} is nested")
        metadata = table.metadata.metadata or {}
        grain = next((value for key, value in metadata.items() if key.decode().endswith("grain")), b"[]")
        keys = json.loads(grain)
        if keys:
            quoted = ", ".join(f'"{key}"' for key in keys)
            nulls = " or ".join(f'"{key}" is null' for key in keys)
            repeated = duckdb.sql(
                f"select count(*) from (select {quoted} from '{path}' group by all having count(*) > 1)"
            ).fetchall()[0][0]
            missing = duckdb.sql(f"select count(*) from '{path}' where {nulls}").fetchall()[0][0]
            expect(repeated == 0 and missing == 0, f"{name}: grain {keys}: {repeated} repeated, {missing} null")
        print(f"{name}: {rows} rows, grain ({', '.join(keys)})")
    for failure in failures:
        print(f"FAILED {failure}")
    sys.exit(1 if failures else 0)


main(*sys.argv[1:])
