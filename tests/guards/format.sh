#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# C files are as clang-format leaves them, and shellcheck has nothing to say of a shell script.
# Run in the root of the tree.  Ends with 77 where the tools are not those whose verdict is wanted.
set -uo pipefail

# Each version formats a little differently; this is Debian 12's.
version=14
clang-format --version 2>/dev/null | grep -q "version $version\." || {
	echo "clang-format $version is not installed"
	exit 77
}
command -v shellcheck >/dev/null || {
	echo 'shellcheck is not installed'
	exit 77
}

status=0
files() {
	find . -path ./vmlinux -prune -o -path './build*' -prune -o -path ./.git -prune -o -type f "$@"
}

mapfile -t wrong < <(files -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run 2>&1 |
	sed -n 's/^\.\/\([^:]*\):.*-Wclang-format-violations.*/\1/p' | sort -u)
if [ ${#wrong[@]} -gt 0 ]; then
	printf '%s: is not formatted as .clang-format says: run make format\n' "${wrong[@]}"
	status=1
fi

# Comments are left by clang-format as they are; linetables.h is data.
too_long() {
	while IFS= read -r file; do
		expand "$file" | LC_ALL=C.UTF-8 grep -nE '^.{101}' | sed "s|^\([0-9]*\):.*|${file#./}:\1|"
	done < <(files -name '*.[ch]' ! -name linetables.h -print)
}
mapfile -t long < <(too_long)
if [ ${#long[@]} -gt 0 ]; then
	printf '%s: is longer than 100 columns\n' "${long[@]}"
	status=1
fi

mapfile -t scripts < <(
	files -exec grep -lIE -m1 '^#!.*[/ ](ba)?sh( |$)' {} +
	files -name '*.bash' -print
)
if ! shellcheck --format=gcc "${scripts[@]}" >&2; then
	echo 'shellcheck has something to say of a script, see above'
	status=1
fi
exit $status
