#!/usr/bin/env bash
# The workflow of this project, as commands: ./run.sh [demo|test|check|benchmark|lock|schemas|ticker|build] [arguments]
#   demo    set everything up and run the main job: sample outlets -> crawl -> publish -> serve (no internet needed after set-up)
#   test    set everything up and run the tests; what cannot be installed is named in the summary
#   check   formatting, lint, types, import rules
#   benchmark NAME [options]: one of benchmarks/, beside its peers
#   lock    write the hashed requirements anew from pyproject.toml (needs uv)
#   schemas write docs/schema/ anew
#   ticker  make the component that visitors download, syndicate/embed/ticker.min.js, anew of ticker.js (needs npm)
#   build   a wheel and a source archive in dist/
set -euo pipefail
cd "$(dirname "$0")"
VENV=${TICKERWIRE_VENV:-.venv}
unset PYTHONDONTWRITEBYTECODE  # every command of ours is a fresh process: without cached bytecode each start takes seconds

find_python() {
  for name in python3.13 python3.12 python3.11 python3; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  cat >&2 <<'TEXT'
Tickerwire needs Python 3.11 or newer. Install it, then run this command again:
  Debian 12 or newer, Ubuntu 24.04 or newer:  sudo apt-get install python3 python3-venv
  macOS:                                      brew install python@3.12
  anywhere, with uv:                          uv python install 3.12
TEXT
  return 2
}

setup() {  # setup LOCKFILE: a virtual environment with exactly what LOCKFILE pins, and this checkout in it
  local lock=$1 stamp
  stamp="$VENV/.installed-$(basename "$lock")"
  if [ ! -x "$VENV/bin/python" ]; then
    local python
    python=$(find_python)
    if ! "$python" -m venv "$VENV" 2>/dev/null; then
      rm -rf "$VENV"
      echo "Python's venv module is missing: sudo apt-get install python3-venv (Debian, Ubuntu), then run this command again." >&2
      return 2
    fi
  fi
  if [ ! -e "$stamp" ] || ! cat "$lock" pyproject.toml | cmp -s - "$stamp"; then
    echo "setting up $VENV (once; about a minute) ..." >&2
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$lock"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps --editable .
    cat "$lock" pyproject.toml >"$stamp"
  fi
}

system_packages() {  # what the tests use beyond PyPI: two browsers, npm, feed readers, nginx, PHP and strace, where Debian's packages can be had
  local missing=() name
  for name in chromium firefox-esr npm newsboat sfeed curl strace r2e:rss2email feed2exec nginx:nginx-light php:php-cli; do # a command, and its package where that is named otherwise
    PATH=$PATH:/usr/sbin command -v "${name%:*}" >/dev/null || missing+=("${name#*:}")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo -n)
  if command -v apt-get >/dev/null && "${sudo[@]}" true 2>/dev/null; then
    echo "installing ${missing[*]} for the tests ..." >&2
    { "${sudo[@]}" apt-get update -qq && "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 ||
      echo "could not install ${missing[*]}; the tests that need them are skipped and named at the end" >&2
  else
    echo "not installed: ${missing[*]}; the tests that need them are skipped and named at the end" >&2
  fi
}

command=${1:-demo}
[ $# -eq 0 ] || shift
case "$command" in
demo)
  setup requirements.lock
  exec "$VENV/bin/tickerwire" demo "$@"
  ;;
test)
  setup requirements-dev.lock
  system_packages
  exec "$VENV/bin/python" -m pytest "$@"
  ;;
check)
  setup requirements-dev.lock
  "$VENV/bin/ruff" format --check .
  "$VENV/bin/ruff" check .
  "$VENV/bin/mypy"
  exec "$VENV/bin/lint-imports"
  ;;
lock)
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --custom-compile-command './run.sh lock' "$@" pyproject.toml -o requirements.lock
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --custom-compile-command './run.sh lock' --group dev "$@" pyproject.toml -o requirements-dev.lock
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --custom-compile-command './run.sh lock' "$@" benchmarks/peers.in -o benchmarks/peers.lock
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --custom-compile-command './run.sh lock' "$@" tests/hub/requirements.in -o tests/hub/requirements.lock
  ;;
schemas)
  setup requirements.lock
  exec "$VENV/bin/tickerwire" check --write-schemas docs/schema
  ;;
ticker)
  (cd minify && npm ci --silent --ignore-scripts --no-audit --no-fund)
  node minify/minify.mjs syndicate/embed/ticker.js syndicate/embed/ticker.min.js
  # What went in and what came out: tests see by it that a change of the source was not left out, without npm.
  sha256sum syndicate/embed/ticker.js syndicate/embed/ticker.min.js minify/minify.mjs minify/package-lock.json >minify/made.sha256
  echo "$(gzip -9 <syndicate/embed/ticker.min.js | wc -c) bytes, gzip" >&2
  ;;
benchmark)
  setup requirements-dev.lock
  peers=benchmarks/.peers # what Tickerwire is measured against has an environment of its own
  if ! cmp -s benchmarks/peers.lock "$peers/installed"; then
    "$VENV/bin/python" -m venv "$peers"
    "$peers/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r benchmarks/peers.lock
    cp benchmarks/peers.lock "$peers/installed"
  fi
  if [ "$1" = ticker ]; then # needs a browser, and a ticker of others
    system_packages
    mkdir -p "$peers/splide"
    cp benchmarks/splide/package.json benchmarks/splide/package-lock.json "$peers/splide"
    (cd "$peers/splide" && npm ci --silent --ignore-scripts --no-audit --no-fund)
  fi
  exec "$VENV/bin/python" -m "benchmarks.$1" "${@:2}"
  ;;
build)
  setup requirements-dev.lock
  exec "$VENV/bin/hatchling" build
  ;;
*)
  sed -n '2,11p' "$0" | sed 's/^# \{0,1\}//' >&2
  exit 2
  ;;
esac
