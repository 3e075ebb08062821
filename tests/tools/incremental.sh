#!/usr/bin/env bash
# Incremental runs give the same bytes as full ones: the exports of the demo world come in twelve drops,
# each run reuses what the one before it left, and its marts are compared with those of a run that
# starts from nothing. Then a day arrives late, then all months in random order, as delayed drops do, and
# then rows in random order in files that are split in seven and arrive in random order in three batches.
#
#     incremental.sh JOURNEYMART PYTHON EXPORTS FOLDER
#
# The repository must be the current folder.
set -euo pipefail
journeymart=$1 python=$2 exports=$3 folder=$4
rm -rf "$folder"
mkdir -p "$folder"
for project in warm cold; do
    mkdir -p "$folder/$project"
    cp -r pipelines sql "$folder/$project/"
    # Few rows of a month are bad, and yet more than a budget for whole years allows.
    sed -i -e '/^    max_bad_ratio:/d' -e 's/^    namespace: demo$/&\n    max_bad_ratio: 1/' \
        "$folder/$project/pipelines/customer_journey.yaml"
done

# command PROJECT COMMAND EXPORTS AS_OF OPTIONS...
command() {
    local project=$1 command=$2 from=$3 as_of=$4
    shift 4
    EXPORTS=$from MARTS=$folder/$project-marts "$journeymart" "$command" --quiet --threads 2 \
        --project-dir "$folder/$project" "$folder/$project/pipelines/customer_journey.yaml" \
        --param "as_of_date=$as_of" "$@"
}

digests() { (cd "$folder/$1-marts" && sha256sum ./*.parquet); }

# step NAME EXPORTS AS_OF [LOADS]: runs warm over the drop, and says what of the plan was reused. With
# LOADS so many sources are loaded at most, and the others reused.
step() {
    command warm plan "$2" "$3" --output json >"$folder/plan.json"
    command warm run "$2" "$3" --allow-shrink --allow-older >/dev/null
    "$python" -c '
import collections, json, sys
counts = collections.Counter(step["action"] for step in json.load(open(sys.argv[2]))["steps"])
print(f"{sys.argv[1]}:", ", ".join(f"{count} {action}" for action, count in sorted(counts.items())))
if len(sys.argv) > 3:
    assert counts["load"] <= int(sys.argv[3]) and counts["reuse"] > 0, "what did not change is loaded again"
' "$1" "$folder/plan.json" ${4:+"$4"}
}

# same NAME EXPORTS AS_OF: the warm marts are those of a run from nothing.
same() {
    rm -rf "$folder/cold/.journeymart" "$folder/cold-marts"
    command cold run "$2" "$3" --full-refresh >/dev/null
    if ! diff <(digests cold) <(digests warm) >"$folder/difference"; then
        echo "$1: the marts of the incremental run differ from those of a full one:"
        grep '^>' "$folder/difference"
        exit 1
    fi
    echo "$1: identical to a full run"
}

"$python" tests/tools/monthly_drops.py "$exports" "$folder/in_order" >/dev/null
for drop in 01 02 03 04 05 06 07 08 09 10 11 12; do
    as_of=$(date -d "2025-06-01 +$((10#$drop + 1)) month -1 day" +%F)
    step "drop $drop, as of $as_of" "$folder/in_order/$drop" "$as_of"
    same "drop $drop" "$folder/in_order/$drop" "$as_of"
done
# All drops together are the exports that were cut up.
same "all exports" "$exports" 2026-06-30

# One day of the web arrives after everything else: only its source is loaded again.
late=$folder/late
cp -r "$exports" "$late"
rm "$late/web/events_20260101.ndjson.gz"
step "without a day" "$late" 2026-06-30
cp "$exports/web/events_20260101.ndjson.gz" "$late/web/"
step "with the day" "$late" 2026-06-30 1
same "a day that came late" "$exports" 2026-06-30

rm -rf "$folder/warm/.journeymart" "$folder/warm-marts"
order=$("$python" tests/tools/monthly_drops.py "$exports" "$folder/shuffled" 1)
echo "months in the order $order"
for drop in 01 02 03 04 05 06 07 08 09 10 11 12; do
    step "drop $drop" "$folder/shuffled/$drop" 2026-06-30
done
same "months in random order" "$exports" 2026-06-30

rm -rf "$folder/warm/.journeymart" "$folder/warm-marts"
"$python" tests/tools/shuffle_exports.py "$exports" "$folder/split" 2 7
"$python" tests/tools/file_drops.py "$folder/split" "$folder/files" 2 3
for batch in 1 2 3; do
    step "batch $batch" "$folder/files/$batch" 2026-06-30
done
same "files in random order" "$exports" 2026-06-30
