# What bin/test and bin/check have in common; they read this file, nobody runs it.
# Sets $root and $python, and gives step, static_steps and with_database.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
python=$root/.venv/bin/python
names=() results=() failed=0

# step NAME COMMAND…: run it, remember how it went, go on.
step() {
    local name=$1 begin=$SECONDS result=ok
    shift
    printf '\n== %s\n' "$name"
    "$@" </dev/null || { result=FAILED; failed=1; }
    names+=("$name") results+=("$(printf '%-8s%4s s' "$result" $((SECONDS - begin)))")
    [ "$result" = ok ]
}

table() {
    local index
    printf '\n'
    for index in "${!names[@]}"; do
        printf '%-22s%s\n' "${names[$index]}" "${results[$index]}"
    done
}

format() { "$python" -m ruff format --check .; }
lint() { "$python" -m ruff check .; }
import_contracts() { "$python" .venv/bin/lint-imports --no-logo; }
types() { "$python" -m mypy; }
migrations() { PORTAL_ENV=test "$python" manage.py makemigrations --check --dry-run; }

# As in production, and with nothing of this machine's environment but the way to the database.
deployment() {
    env -u PORTAL_CORPUS PORTAL_ENV=production PORTAL_DEBUG=0 PORTAL_DATA_DIR="$root/var/test/production" \
        PORTAL_SECRET_KEY="$("$python" -c 'import secrets; print(secrets.token_urlsafe(60))')" \
        PORTAL_BASE_URL=https://portal.example.com PORTAL_ALLOWED_HOSTS=portal.example.com PORTAL_BEHIND_PROXY=1 \
        PORTAL_SMTP_URL='smtp://portal:secret@mail.example.com:587?tls=1' \
        TWILIO_ACCOUNT_SID=AC00000000000000000000000000000000 TWILIO_AUTH_TOKEN=none TWILIO_FROM=+15005550006 \
        "$python" manage.py check --deploy --fail-level WARNING
}

# static_steps COMMAND: everything but the tests, cheapest first; COMMAND is told when one has failed.
static_steps() {
    step "format" format || "$1"
    step "lint" lint || "$1"
    step "import contracts" import_contracts || "$1"
    step "types" types || "$1"
    step "deployment check" deployment || "$1"
    step "migrations complete" migrations || "$1"
}

# Begins the calling script anew with a database, unless it has one. A second run beside the first gets its own.
with_database() {
    [ -n "${DATABASE_URL:-}" ] && return
    # tests commit all the time, and the last moments before a power cut are no loss to them
    exec "$python" -m logistics_portal.embedded_postgres --data "$root/var/test/postgres" --or-another \
        --set synchronous_commit=off --set fsync=off --set full_page_writes=off -- "$@"
}
