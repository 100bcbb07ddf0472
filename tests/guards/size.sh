#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# No source file is longer than one can keep in mind.  Run in the root of the tree.
set -uo pipefail

most=500
status=0
while read -r lines file; do
	if [ "$file" != total ] && [ "$lines" -gt $most ]; then
		echo "$file: has $lines lines, $most are the most: make a file of one of its parts"
		status=1
	fi
done < <(find user bpf -name '*.[ch]' -exec wc -l {} +)
exit $status
