#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs tests that have been built: tests/run.sh [unit|fuzz|e2e|vm|all]; arguments after e2e go to tests/e2e/run.py.
#
# The last line is exactly "N passed, N failed, N skipped"; each skip is printed with its reason before.
# $BUILD names the build directory, $FUZZ_SECONDS how long each fuzz target runs.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

BUILD=${BUILD:-build}
FUZZ_SECONDS=${FUZZ_SECONDS:-20}
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

pass() {
	echo "PASS $1"
	passed=$((passed + 1))
}

fail() {
	echo "FAIL $1"
	failed=$((failed + 1))
}

skip() {
	echo "SKIP $1: $2"
	skipped=$((skipped + 1))
}

# count NAME STATUS: adds the "N passed, N failed[, N skipped]" that ends the log to the sums.
count() {
	local summary
	summary=$(tail -n 1 "$log" | grep -xE '[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?')
	if [ -z "$summary" ]; then
		fail "$1 (ended with status $2 and no summary)"
		return
	fi
	# shellcheck disable=SC2086
	set -- "$1" "$2" $summary
	passed=$((passed + $3))
	failed=$((failed + $5))
	skipped=$((skipped + ${7:-0}))
	[ "$2" = 0 ] || [ "$5" -gt 0 ] || fail "$1 (ended with status $2)"
}

run_unit() {
	local test name

	for test in "$BUILD"/tests/*/test_*; do
		[ -x "$test" ] || continue
		name=unit/${test#"$BUILD"/tests/}
		"$test" >"$log" 2>&1
		local status=$?
		[ $status = 0 ] || cat "$log"
		echo "$name: $(tail -n 1 "$log")"
		count "$name" $status
	done
}

run_fuzz() {
	local fuzzer name dir crashes=$BUILD/crashes

	for fuzzer in "$BUILD"/fuzzers/fuzz_*; do
		[ -x "$fuzzer" ] || continue
		name=${fuzzer##*/}
		dir=$(mktemp -d)
		[ ! -d "tests/fuzz/corpus/${name#fuzz_}" ] || cp -r "tests/fuzz/corpus/${name#fuzz_}/." "$dir"
		mkdir -p "$crashes"
		if "$fuzzer" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
			-artifact_prefix="$crashes/$name-" "$dir" >"$log" 2>&1; then
			pass "fuzz/$name ($(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs)"
		else
			grep -v '^#' "$log" | head -n 60
			fail "fuzz/$name: the input is $(grep -oE "$crashes/$name-[^ ]*" "$log" | tail -n 1)"
		fi
		rm -rf "$dir"
	done
}

run_e2e() {
	BUILD=$BUILD /usr/bin/python3 tests/e2e/run.py "$@" 2>&1 | tee "$log"
	count e2e "${PIPESTATUS[0]}"
}

run_vm() {
	BUILD=$BUILD tests/vm/run.sh "$@" 2>&1 | tee "$log"
	count vm "${PIPESTATUS[0]}"
}

what=${1:-all}
[ $# -eq 0 ] || shift
case $what in
unit) run_unit ;;
fuzz) run_fuzz ;;
e2e) run_e2e "$@" ;;
vm) run_vm "$@" ;;
all)
	run_unit
	run_fuzz
	run_e2e
	# The two kernels of Debian's stable releases; 5.15 takes minutes under emulation, and the newest is a moving target:
	# tests/run.sh vm takes all.
	run_vm bookworm trixie
	;;
*)
	echo 'usage: tests/run.sh [unit|fuzz|e2e|vm|all]' >&2
	exit 2
	;;
esac

[ $((passed + failed)) -gt 0 ] || fail "$what: nothing was there to run"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
