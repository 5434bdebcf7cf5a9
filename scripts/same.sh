#!/usr/bin/env bash
# Do two versions of Legato say and remember the same? `scripts/same.sh --help` tells more.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
shared="$(git -C "$root" rev-parse --path-format=absolute --git-common-dir 2>/dev/null || true)"

for python in "${PYTHON:-}" "$root/.venv/bin/python" "${shared%/.git}/.venv/bin/python"; do
  if [[ -n "$python" ]] && command -v "$python" >/dev/null; then
    PYTHONPATH="$root" exec "$python" -m scripts.same "$@"
  fi
done
echo 'no Python with the dependencies of Legato: run `make setup`, or set PYTHON=' >&2
exit 2
