#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The manual pages have what --help says, and every key that rules may have; groff has nothing to say of them.
# Run in the root of the tree, after the build.
set -uo pipefail

command -v groff >/dev/null || {
	echo 'groff is not installed'
	exit 77
}

status=0
scripts/man.py --check || status=1

page=docs/man/phrude-rules.5
# Tables of keys: { "name", read_name }.
mapfile -t keys < <(grep -ohE '\{ "[A-Za-z_.]+", (rule_)?read_[a-z_]+ \}' user/rule/*.c | cut -d'"' -f2 | sort -u)
[ ${#keys[@]} -gt 30 ] || {
	echo "user/rule: only ${#keys[@]} keys were found in its tables"
	status=1
}
for key in "${keys[@]}"; do
	if ! grep -qE "^\.BR? (.* )?${key//./\\.}( |\$)" $page; then
		echo "$page: does not have the key $key"
		status=1
	fi
done

for page in docs/man/*; do
	if ! said=$(groff -man -Tutf8 -ww "$page" 2>&1 >/dev/null) || [ -n "$said" ]; then
		echo "$page: groff says: $said"
		status=1
	fi
done
exit $status
