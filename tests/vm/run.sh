#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs the program on other kernels than the build machine's: tests/vm/run.sh [RELEASE...]
#
# Boots the kernel of each release (jammy: 5.15, bookworm: 6.1, trixie: 6.12, sid: the newest; default: all) in qemu, with
# an initial file system that holds the program, its libraries, a Python and guest/check.py, which says PASS and FAIL.
# Needs neither root nor KVM. The last line is "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

BUILD=${BUILD:-build}
PYTHON=$(readlink -f /usr/bin/python3)
# Seconds that a machine may take: two beside each other need 130 on an idle host with two processors.
LIMIT=${PHRUDE_VM_LIMIT:-900}
passed=0 failed=0 skipped=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

skip() {
	echo "SKIP $1: $2"
	skipped=$((skipped + 1))
}

fail() {
	echo "FAIL $1: $2"
	failed=$((failed + 1))
}

summary() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ]
	exit
}

# The files that Python reads for what guest/*.py import, and what those need.
python_files() {
	"$PYTHON" -I -S -c '
import ast, sys
for path in sys.argv[1:]:
    for node in ast.walk(ast.parse(open(path).read())):
        if isinstance(node, ast.Import):
            for name in node.names:
                __import__(name.name)
import encodings.ascii, encodings.latin_1, encodings.utf_8
for module in list(sys.modules.values()):
    path = getattr(module, "__file__", None)
    if path:
        print(path)
' tests/vm/guest/*.py
	# Without it Python does not know where its library is.
	"$PYTHON" -I -S -c 'import os; print(os.__file__)'
}

make_initramfs() {
	local root=$tmp/root files libraries

	mkdir -p "$root"/{bin,guest}
	cp tests/vm/guest/init "$root/init" && cp tests/vm/guest/*.py "$root/guest" || return
	cp "$(command -v busybox)" "$root/bin/busybox" && cp "$BUILD/phrude-trace" "$root/bin" || return
	files=$(python_files) || return
	# shellcheck disable=SC2046,SC2086
	libraries=$(ldd "$BUILD/phrude-trace" "$PYTHON" $(grep '\.so$' <<<"$files") | grep -oE '/[^ ]*lib[^ ]*/[^ :]+ \(' |
		tr -d ' (' | sort -u) || return
	# cpio and the kernel know a directory before what is in it: copied as they are, links followed.
	# shellcheck disable=SC2086
	printf '%s\n' "$PYTHON" $files $libraries | sort -u | while read -r file; do
		mkdir -p "$root${file%/*}" && cp -L "$file" "$root$file" || exit
	done || return
	ln -s "$PYTHON" "$root/bin/python3" || return
	(cd "$root" && find . | cpio --quiet -o -H newc) >"$tmp/initramfs"
}

# boot IMAGE: prints the console
boot() {
	# No KVM even where there is some: single-stepping differs from one hypervisor to the next.  One thread for both
	# processors: with two, now and then one of them runs what the kernel is about to patch in its own code.
	# no_timer_check: the kernel counts ticks of an emulated timer otherwise, which come late on a busy host, and gives up.
	# In the foreground: it ends with this script's process group.
	timeout --foreground -k 5 "$LIMIT" qemu-system-x86_64 -accel tcg,thread=single -cpu max -smp 2 -m 1024 -nodefaults \
		-no-user-config -nographic -serial stdio -no-reboot -kernel "$1" -initrd "$tmp/initramfs" \
		-append 'console=ttyS0 quiet panic=-1 no_timer_check rdinit=/init' </dev/null 2>&1 | tr -d '\r'
}

# report IMAGE CONSOLE: adds what guest/check.py found
report() {
	local name line ended=0

	name=vm/$(cut -d- -f2- <<<"${1##*/}")
	while read -r line; do
		case $line in
		PASS\ *) passed=$((passed + 1)) ;;
		FAIL\ *) failed=$((failed + 1)) ;;
		END) ended=1 ;&
		*) continue ;;
		esac
		echo "${line%% *} $name: ${line#* }"
	done <"$2"
	[ $ended = 1 ] || {
		tail -n 30 "$2"
		fail "$name" "the machine did not get to the end within $LIMIT s"
	}
}

[ $# -gt 0 ] || set -- jammy bookworm trixie sid
for tool in qemu-system-x86_64 busybox cpio; do
	command -v $tool >/dev/null || {
		skip vm "there is no $tool: run scripts/setup.sh test"
		summary
	}
done
if [ "$(uname -m)" != x86_64 ]; then
	skip vm 'the machines are x86_64'
	summary
fi
if ! make_initramfs; then
	fail vm 'the initial file system cannot be made'
	summary
fi
images=()
for release; do
	if image=$(tests/vm/fetch.sh "$release" 2>"$tmp/errors"); then
		images+=("$image")
		[ "$(jobs -rp | wc -l)" -lt "$(nproc)" ] || wait -n
		boot "$image" >"$tmp/${image##*/}" &
	else
		skip "vm/$release" "its kernel cannot be fetched: $(tail -n 1 "$tmp/errors")"
	fi
done
wait
for image in "${images[@]}"; do
	report "$image" "$tmp/${image##*/}"
done
summary
