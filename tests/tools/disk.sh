#!/usr/bin/env bash
# What the program does when a disk is full or read-only, at whatever step: it says so, exits with the
# right code, leaves each published mart whole, and the next run publishes the undisturbed bytes.
#
#     disk.sh JOURNEYMART FOLDER
#
# The repository must be the current folder. A small disk is mounted in a namespace of its own.
set -euo pipefail
[ "${3:-}" = inside ] || exec unshare --map-root-user --mount "$0" "$1" "$2" inside
journeymart=$1 folder=$2
rm -rf "$folder"
mkdir -p "$folder/project" "$folder/disk"
cp -r pipelines sql "$folder/project/"
cd "$folder"
mount -t tmpfs -o size=64m tmpfs disk

# run MARTS OPTIONS...: the exit code is in `code`.
run() {
    export MARTS=$folder/$1
    shift
    code=0
    "$journeymart" run --project-dir project project/pipelines/customer_journey.yaml --quiet "$@" \
        >/dev/null 2>run.log || code=$?
}

digests() { (cd "$1" && sha256sum ./*.parquet); }

wrong() {
    echo "$1: exit code $code"
    cat run.log
    exit 1
}

# says CODE MESSAGE WHAT: how the last run must have ended.
says() {
    [[ $code =~ ^($1)$ ]] && grep -q "$2" run.log || wrong "$3"
    digests disk/marts | grep -vxF -f old.sha256 -f new.sha256 && wrong "$3: a mart is neither old nor new"
    echo "$3: exit code $code, $(head -n 1 run.log)"
}

converges() {
    run disk/marts
    digests disk/marts | diff - new.sha256 || wrong "the next run publishes other bytes"
}

# restore [KILOBYTES]: the old marts are published, and so much of the disk is free.
restore() {
    rm -rf disk/* project/.journeymart
    cp -r old disk/marts
    [ $# = 0 ] || head -c $(($(stat --file-system --format '%a * %S / 1024 - '"$1" disk)))k \
        /dev/zero >disk/filler
}

run old --param as_of_date=2026-05-31
digests old >old.sha256
run new
digests new >new.sha256

# Marts are written twice, as version and as stable files: a run fails in between too.
needed=$((2 * $(du --summarize --apparent-size --block-size=1k new | cut -f 1)))
for tenths in 0 1 3 5 7 9; do
    free=$((needed * tenths / 10))
    restore "$free"
    run disk/marts
    [ "$code" = 0 ] || says '1|75' "no space is left on the device" "$free kB free"
    rm disk/filler
    converges
done

restore
mount -o remount,ro "$folder/disk"
run disk/marts
says 2 "the file system is read-only" "read-only marts"
digests disk/marts | diff - old.sha256
mount -o remount,rw "$folder/disk"
converges

restore 0
ln -s ../disk project/.journeymart
run disk/marts
says 1 "No space left on device" "full work folder"
mount -o remount,ro "$folder/disk"
run disk/marts
says 1 "intermediate results on disk: Read-only file system" "read-only work folder"
digests disk/marts | diff - old.sha256
mount -o remount,rw "$folder/disk"
rm disk/filler
converges
