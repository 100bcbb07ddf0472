#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# From a fresh checkout to five detected attacks: installs what is missing (scripts/setup.sh), builds,
# and runs scripts/demo/.  Root is needed to trace; everything it starts it ends again.
#
#   scripts/demo.sh             on the terminal
#   scripts/demo.sh --console   and in a browser, by phrude-console, until ^C
#
# PHRUDE_TRACE=FILE takes that program instead of building one; DEMO_PYTHON=FILE another interpreter
# than Debian's /usr/bin/python3 (it needs Flask).
set -euo pipefail
cd "$(dirname "$0")/.."
case "$*" in
'' | --console) ;;
*)
	echo 'usage: demo.sh [--console]' >&2
	exit 2
	;;
esac

as_root=()
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo 'demo.sh: tracing needs root: run this as root, or install sudo' >&2
		exit 1
	}
	as_root=(sudo env ${PHRUDE_TRACE:+PHRUDE_TRACE="$PHRUDE_TRACE"} ${DEMO_PYTHON:+DEMO_PYTHON="$DEMO_PYTHON"})
fi

scripts/setup.sh
[ -n "${PHRUDE_TRACE:-}" ] || make --no-print-directory -j"$(nproc)"
exec "${as_root[@]}" /usr/bin/python3 scripts/demo/run.py "$@"
