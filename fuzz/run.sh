#!/usr/bin/env bash
# Fuzzes the doors of src/fuzzing with libFuzzer, guided by coverage, on the stable compiler.
#
#     fuzz/run.sh SECONDS [TARGET...]
#
# Only the product itself is instrumented: what it depends on comes from the target folder of the release
# build, so that nothing but the product and the targets is compiled. `cargo fuzz run -s none TARGET` works
# as well; it compiles everything. What was found lies in fuzz/artifacts: when the fault is mended, the file
# becomes a case of fuzz/corpus, which the tests replay. The same FUZZ_SEED tries the same inputs, FUZZ_RUNS
# of each target at most.
set -euo pipefail
seconds=$1
shift
cd "$(dirname "$0")"
[ $# -gt 0 ] || set -- csv date_templates dialect json timestamps
cp ../Cargo.lock .
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../target}
RUSTC_WRAPPER=$PWD/instrument.sh cargo build --release --bins
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
for target in "$@"; do
    mkdir -p "artifacts/$target" "$found/$target"
    if ! "$CARGO_TARGET_DIR/release/$target" -seed="${FUZZ_SEED:-1}" -runs="${FUZZ_RUNS:--1}" \
        -max_total_time="$seconds" -max_len=2048 -timeout=10 -rss_limit_mb=1024 \
        -artifact_prefix="artifacts/$target/" -print_final_stats=1 -verbosity=0 \
        "$found/$target" "corpus/$target" >"$found/$target.log" 2>&1; then
        tail -n 40 "$found/$target.log"
        exit 1
    fi
    runs=$(grep -o 'number_of_executed_units: *[0-9]*' "$found/$target.log" | grep -o '[0-9]*$')
    echo "$target: $runs inputs, $(find "$found/$target" -type f | wc -l) of them new ways"
done
