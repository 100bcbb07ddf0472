#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sets a fresh Debian up, builds everything and runs all tests.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)

scripts/setup.sh test
# Without them the tests of those interpreters are skipped, each saying so.
"${as_root[@]}" env ${PHRUDE_CHROOTS:+"PHRUDE_CHROOTS=$PHRUDE_CHROOTS"} scripts/chroots.sh ||
	echo 'test.sh: going on without all chroots' >&2
# Without them guards are skipped, each saying so.
"${as_root[@]}" env ${PHRUDE_TOOLS:+"PHRUDE_TOOLS=$PHRUDE_TOOLS"} scripts/tools.sh ||
	echo 'test.sh: going on without the tools of some guards' >&2
make -s -j"$(nproc)" all unit-tests fuzzers
exec "${as_root[@]}" env PYENV_ROOT="${PYENV_ROOT:-$HOME/.pyenv}" \
	${PHRUDE_CHROOTS:+"PHRUDE_CHROOTS=$PHRUDE_CHROOTS"} tests/run.sh all
