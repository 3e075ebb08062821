# Starts stand-ins for S3 and Azure on this machine and exports where the tests find them:
#
#     source tests/servers/start.sh && cargo test --test it publish && stop_servers
#
#   JOURNEYMART_TEST_S3         moto: honours "create only if absent"
#   JOURNEYMART_TEST_AZURE      Azurite
#   JOURNEYMART_TEST_UNSAFE_S3  s3rver: ignores it, and so must be refused
#
# Tools are installed once, from PyPI and npm, into target/servers. A server that cannot be installed
# or started is an error: whoever sources this wants these tests.

MOTO_VERSION=5.2.5
AZURITE_VERSION=3.35.0
S3RVER_VERSION=3.7.1

servers_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
servers_home=${CARGO_TARGET_DIR:-$servers_dir/../../target}/servers
server_pids=()

stop_servers() {
    if [ ${#server_pids[@]} -gt 0 ]; then
        kill "${server_pids[@]}" 2>/dev/null || true
        wait "${server_pids[@]}" 2>/dev/null || true
        server_pids=()
    fi
    return 0
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_server NAME PORT COMMAND...: runs the command and waits until the port answers.
start_server() {
    local name=$1 port=$2
    shift 2
    "$@" >"$servers_home/$name.log" 2>&1 &
    server_pids+=($!)
    for _ in $(seq 150); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return 0
        kill -0 "${server_pids[-1]}" 2>/dev/null || break
        sleep 0.2
    done
    echo "$name did not start:" >&2
    tail -n 20 "$servers_home/$name.log" >&2
    return 1
}

install_servers() {
    mkdir -p "$servers_home/data"
    if [ ! -x "$servers_home/python/bin/moto_server" ]; then
        python3 -m venv "$servers_home/python" &&
            "$servers_home/python/bin/pip" install --quiet "moto[server,s3]==$MOTO_VERSION" || return 1
    fi
    if [ ! -x "$servers_home/node_modules/.bin/azurite-blob" ]; then
        npm install --prefix "$servers_home" --silent --no-audit --no-fund \
            "azurite@$AZURITE_VERSION" "s3rver@$S3RVER_VERSION" || return 1
    fi
}

start_servers() {
    local port bin=$servers_home/node_modules/.bin

    port=$(free_port)
    start_server moto "$port" "$servers_home/python/bin/moto_server" -H 127.0.0.1 -p "$port" || return 1
    curl --silent --show-error --fail --request PUT "http://127.0.0.1:$port/journeymart" || return 1
    export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
    export AWS_ENDPOINT_URL=http://127.0.0.1:$port AWS_ALLOW_HTTP=true
    export JOURNEYMART_TEST_S3=s3://journeymart/test

    port=$(free_port)
    start_server azurite "$port" "$bin/azurite-blob" --silent --disableTelemetry \
        --skipApiVersionCheck --inMemoryPersistence --blobPort "$port" || return 1
    export AZURE_STORAGE_USE_EMULATOR=true AZURITE_BLOB_STORAGE_URL=http://127.0.0.1:$port
    python3 "$servers_dir/create_container.py" "$AZURITE_BLOB_STORAGE_URL" journeymart || return 1
    export JOURNEYMART_TEST_AZURE=az://journeymart/test

    port=$(free_port)
    rm -rf "$servers_home/data/s3rver"
    mkdir -p "$servers_home/data/s3rver/journeymart"
    start_server s3rver "$port" "$bin/s3rver" --silent --address 127.0.0.1 --port "$port" \
        --directory "$servers_home/data/s3rver" --no-vhost-buckets || return 1
    export JOURNEYMART_TEST_UNSAFE_S3=http://127.0.0.1:$port/journeymart
}

install_servers && start_servers || {
    stop_servers
    false
}
