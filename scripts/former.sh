#!/usr/bin/env bash
# Keeps a release as a wheel, for the test that runs it beside today's: scripts/former.sh COMMIT
# To be called at each change of the state's version, with the last commit that wrote the former.
set -euo pipefail
usage='usage: scripts/former.sh COMMIT
  builds the wheel of COMMIT into tests/fixtures/former/, in place of the one that is there
example:
  scripts/former.sh v0.1.0'
case "${1:-}" in
  '' | -*) echo "$usage" >&2; [[ ${1:-} =~ ^(-h|--help)$ ]]; exit ;;
esac
cd "$(dirname "$0")/.."
commit=$(git rev-parse --short=10 --verify "$1^{commit}") || { echo "no commit \`$1\`" >&2; exit 2; }
build=$(mktemp -d)
trap 'git worktree remove --force "$build/tree" 2>/dev/null || true; rm -rf "$build"' EXIT
git worktree add --quiet --detach "$build/tree" "$commit"
.venv/bin/python -m pip wheel --quiet --no-deps --wheel-dir "$build" "$build/tree"
rm -f tests/fixtures/former/*.whl
# The name says which commit it is: a local version, as PEP 440 has it.
wheel=$(basename "$build"/*.whl)
mv "$build/$wheel" "tests/fixtures/former/${wheel/-py3/+g$commit-py3}"
ls -l tests/fixtures/former/
