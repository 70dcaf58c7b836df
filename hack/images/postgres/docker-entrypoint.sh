#!/bin/bash
# Starts PostgreSQL with the official image's contract: POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD_FILE,
# POSTGRES_INITDB_ARGS, PGDATA, and *.sh, *.sql, *.sql.gz in /docker-entrypoint-initdb.d for the first start.
# Not the same: it never runs as root, takes no password from the environment, asks for it on 127.0.0.1 too, and PGDATA
# must lie below the volume's mount, because a new cluster gets that name when it is complete and not before.
set -euo pipefail
umask 0077

fail() {
    echo "postgres: $*" >&2
    exit 1
}

run_init_files() {
    local file
    local -a psql=(psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 -U "$POSTGRES_USER")
    "${psql[@]}" -d postgres -v name="$POSTGRES_DB" <<<"SELECT format('CREATE DATABASE %I', :'name')
        WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec"
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
        *.sh) bash "$file" ;;
        *.sql) "${psql[@]}" -d "$POSTGRES_DB" -f "$file" ;;
        *.sql.gz) gunzip -c "$file" | "${psql[@]}" -d "$POSTGRES_DB" ;;
        *) [ ! -e "$file" ] || echo "postgres: $file is left out: no .sh, .sql or .sql.gz" >&2 ;;
        esac
    done
}

make_cluster() {
    local partial=$PGDATA.partial
    export POSTGRES_USER=${POSTGRES_USER:-postgres}
    export POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
    [ -s "${POSTGRES_PASSWORD_FILE:-}" ] || fail "POSTGRES_PASSWORD_FILE must name a file with the superuser's password"
    ! mountpoint -q "$PGDATA" || fail "PGDATA must be a folder below the volume's mount, not $PGDATA, the mount"
    [ -z "$(ls -A "$PGDATA" 2>/dev/null)" ] || fail "$PGDATA holds files but no cluster: empty it, or change PGDATA"
    # What an earlier start left when it failed or was killed.
    rm -rf "$partial"
    # The socket is reachable in this container alone, so it needs no password.
    # shellcheck disable=SC2086 # several arguments in one variable
    initdb -D "$partial" --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --encoding=UTF8 \
        --auth-local=trust --auth-host=scram-sha-256 ${POSTGRES_INITDB_ARGS:-}
    echo "host all all all scram-sha-256" >>"$partial/pg_hba.conf"
    # No network until the init files are through.
    pg_ctl -D "$partial" -o "-c listen_addresses=''" --wait --silent start
    run_init_files
    pg_ctl -D "$partial" --mode=fast --wait --silent stop
    rm -f "$partial/postmaster.opts"
    mv -T "$partial" "$PGDATA"
}

case ${1:--} in
-*) set -- postgres "$@" ;;
esac
if [ "$1" = postgres ]; then
    [ "$(id -u)" -ne 0 ] || fail "run it as user 999"
    [ -s "$PGDATA/PG_VERSION" ] || make_cluster
fi
exec "$@"
