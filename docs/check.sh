#!/bin/sh
# What `make check` looks at. Runs no tests. Each line stops the rest when it fails.
set -eu
export SECRET_KEY=only-for-the-deploy-checks-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFG ISSUER_SECRET=only-for-the-deploy-checks
export DATABASE_URL=postgres://nobody@localhost/nothing SITE_URL=https://accreditation.example.com STATIC_MANIFEST=false
export DJANGO_SETTINGS_MODULE=accreditation.settings
audit=$(mktemp)
trap 'rm -f "$audit"' EXIT
say() { printf '== %s\n' "$1"; }
say "format"; ruff format --check -q .
say "lint"; ruff check -q .
say "templates"; djlint --lint --quiet templates
say "types"; mypy accreditation assessments badges courses
say "imports"; lint-imports --no-cache
# No database is there, so nothing can be compared with it; the models and the files can.
say "migrations"; python -W "ignore:Got an error checking:RuntimeWarning" manage.py makemigrations --check --dry-run
say "deploy"; python manage.py check --deploy --fail-level WARNING
# Skipped: each place was read. Our own address (B310), constants in the benchmark's SQL (B608), a SafeLoader (B506), sanitised markdown (B703, B308),
# recursive statements of our own with values apart (B611).
say "security"; bandit -q -r accreditation assessments badges courses -x '*/tests/*,*/migrations/*,*/testing/*' --severity-level medium --skip B310,B608,B506,B611,B703,B308
say "advisories"
if timeout 120 pip-audit -r requirements.txt --disable-pip --progress-spinner off >"$audit" 2>&1; then
    echo "no known advisories"
elif grep -q "^Name " "$audit"; then
    cat "$audit"; exit 1
else
    echo "advisories: SKIPPED, the advisory service can't be reached"
fi
