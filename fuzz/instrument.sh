#!/usr/bin/env bash
# rustc for `run.sh`: with libFuzzer's counters in the product's own code.
if [[ " $* " == *" --crate-name journeymart "* ]]; then
    set -- "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
        -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
fi
exec "$@"
