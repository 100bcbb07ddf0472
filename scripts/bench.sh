#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Measures overhead, matches and footprint, and prints them beside their budgets; if all is measured also to docs/bench.txt and to
# the table in README.md. Arguments are handed on to tests/bench/bench.py (--help tells). Root; nothing else heavy should run meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then
	echo 'bench.sh: tracing needs root: run this as root' >&2
	exit 1
fi
[ -x "${PHRUDE_TRACE:-build/phrude-trace}" ] || {
	echo "bench.sh: there is no ${PHRUDE_TRACE:-build/phrude-trace}: run make first" >&2
	exit 1
}
exec /usr/bin/python3 tests/bench/bench.py "$@"
