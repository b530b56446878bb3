# shellcheck shell=bash
# Shared by the commands of deploy/local. Sourced, never run.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

# Everything that a local stack writes lives here. Another folder (and other ports) makes a second stack beside the first.
state=${TOCSIN_LOCAL_DIR:-$root/.local}
configuration=${TOCSIN_BUILD:-release}
export TOCSIN_GATEWAY_PORT=${TOCSIN_GATEWAY_PORT:-8080}
export TOCSIN_CONSOLE_PORT=${TOCSIN_CONSOLE_PORT:-8081}
postgres_port=${TOCSIN_POSTGRES_PORT:-5433}
admin_base=${TOCSIN_ADMIN_BASE_PORT:-9100}

# shellcheck disable=SC2034 # used by those who source this
services=(ingest-gateway alert-grouper notifier metrics-aggregator doc-publisher console)

say() { printf '%s\n' "$*"; }
step() { printf '==> %s\n' "$*"; }
# die MESSAGE MEND: one line for what is wrong, one for what to do.
die() {
    printf 'tocsin: %s\n' "$1" >&2
    [ -z "${2:-}" ] || printf '        mend: %s\n' "$2" >&2
    exit 1
}

# Each service's admin port has its own variable; the default is the base plus its place in the list.
admin_port() {
    case $1 in
        ingest-gateway) echo "${TOCSIN_GATEWAY_ADMIN_PORT:-$admin_base}" ;;
        alert-grouper) echo "${TOCSIN_GROUPER_ADMIN_PORT:-$((admin_base + 1))}" ;;
        notifier) echo "${TOCSIN_NOTIFIER_ADMIN_PORT:-$((admin_base + 2))}" ;;
        metrics-aggregator) echo "${TOCSIN_METRICS_ADMIN_PORT:-$((admin_base + 3))}" ;;
        doc-publisher) echo "${TOCSIN_DOCS_ADMIN_PORT:-$((admin_base + 4))}" ;;
        console) echo "${TOCSIN_CONSOLE_ADMIN_PORT:-$((admin_base + 5))}" ;;
    esac
}

# The port that a process serves its users on, besides the admin port; empty for most.
public_port() {
    case $1 in
        ingest-gateway) echo "$TOCSIN_GATEWAY_PORT" ;;
        console) echo "$TOCSIN_CONSOLE_PORT" ;;
    esac
}

# --- Packages -------------------------------------------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# need_packages PACKAGE...: installs what is missing, from Debian only.
need_packages() {
    missing=()
    local package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "these Debian packages are missing: ${missing[*]}" "install them with your package manager"
    # Here and not in as_root, whose output goes to a log.
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
        die "installing packages needs root and there is no sudo" "run as root: apt-get install -y ${missing[*]}"
    step "installing Debian packages: ${missing[*]}"
    mkdir -p "$state/log"
    local log="$state/log/apt.log"
    # The lists may be absent on a fresh machine; a failing update matters only if the install then fails.
    as_root apt-get update >"$log" 2>&1 || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 ||
        die "apt-get install ${missing[*]} failed: $(tail -n 1 "$log")" "see $log"
}

# --- Build ----------------------------------------------------------------------------------------------------------------

build_folder() { echo "$root/.build/$configuration"; }

# Builds every program, with progress on one line (a terminal) or a line now and then (a file).
build() {
    command -v swift >/dev/null || die "there is no Swift toolchain" "install Swift 6.2 or later from https://www.swift.org/install/linux"
    local log="$state/log/build.log" begun=$SECONDS
    mkdir -p "$state/log"
    step "building ($configuration) on $(nproc) cores; the first build takes some minutes"
    set +e
    swift build -c "$configuration" 2>&1 | tee "$log" | progress
    local outcome=${PIPESTATUS[0]}
    set -e
    [ "$outcome" = 0 ] || die "the build failed: $(grep -m1 -E 'error' "$log")" "see $log"
    say "    built in $((SECONDS - begun)) s"
}

