#!/usr/bin/env bash
# What no export is: lines of gigabytes, nesting without end, bombs, garbage. Each ends in a message that
# names the file, with the documented exit code and within a bound on memory; a long export of many small
# rows loads within that bound too.
#
#     hostile.sh JOURNEYMART FOLDER [MEGABYTES]
#
# MEGABYTES is the size of the long line and a fifth of the long export: 2048 by default, which needs
# 20 GB of disk.
set -euo pipefail
journeymart=$(realpath "$1") folder=$2 megabytes=${3:-2048}
# What the process may hold at its peak, in MB. The engine's own limit is a part of it.
bound=512 memory_limit=256MB
rm -rf "$folder"
mkdir -p "$folder/exports" "$folder/project/pipelines" "$folder/project/sql/marts"
cd "$folder"

cat >project/sql/marts/counted.sql <<'SQL'
select
    count(*) as row_count,
    count(id) as id_count
from raw.hostile
SQL

# source_of FORMAT LINES...: the pipeline whose only source has this format, and further keys.
source_of() {
    local format=$1
    shift
    {
        printf '%s\n' 'version: 1' 'pipeline: hostile' 'timezone: UTC' 'currency: EUR'
        printf 'params: {as_of_date: {type: date, default: 2026-06-30}}\n'
        printf 'locations: {marts: %s/marts, exports: %s/exports}\n' "$PWD" "$PWD"
        printf 'sources:\n  hostile:\n    path: "{exports}/*"\n    format: %s\n' "$format"
        printf '    columns: {id: {type: string}, amount: {type: "decimal(18,2)"}, at: {type: timestamp}, note: {type: string}}\n'
        printf '    drift: {missing: accept}\n'
        [ $# = 0 ] || printf '    %s\n' "$@"
    } >project/pipelines/hostile.yaml
}

# measured COMMAND...: runs it; its exit code is in `code`, its peak memory in MB in `peak`.
measured() {
    code=0
    python3 - "$@" 2>run.log >run.out <<'PY' || code=$?
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
open("peak", "w").write(str(peak))
sys.exit(code if code >= 0 else 128 - code)
PY
    peak=$(cat peak)
}

failed=0
# ends NAME CODE MESSAGE COMMAND...: how it must end.
ends() {
    local name=$1 expected=$2 message=$3 started=$SECONDS
    shift 3
    measured "$@"
    printf '%-28s exit %-3s %5s MB %4s s  %s\n' \
        "$name" "$code" "$peak" $((SECONDS - started)) "$(cat run.log run.out | head -n 1 | cut -c -160)"
    [[ $code =~ ^($expected)$ ]] && [ "$peak" -le "$bound" ] && grep -q "$message" run.log run.out &&
        { [ "$code" = 0 ] || grep -q 'help: ' run.log; } && return
    echo "  expected exit $expected, at most $bound MB, help, and: $message"
    head -n 20 run.log
    failed=1
}

loads() {
    rm -rf project/.journeymart marts
    ends "$1" "$2" "$3" "$journeymart" run --project-dir project --memory-limit "$memory_limit" --quiet
}

# Looking at it must be as safe.
looks() {
    ends "$1, infer" '[0124]' '' "$journeymart" infer "$PWD/exports"
}

only() { rm -f exports/*; }

# long_of MEGABYTES LETTER
long_of() { head -c "$1M" /dev/zero | tr '\0' "$2"; }
long() { long_of "$megabytes" "$1"; }

# One endless line, as text and packed, for each way to cut records.
only
long x >exports/line.txt
for format in csv ndjson json; do
    source_of "$format"
    case $format in
    json) loads "a long line, $format" 1 '`x` is not expected here' ;;
    *) loads "a long line, $format" 1 '`.*line.txt` holds a record of more than 32 MiB at byte 0' ;;
    esac
done
source_of lines 'lines: {pattern: "(?<id>.*)"}'
loads "a long line, lines" 1 '`.*line.txt` holds a record of more than 32 MiB at byte 0'
looks "a long line"
only
{ echo 'id,amount'; echo '1,2.50'; printf '2,"'; long y; } | gzip -1 >exports/quoted.csv.gz
source_of csv
loads "an open quote, packed" 1 '`.*quoted.csv.gz` holds a record of more than 32 MiB at byte 17'
looks "an open quote, packed"
only
{ printf '[{"id": "'; long z; } >exports/text.json
source_of json
loads "an endless text, json" 1 '`.*text.json` holds a record of more than 32 MiB at byte 1'
looks "an endless text, json"
only
truncate -s "${megabytes}M" exports/sparse.csv
source_of csv
loads "nothing but zeros" 1 'sparse.csv` holds a record of more than 32 MiB at byte 0'

# Nesting: a line, a document, a cell.
nested() { head -c "$1" /dev/zero | tr '\0' '['; head -c "$1" /dev/zero | tr '\0' ']'; }
for depth in 10000 1000000; do
    only
    { printf '{"id": "1"}\n{"id": '; nested $depth; printf '}\n'; } >exports/deep.ndjson
    source_of ndjson
    loads "$depth deep, a line" 4 'deep.ndjson:2: invalid JSON: nested more than 256 deep'
    looks "$depth deep, a line"
    only
    { printf '[{"id": "1"},\n{"id": '; nested $depth; printf '}]\n'; } >exports/deep.json
    source_of json
    loads "$depth deep, a document" 4 'deep.json:2: invalid JSON: nested more than 256 deep'
    looks "$depth deep, a document"
done

# Bombs. Zeros are a record that never ends; rows are what a bomb for a loader would hold.
only
head -c "${megabytes}M" /dev/zero | gzip -9 >exports/zeros.csv.gz
source_of csv
loads "zeros, gzip" 1 'zeros.csv.gz` holds a record of more than 32 MiB at byte 0'
only
head -c 256M < <(yes "$(long_of 1 x | head -c 1023)") | xz -1 >stream
for _ in $(seq 16); do cat stream; done >exports/rows.csv.xz
loads "rows, xz" 1 'rows.csv.xz` unpacks to more than 1000 times its size'
looks "rows, xz"

# The same in a zip archive and in a workbook: a member of rows, a sheet and texts of nothing but markup.
only
python3 - exports/rows.zip exports/sheet.xlsx exports/texts.xlsx <<'PY'
import sys, zipfile

def bomb(path, name, start, piece, others=()):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for other, text in others:
            archive.writestr(other, text)
        with archive.open(name, "w", force_zip64=True) as member:
            member.write(start)
            for _ in range(1024):
                member.write(piece * ((1 << 20) // len(piece)))

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
book = [
    ("[Content_Types].xml", "<Types/>"),
    ("xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'),
    ("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" '
        f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'),
]
sheet = f'<worksheet xmlns="{MAIN}"><sheetData>'.encode()
rows, names, texts = sys.argv[1:]
bomb(rows, "a.csv", b"id\n", b"x" * 1023 + b"\n")
bomb(names, "xl/worksheets/sheet1.xml", sheet, b"<row></row>", book)
bomb(texts, "xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">'.encode(), b"<si><t>x</t></si>",
     book + [("xl/worksheets/sheet1.xml", sheet + b"</sheetData></worksheet>")])
PY
for workbook in sheet texts; do mv "exports/$workbook.xlsx" .; done
# Deflate comes to about a thousand at most: on either side of the limit, memory is bounded.
loads "rows, zip" '[01]' ''
looks "rows, zip"
source_of xlsx
for workbook in sheet texts; do
    only
    mv "$workbook.xlsx" exports/
    loads "a workbook of $workbook" 1 "$workbook.xlsx"
    looks "a workbook of $workbook"
done

# Garbage: columns without end, in the header and in a record; noise.
only
source_of csv
{ printf id; head -c 10M /dev/zero | tr '\0' ','; echo; echo 1; } >exports/wide.csv
loads "ten million columns" 1 'the header names more than 100000 columns'
looks "ten million columns"
only
{ echo id; echo 1; head -c 10M /dev/zero | tr '\0' ','; echo x; } >exports/wide.csv
loads "ten million fields" 4 'wide.csv:3: 100001 fields instead of 1'
only
head -c 64M /dev/urandom >exports/noise.csv
loads "noise" 1 'noise.csv'
looks "noise"

# Few bytes, many rows: too many out of one record, a long value in each, and as many as may be.
ones() { head -c "$1" < <(yes 1, | tr -d '\n'); }
source_of ndjson 'json: {explode: id}'
only
{ printf '{"id": ['; ones 24M; printf '1]}\n'; } >exports/rows.ndjson
loads "rows out of one record" 4 'rows.ndjson:1: invalid JSON: more than 4000000 values in one record'
only
{ printf '{"note": "'; long_of 8 n; printf '", "id": ['; ones 2000; printf '1]}\n'; } >exports/rows.ndjson
loads "a long value in each row" 1 'the cells of 1001 rows come to more than 256 MiB of text'
only
head -n 12000 < <(yes "{\"id\": [$(ones 2000)1]}") >exports/rows.ndjson
loads "rows out of many records" 0 ''

# What does load: a long export of small rows.
only
awk 'BEGIN {
    for (row = 1; row <= 200000; row++)
        printf "order-%08d,%d.%02d,2026-%02d-%02dT%02d:%02d:00Z,\"line %d of\n an order, no. %d\"\r\n",
            (row * 7919) % 100000000, row % 900, row % 100, row % 12 + 1, row % 28 + 1, row % 24, row % 60, row, row * 31
}' >block.csv
size=$(stat -c %s block.csv)
blocks=$((megabytes * 5 * 1048576 / size + 1))
printf 'id,amount,at,note\r\n' | gzip >exports/long.csv.gz
gzip -6 -c block.csv >block.csv.gz
for _ in $(seq "$blocks"); do cat block.csv.gz; done >>exports/long.csv.gz
rm block.csv block.csv.gz
source_of csv
loads "$((blocks * size / 1048576)) MB of gzip CSV" 0 ''
rows=$("$journeymart" query --project-dir project --output json \
    'select row_count from marts.counted' --published)
if [ "$rows" != "[{\"row_count\":$((blocks * 200000))}]" ]; then
    echo "  loaded $rows instead of $((blocks * 200000))"
    failed=1
fi
exit "$failed"
