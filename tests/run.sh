#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs tests that have been built: tests/run.sh [guards|unit|check|fuzz|e2e|console|vm|all]; arguments after e2e or all go
# to tests/e2e/run.py, those after console to tests/console/run.py; those after guards are the names of some of them.
#
# The last line is exactly "N passed, N failed, N skipped"; each skip is printed with its reason before.
# $BUILD names the build directory, $FUZZ_SECONDS how long each fuzz target runs.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

BUILD=${BUILD:-build}
FUZZ_SECONDS=${FUZZ_SECONDS:-20}
passed=0 failed=0 skipped=0
tmp=$(mktemp -d)
log=$tmp/log
failures=$tmp/failures
beside=
# shellcheck disable=SC2317
end() {
	[ -z "$beside" ] || kill -- -"$beside" 2>/dev/null
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

pass() {
	echo "PASS $1"
	passed=$((passed + 1))
}

fail() {
	echo "FAIL $1" | tee -a "$failures"
	failed=$((failed + 1))
}

skip() {
	echo "SKIP $1: $2"
	skipped=$((skipped + 1))
}

# count NAME STATUS [LOG]: adds the "N passed, N failed[, N skipped]" that ends the log to the sums.
count() {
	local summary
	summary=$(tail -n 1 "${3:-$log}" | grep -axE '[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?')
	if [ -z "$summary" ]; then
		fail "$1 (ended with status $2 and no summary)"
		return
	fi
	# As text, whatever a guest's console has left among the lines.
	grep -a '^FAIL ' "${3:-$log}" >>"$failures"
	# shellcheck disable=SC2086
	set -- "$1" "$2" $summary
	passed=$((passed + $3))
	failed=$((failed + $5))
	skipped=$((skipped + ${7:-0}))
	[ "$2" = 0 ] || [ "$5" -gt 0 ] || fail "$1 (ended with status $2)"
}

# run_guards [NAME...]: each prints one sentence for each fault, and ends with 77 where it has not the tools.
run_guards() {
	local guard name status

	for guard in tests/guards/*; do
		[ -f "$guard" ] || continue
		name=${guard##*/}
		name=${name%.*}
		[ $# = 0 ] || [[ " $* " = *" $name "* ]] || continue
		BUILD=$BUILD "$guard" >"$log" 2>&1
		status=$?
		case $status in
		0) pass "guards/$name" ;;
		77) skip "guards/$name" "$(tail -n 1 "$log")" ;;
		*)
			cat "$log"
			fail "guards/$name"
			;;
		esac
	done
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

# fuzz FUZZER LOG
fuzz() {
	local name=${1##*/} dir status

	dir=$(mktemp -d -p "$tmp")
	[ ! -d "tests/fuzz/corpus/${name#fuzz_}" ] || cp -r "tests/fuzz/corpus/${name#fuzz_}/." "$dir"
	"$1" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$BUILD/crashes/$name-" "$dir" >"$2" 2>&1
	status=$?
	rm -rf "$dir"
	return $status
}

# As many at once as there are processors.
run_fuzz() {
	local fuzzer name crashes=$BUILD/crashes
	local -A pids=()

	mkdir -p "$crashes"
	for fuzzer in "$BUILD"/fuzzers/fuzz_*; do
		[ -x "$fuzzer" ] || continue
		[ "$(jobs -rp | wc -l)" -lt "$(nproc)" ] || wait -n
		fuzz "$fuzzer" "$tmp/${fuzzer##*/}" &
		pids[${fuzzer##*/}]=$!
	done
	for fuzzer in "$BUILD"/fuzzers/fuzz_*; do
		name=${fuzzer##*/}
		[ -n "${pids[$name]:-}" ] || continue
		if wait "${pids[$name]}"; then
			pass "fuzz/$name ($(sed -n 's/^stat::number_of_executed_units: *//p' "$tmp/$name") inputs)"
		else
			grep -v '^#' "$tmp/$name" | head -n 60
			fail "fuzz/$name: the input is $(grep -oE "$crashes/$name-[^ ]*" "$tmp/$name" | tail -n 1)"
		fi
	done
}

run_e2e() {
	BUILD=$BUILD /usr/bin/python3 tests/e2e/run.py "$@" 2>&1 | tee "$log"
	count e2e "${PIPESTATUS[0]}"
}

run_console() {
	BUILD=$BUILD /usr/bin/python3 tests/console/run.py "$@" 2>&1 | tee "$log"
	count console "${PIPESTATUS[0]}"
}

run_vm() {
	BUILD=$BUILD tests/vm/run.sh "$@" 2>&1 | tee "$log"
	count vm "${PIPESTATUS[0]}"
}

summary() {
	echo "$passed passed, $failed failed, $skipped skipped"
}

# What keeps processors busy, for those moments in which the end-to-end tests do not; shown when all of it has ended.
run_beside() {
	trap - EXIT INT TERM
	passed=0 failed=0 skipped=0
	renice -n 15 -p "$BASHPID" >/dev/null
	{
		run_fuzz
		summary
	} >"$tmp/beside" 2>&1
	cat "$tmp/beside"
}

run_all() {
	run_guards
	run_unit
	# Before all else: an emulated processor beside anything stands still until the guests' own time limits pass.
	# The two kernels of Debian's stable releases; 5.15 takes minutes under emulation, and the newest is a moving
	# target: tests/run.sh vm takes all.
	run_vm bookworm trixie
	# By itself, too: a browser and a database beside them have others lose what they are to see.
	run_console
	# A process group of its own, so that it can be ended.
	set -m
	run_beside &
	beside=$!
	set +m
	run_e2e --beside "$beside" "$@"
	wait "$beside"
	count 'what ran beside e2e' $? "$tmp/beside"
	beside=
}

what=${1:-all}
[ $# -eq 0 ] || shift
case $what in
guards) run_guards "$@" ;;
unit) run_unit ;;
check)
	run_guards
	run_unit
	;;
fuzz) run_fuzz ;;
e2e) run_e2e "$@" ;;
console) run_console "$@" ;;
vm) run_vm "$@" ;;
all) run_all "$@" ;;
*)
	echo 'usage: tests/run.sh [guards|unit|check|fuzz|e2e|console|vm|all]' >&2
	exit 2
	;;
esac

[ $((passed + failed)) -gt 0 ] || fail "$what: nothing was there to run"
# Once more, where whoever looks at the end sees them.
[ $failed = 0 ] || sort -u "$failures"
summary
[ $failed = 0 ]
