# A private PostgreSQL and Redis on free ports of 127.0.0.1, in a folder of their own. Sourced by run and services.
# They keep nothing: the folder goes when they stop. Servers that run on this machine already are left alone.

roles=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)/participants/tracks/roles.sql

say() { printf '%s\n' "$*" >&2; }

# The newest PostgreSQL whose server is installed.
postgres_bin() {
    local initdb
    initdb=$({ ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null || true; } | sort -V | tail -n 1)
    [ -n "$initdb" ] || initdb=$(command -v initdb || true)
    [ -n "$initdb" ] && dirname "$initdb"
}

# initdb and postgres refuse root.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else (cd / && "$@"); fi
}

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# start_postgres FOLDER: the cluster, the roles and the database; its port goes to FOLDER/postgres.port.
start_postgres() {
    local folder=$1 bin data=$1/postgres locale=C port attempt as_admin
    bin=$(postgres_bin) || { say "PostgreSQL's server is not installed (Debian: postgresql)."; return 1; }
    if locale -a 2>/dev/null | grep -qix 'c\.utf-\?8'; then locale=C.UTF-8; fi
    mkdir -m 700 "$data"
    if [ "$(id -u)" = 0 ]; then chown postgres "$data"; fi
    as_postgres "$bin/initdb" --pgdata="$data" --username=postgres --auth=trust --encoding=UTF8 \
        --locale="$locale" --no-sync >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; return 1; }
    for attempt in 1 2 3; do
        port=$(free_port)
        # Nothing here outlives the tests, so nothing waits for the disk.
        as_postgres "$bin/pg_ctl" --pgdata="$data" --log="$data/server.log" --wait --timeout=60 --silent \
            --options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories= \
                -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200" \
            start </dev/null >/dev/null 2>&1 && break
        if [ "$attempt" = 3 ]; then say "PostgreSQL did not start:"; tail -n 20 "$data/server.log" >&2; return 1; fi
    done
    echo "$port" >"$folder/postgres.port"
    # The very roles of production; the owner makes the test databases as well.
    as_admin=("$bin/psql" --no-psqlrc --quiet --host=127.0.0.1 --port="$port" --username=postgres --dbname=postgres
        --set=ON_ERROR_STOP=1)
    "${as_admin[@]}" --set=owner=diversion_owner --set=app=diversion_app --set=backup=diversion_backup \
        --set=database=diversion --file="$roles" >&2 || return 1
    "${as_admin[@]}" --command='ALTER ROLE diversion_owner CREATEDB' >&2
}

# start_redis FOLDER: its port goes to FOLDER/redis.port.
start_redis() {
    local folder=$1 port attempt wait
    command -v redis-server >/dev/null || { say "Redis is not installed (Debian: redis-server)."; return 1; }
    for attempt in 1 2 3; do
        port=$(free_port)
        redis-server --bind 127.0.0.1 --port "$port" --save '' --appendonly no --daemonize yes \
            --dir "$folder" --pidfile "$folder/redis.pid" --logfile "$folder/redis.log" </dev/null >/dev/null
        for wait in $(seq 50); do
            if [ -s "$folder/redis.pid" ] && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
                echo "$port" >"$folder/redis.port"
                return 0
            fi
            sleep 0.1
        done
    done
    say "Redis did not start:"
    tail -n 20 "$folder/redis.log" >&2
    return 1
}

postgres_pid() { head -n 1 "$1/postgres/postmaster.pid" 2>/dev/null; }
redis_pid() { head -n 1 "$1/redis.pid" 2>/dev/null; }

# is_ours PID WORD: the process lives and is still what was started (a number may have been given away).
is_ours() { [ -n "$1" ] && ps -o stat=,args= -p "$1" 2>/dev/null | grep -v '^Z' | grep -q "$2"; }

# stop_process PID WORD: an orderly end, by force after ten seconds.
stop_process() {
    local wait
    is_ours "$1" "$2" || return 0
    kill -INT "$1" 2>/dev/null || return 0
    for wait in $(seq 100); do
        is_ours "$1" "$2" || return 0
        sleep 0.1
    done
    kill -KILL "$1" 2>/dev/null || true
}

services_folder() {
    local folder
    folder=$(mktemp -d "${TMPDIR:-/tmp}/diversion-services.XXXXXX")
    chmod 711 "$folder"
    echo "$folder"
}

# start_services FOLDER: both or neither.
start_services() {
    if start_postgres "$1" && start_redis "$1"; then return 0; fi
    stop_services "$1"
    return 1
}

running_services() { is_ours "$(postgres_pid "$1")" postgres && is_ours "$(redis_pid "$1")" redis-server; }

stop_services() {
    case $1 in */diversion-services.??????) ;; *) return 0 ;; esac
    stop_process "$(redis_pid "$1")" redis-server
    stop_process "$(postgres_pid "$1")" postgres
    rm -rf "$1"
}

# The lines that a shell evaluates to use them.
services_environment() {
    local postgres redis
    postgres=$(cat "$1/postgres.port") redis=$(cat "$1/redis.port")
    echo "export DATABASE_URL=postgres://diversion_app@127.0.0.1:$postgres/diversion"
    echo "export DATABASE_OWNER_URL=postgres://diversion_owner@127.0.0.1:$postgres/diversion"
    echo "export DATABASE_BACKUP_URL=postgres://diversion_backup@127.0.0.1:$postgres/diversion"
    echo "export REDIS_URL=redis://127.0.0.1:$redis/0"
    echo "export REQUIRE_SERVICES=1"
}
