#!/usr/bin/env bash
# The same through the program on every kind of store: a run reads and publishes the same bytes on S3
# as on a local disk, and of two runs at once one commits and the other exits with 5.
#
#     source tests/servers/start.sh && tests/tools/stores.sh JOURNEYMART FOLDER
#
# The repository must be the current folder.
set -euo pipefail
journeymart=$1 folder=$2
rm -rf "$folder"
mkdir -p "$folder"
bucket=$JOURNEYMART_TEST_S3/tools-$$
# Where HTTP finds what is stored under s3://.
http=$AWS_ENDPOINT_URL/${bucket#s3://}

request() {
    curl --silent --show-error --fail --aws-sigv4 "aws:amz:$AWS_REGION:s3" \
        --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" "$@"
}

mkdir "$folder/project"
cp -r pipelines sql "$folder/project/"

# run EXPORTS MARTS: a whole run.
run() {
    EXPORTS=$1 MARTS=$2 "$journeymart" run --project-dir "$folder/project" \
        "$folder/project/pipelines/customer_journey.yaml" --full-refresh --quiet >/dev/null
}

run "$PWD/pipelines/demo/exports" "$folder/marts"
(cd pipelines/demo/exports && find . -type f -printf '%P\n') | while read -r file; do
    request --upload-file "pipelines/demo/exports/$file" "$http/exports/$file"
done
run "$bucket/exports" "$bucket/marts"
for mart in "$folder"/marts/*.parquet; do
    request "$http/marts/${mart##*/}" | cmp - "$mart"
done
echo "S3: $(ls "$folder"/marts/*.parquet | wc -l) marts, byte for byte those of the local disk"

# race MARTS: two runs of one pipeline at once.
race() {
    local codes=() run
    run "$PWD/pipelines/demo/exports" "$1" 2>"$folder/one.log" &
    run "$PWD/pipelines/demo/exports" "$1" 2>"$folder/other.log" &
    for run in $(jobs -p); do
        wait "$run" && codes+=(0) || codes+=($?)
    done
    if [ "${codes[*]}" != "0 5" ] && [ "${codes[*]}" != "5 0" ]; then
        echo "two runs to $1 at once exited with ${codes[*]}"
        cat "$folder/one.log" "$folder/other.log"
        exit 1
    fi
    echo "$1: of two runs at once one committed, the other exited with 5"
}

race "$folder/race"
race "$bucket/race"
for mart in "$folder"/marts/*.parquet; do
    cmp "$mart" "$folder/race/${mart##*/}"
    request "$http/race/${mart##*/}" | cmp - "$mart"
done
