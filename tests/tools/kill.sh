#!/usr/bin/env bash
# Kills runs at random moments, as a machine that goes down would. After each kill the published marts
# are whole, old or new, and the next run publishes the bytes of an undisturbed one.
#
#     kill.sh JOURNEYMART EXPORTS FOLDER COUNT [SEED]
#
# EXPORTS is those of a demo world. The repository must be the current folder.
set -euo pipefail
journeymart=$1 exports=$2 folder=$3 count=$4 seed=${5:-1}
rm -rf "$folder"
mkdir -p "$folder/project"
cp -r pipelines sql "$folder/project/"
cd "$folder"

# run MARTS OPTIONS...: becomes the program, so that a kill hits it and nothing else.
run() {
    export EXPORTS=$exports MARTS=$folder/$1
    shift
    exec "$journeymart" run --project-dir project project/pipelines/customer_journey.yaml --quiet "$@" \
        >/dev/null 2>run.log
}

digests() { (cd "$1" && sha256sum ./*.parquet); }

(run old --param as_of_date=2026-05-31)
digests old >old.sha256
rm -rf project/.journeymart
started=$(date +%s%N)
(run new)
milliseconds=$((($(date +%s%N) - started) / 1000000))
digests new >new.sha256

RANDOM=$seed
committed=0 killed=0
for number in $(seq "$count"); do
    rm -rf project/.journeymart marts
    cp -r old marts
    after=$(((RANDOM * 32768 + RANDOM) % milliseconds))
    run marts &
    pid=$!
    sleep "$((after / 1000)).$(printf '%03d' $((after % 1000)))"
    kill -9 "$pid" 2>/dev/null && killed=$((killed + 1))
    wait "$pid" 2>/dev/null || true
    if digests marts | grep -vxF -f old.sha256 -f new.sha256; then
        echo "kill $number after $after ms: a published mart is neither the old one nor the new"
        exit 1
    fi
    [ ! -e marts/_journeymart/commits/00000000000000000002.json ] || committed=$((committed + 1))
    if ! (run marts); then
        echo "kill $number after $after ms: the next run failed"
        cat run.log
        exit 1
    fi
    if ! digests marts | diff - new.sha256; then
        echo "kill $number after $after ms: the next run publishes other bytes"
        exit 1
    fi
    echo "kill $number after $after ms: converged"
done
echo "$killed of $count runs were killed within $milliseconds ms, $committed had committed; all converged"
