#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes the Debian chroots whose interpreters the end-to-end tests trace, and one in which our packages are installed.
#
#   scripts/chroots.sh [NAME...]     bullseye: 3.9  bookworm: 3.11  trixie: 3.13  sid: 3.14, 3.15  bare: none (default: all)
#
# They stand in $PHRUDE_CHROOTS (/var/cache/phrude-trace/chroots). One that is there already is left alone; one that
# was interrupted half-way is never used, because it gets its name only once it is complete.
set -euo pipefail

dir=${PHRUDE_CHROOTS:-/var/cache/phrude-trace/chroots}
# Raised when what a chroot must hold changes: older ones are then made anew.
revision=2

die() {
	echo "chroots.sh: $*" >&2
	exit 1
}

# The packages of a release, as apt regular expressions: unstable's set changes under us.
packages() {
	case $1 in
	bullseye) echo '^(lib)?python3.9$ ^libpython3.9-testsuite$' ;;
	bookworm) echo '^(lib)?python3.11$ ^libpython3.11-testsuite$' ;;
	trixie) echo '^(lib)?python3.13$ ^libpython3.13-testsuite$' ;;
	sid) echo '^(lib)?python3.1[45]$ ^libpython3.1[45]-testsuite$' ;;
	bare) ;;
	*) die "no such chroot: $1 (there are: bullseye bookworm trixie sid bare)" ;;
	esac
}

# The Debian mirror that this host uses, else Debian's own.
mirror() {
	local found
	found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
		sed 's/#.*//' | grep -oE 'https?://[^] ]+' | grep -E '/debian/?$' | head -n 1 || true)
	echo "${found:-http://deb.debian.org/debian}"
}

# Packages are unpacked, not configured, which takes a third of the time; the little that the
# maintainers' scripts would have added and Python's own tests want is added here. mmdebstrap runs no
# hooks after unpacking when it does not configure.
finish() (
	cd "$1" || exit
	set -e
	mkdir -p proc sys tmp root run dev/shm var/tmp
	chmod 1777 tmp var/tmp dev/shm
	[ -e bin/sh ] || ln -s dash bin/sh
	[ -e etc/passwd ] || printf '%s\n' root:x:0:0:root:/root:/bin/sh \
		nobody:x:65534:65534:nobody:/nonexistent:/bin/false >etc/passwd
	[ -e etc/group ] || printf '%s\n' root:x:0: nogroup:x:65534: >etc/group
	rm -rf var/cache/apt var/lib/apt usr/share/doc
)

# A Debian 12 of which nothing is left out, as small as it comes: apt works in it, and has at hand what our packages need.
make_bare() {
	local want=(logrotate libbpf1 libcapstone4 libcjson1 libcurl3-gnutls libmicrohttpd12 libnettle8
		libpcre2-8-0 libpq5 librdkafka1 libsodium23 libsqlite3-0 libyaml-0-2)

	mmdebstrap --quiet --mode=root --variant=apt --format=directory --skip=cleanup/apt \
		--aptopt='Acquire::Retries "3"' --aptopt='APT::Install-Recommends "false"' \
		--customize-hook="chroot \"\$1\" apt-get -q -y --download-only install ${want[*]}" \
		bookworm "$1" "$(mirror)" >&2 ||
		die "mmdebstrap could not make bare; is the mirror $(mirror) reachable?"
}

make_debian() {
	local name=$1 tmp=$2 pkg includes=()

	for pkg in $(packages "$name"); do
		includes+=("--include=$pkg")
	done
	# Snapshots of unstable expire: their signature counts, their date does not.
	mmdebstrap --quiet --mode=root --variant=extract --format=directory \
		--aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "3"' \
		--include=base-files,coreutils,dash,libc-bin,tzdata "${includes[@]}" \
		"$name" "$tmp" "$(mirror)" >&2 ||
		die "mmdebstrap could not make $name; is the mirror $(mirror) reachable?"
	finish "$tmp"
}

make_chroot() {
	local name=$1 tmp=$dir/.$1.$$

	trap 'rm -rf --one-file-system "$tmp"' EXIT
	if [ "$name" = bare ]; then
		make_bare "$tmp"
	else
		make_debian "$name" "$tmp"
	fi
	echo "$revision" >"$tmp/.phrude-trace"
	rm -rf --one-file-system "${dir:?}/$name"
	mv "$tmp" "$dir/$name"
	trap - EXIT
}

[ "$(id -u)" = 0 ] || die 'making chroots needs root: run it with sudo'
command -v mmdebstrap >/dev/null || die 'mmdebstrap is missing: run scripts/setup.sh test'
mkdir -p "$dir"
# Two runs at once would make the same chroot twice.
exec 9>"$dir/.lock"
flock 9

[ $# -gt 0 ] || set -- bullseye bookworm trixie sid bare
for name; do
	packages "$name" >/dev/null
	if [ "$(cat "$dir/$name/.phrude-trace" 2>/dev/null)" = "$revision" ]; then
		echo "chroots.sh: $dir/$name is there"
	else
		echo "chroots.sh: making $dir/$name"
		make_chroot "$name"
	fi
done
