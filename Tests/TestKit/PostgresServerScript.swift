/// The shell script that owns a private PostgreSQL server for as long as its standard input is open.
///
/// It is a process of its own because it must outlive us by a moment: when the test process ends, in whatever way, also by SIGKILL,
/// the socket closes, `read` sees the end, and the server and its files go. Standard input: one line, the password. Standard output:
/// one line, `ready PORT` or `error REASON`.
enum PostgresServerScript {
    static let text = #"""
        set -u
        trap '' HUP INT TERM PIPE
        fail() { echo "error $1"; [ -z "${dir:-}" ] || rm -rf "$dir"; exit 1; }

        read -r password || exit 1
        bin=$(command -v pg_ctl) && bin=$(dirname "$bin") || bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
        [ -x "$bin/initdb" ] || fail "no PostgreSQL server found: install postgresql or set DATABASE_URL"

        dir=$(mktemp -d "${TMPDIR:-/tmp}/tocsin-postgres.XXXXXX") || fail "no temporary directory"
        cd "$dir" || fail "no temporary directory"
        printf '%s\n' "$password" > password
        as() { "$@"; }
        if [ "$(id -u)" = 0 ]; then
            # initdb refuses root
            chown -R postgres "$dir"
            as() { setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; }
        fi

        as "$bin/initdb" -D "$dir/data" -U tocsin -A scram-sha-256 --pwfile="$dir/password" -E UTF8 --locale=C --no-sync \
            < /dev/null > initdb.log 2>&1 || fail "initdb: $(tail -n 1 initdb.log)"

        # The server is thrown away, so nothing needs to reach the disk.
        options="-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300 -c shared_buffers=64MB"
        options="$options -c fsync=off -c full_page_writes=off -c autovacuum_naptime=60"
        for attempt in 1 2 3 4 5 6 7 8 9 10; do
            # Below the range that the kernel gives to outgoing connections; the next attempt if somebody has it.
            port=$(( 20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000 ))
            as "$bin/pg_ctl" -D "$dir/data" -w -t 30 -l "$dir/data/server.log" -o "-p $port $options" start < /dev/null > pg_ctl.log 2>&1 \
                && break
            port=
        done
        [ -n "$port" ] || fail "pg_ctl: $(tail -n 1 data/server.log)"

        echo "ready $port"
        while read -r _; do :; done
        as "$bin/pg_ctl" -D "$dir/data" -m immediate -w -t 10 stop < /dev/null > /dev/null 2>&1
        cd / && rm -rf "$dir"
        """#
}