progress() {
    local line shown=$SECONDS
    while IFS= read -r line; do
        [[ $line == \[* ]] || continue
        if [ -t 1 ]; then
            printf '\r    %-75.75s' "$line"
        elif [ $((SECONDS - shown)) -ge 30 ]; then
            say "    $line"
            shown=$SECONDS
        fi
    done
    [ ! -t 1 ] || printf '\r%-80s\r' ''
}

# Of what swift test prints: everything but the lines of tests that passed. Fails when it failed.
show_tests() {
    awk '/Test run with/ { print; next } /^(\[|◇ |✔ Test |✔ Suite |$)/ { next } { print; fflush() }'
}

# --- Processes ------------------------------------------------------------------------------------------------------------

pid_of() { cat "$state/run/$1.pid" 2>/dev/null || true; }

# is_running NAME: its pid file names a live process that really is this program (a pid may have been given to another since).
is_running() {
    local pid
    pid=$(pid_of "$1")
    [ -n "$pid" ] && [ -d "/proc/$pid" ] && [ "$(tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | head -n 1 | sed 's|.*/||')" = "$1" ]
}

port_in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# require_free_port PORT VARIABLE WHAT
require_free_port() {
    port_in_use "$1" || return 0
    local holder
    holder=$(ss -ltnpH "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1, pid \2/p' | head -n 1)
    die "port $1 for $3 is in use${holder:+ by $holder}" "stop that program, or choose another port: $2=PORT deploy/local/up"
}

# start NAME COMMAND...: in the background, detached from this shell, its output to the log.
start() {
    local name=$1
    shift
    mkdir -p "$state/run" "$state/log"
    # 9 is the lock of this command: a service must not keep it.
    setsid nohup "$@" >>"$state/log/$name.log" 2>&1 </dev/null 9>&- &
    echo $! >"$state/run/$name.pid"
}

# stop NAME [SECONDS]: asks, waits, then kills.
stop() {
    local name=$1 patience=${2:-15} pid
    if is_running "$name"; then
        pid=$(pid_of "$name")
        kill -TERM "$pid" 2>/dev/null || true
        for _ in $(seq $((patience * 10))); do
            [ -d "/proc/$pid" ] || break
            sleep 0.1
        done
        [ ! -d "/proc/$pid" ] || kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -f "$state/run/$name.pid" "$state/run/$name.started"
}

http_ok() { curl -fsS -o /dev/null --max-time 2 "$1" 2>/dev/null; }

# --- PostgreSQL -----------------------------------------------------------------------------------------------------------

pg_bin() {
    local folder
    folder=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
    [ -n "$folder" ] || die "PostgreSQL's server programs are missing" "apt-get install -y postgresql"
    echo "$folder"
}

# initdb refuses to run as root: then the server runs as Debian's user postgres.
pg_as() {
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# Where the data lives: in the state folder, or, where user postgres cannot go there (a clone below /root), in /var/lib.
pg_data() {
    if [ "$(id -u)" = 0 ] && ! { mkdir -p "$state" && runuser -u postgres -- test -x "$state"; }; then
        echo "/var/lib/tocsin-local/$(printf '%s' "$state" | cksum | cut -d' ' -f1)/postgres"
    else
        echo "$state/postgres"
    fi
}

pg_running() { pg_as "$(pg_bin)/pg_ctl" -D "$(pg_data)" status >/dev/null 2>&1; }

start_postgres() {
    local data new log password
    data=$(pg_data)
    log="$(dirname "$data")/postgres.log"
    if ! [ -f "$data/PG_VERSION" ]; then
        step "creating the PostgreSQL cluster"
        # Under another name until it is whole: a run that is cut off leaves nothing that the next one would take for a cluster.
        new="$data.new"
        rm -rf "$data" "$new"
        mkdir -p "$new"
        chmod 700 "$new"
        password=$(random_text)
        (umask 077 && printf '%s' "$password" >"$state/postgres.password" && printf '%s' "$password" >"$data.pw")
        [ "$(id -u)" != 0 ] || chown postgres: "$new" "$data.pw"
        pg_as "$(pg_bin)/initdb" -D "$new" -U tocsin --pwfile="$data.pw" -A scram-sha-256 -E UTF8 --locale=C.UTF-8 >"$state/log/initdb.log" 2>&1 ||
            die "initdb failed: $(tail -n 1 "$state/log/initdb.log")" "see $state/log/initdb.log"
        rm -f "$data.pw"
        cat >>"$new/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 100
shared_buffers = 128MB
timezone = 'UTC'
CONF
        mv "$new" "$data"
    fi
    if ! pg_running; then
        require_free_port "$postgres_port" TOCSIN_POSTGRES_PORT PostgreSQL
        step "starting PostgreSQL on 127.0.0.1:$postgres_port"
        [ "$(id -u)" != 0 ] || { touch "$log" && chown postgres: "$log"; }
        # The server must not keep this command's lock (9) either.
        pg_as "$(pg_bin)/pg_ctl" -D "$data" -l "$log" -o "-p $postgres_port" -w -t 60 start >/dev/null 9>&- ||
            die "PostgreSQL did not start: $(tail -n 1 "$log")" "see $log"
    fi
    database_url="postgresql://tocsin:$(cat "$state/postgres.password")@127.0.0.1:$postgres_port/tocsin"
    local admin="${database_url%/tocsin}/postgres"
    if [ -z "$("$(pg_bin)/psql" "$admin" -Atc "SELECT 1 FROM pg_database WHERE datname = 'tocsin'")" ]; then
        "$(pg_bin)/psql" "$admin" -qc "CREATE DATABASE tocsin" || die "cannot create the database tocsin" "see $log"
    fi
}

random_text() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# --- State that outlives a command ----------------------------------------------------------------------------------------

# saved NAME: the value of NAME in the env file of an earlier run; empty when there is none.
saved() { [ ! -f "$state/env" ] || sed -n "s/^export $1='\(.*\)'\$/\1/p" "$state/env" | tail -n 1; }

# One command of deploy/local at a time for each state folder.
lock() {
    mkdir -p "$state/run" "$state/log"
    exec 9>"$state/lock"
    flock -w "${1:-5}" 9 || die "another deploy/local command is at work in $state" "wait for it, or look who holds $state/lock"
}
