#!/usr/bin/env bash
# Laws that small worlds cannot break, because they fit in one batch: the published bytes are the same
# over threads, batch sizes, and the order and number of the input files. What they say is compared
# with the truth of the world first.
#
#     laws.sh JOURNEYMART PYTHON FOLDER CUSTOMERS [EVENTS_PER_CUSTOMER]
#
# The repository must be the current folder. 20,000 customers make a million events.
set -euo pipefail
journeymart=$1 python=$2 folder=$3 customers=$4 events=${5:-50}
rm -rf "$folder"
mkdir -p "$folder/project"
cp -r pipelines sql "$folder/project/"
"$journeymart" demo "$folder/world" --customers "$customers" --months 12 --seed 7 --events-per-customer "$events"

# run NAME EXPORTS OPTIONS...: publishes to FOLDER/NAME without any reuse and prints the digests.
run() {
    local name=$1 exports=$2
    shift 2
    rm -rf "$folder/project/.journeymart"
    EXPORTS=$exports MARTS=$folder/$name "$journeymart" run --project-dir "$folder/project" \
        "$folder/project/pipelines/customer_journey.yaml" --full-refresh --quiet "$@" >/dev/null
    (cd "$folder/$name" && sha256sum ./*.parquet) >"$folder/$name.sha256"
}

same() {
    if ! diff -q "$folder/first.sha256" "$folder/$1.sha256" >/dev/null; then
        echo "the marts of $1 differ from the first:"
        diff "$folder/first.sha256" "$folder/$1.sha256" | grep '^>' || true
        exit 1
    fi
    rm -rf "${folder:?}/$1"
    echo "$1: identical"
}

# answer NAME PIPELINE SQL: asks the first run's world.
answer() {
    EXPORTS=$folder/world/exports MARTS=$folder/first "$journeymart" query --project-dir "$folder/project" \
        "$folder/project/pipelines/$2.yaml" --quiet --output json "$3" >"$folder/$1.json"
}
identities='select id_type, id_value, customer_id from core.identities'

run first "$folder/world/exports" --threads 2 --batch-size 8192
answer identities customer_journey "$identities"
answer cells customer_journey 'select * from quarantine.cells'
answer rows customer_journey 'select * from quarantine.rows'
# The same with the guard of shared devices on.
sed 's/^journeys:$/identity: {stitch: last_user}\n\njourneys:/' \
    "$folder/project/pipelines/customer_journey.yaml" >"$folder/project/pipelines/guarded.yaml"
answer guarded guarded "$identities"
"$python" tests/truth/verify.py "$folder/first" "$folder/world/truth" \
    --exports "$folder/world/exports" --results "$folder"/project/.journeymart/runs/*/run_results.json \
    --cells "$folder/cells.json" --rows "$folder/rows.json" \
    --identities "$folder/identities.json" --guarded "$folder/guarded.json"
for threads in 1 2 8; do
    for batch in 1000 8192; do
        run "threads-$threads-batch-$batch" "$folder/world/exports" --threads "$threads" --batch-size "$batch"
        same "threads-$threads-batch-$batch"
    done
done
for seed in 1 2 3; do
    "$python" tests/tools/shuffle_exports.py "$folder/world/exports" "$folder/shuffled" "$seed"
    run "shuffle-$seed" "$folder/shuffled" --threads 2
    same "shuffle-$seed"
done
