#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Prints the path of a distribution's kernel image, having fetched it if need be: tests/vm/fetch.sh RELEASE
#
# RELEASE is one of Debian, or jammy: Ubuntu 22.04, whose first kernel is 5.15, the oldest that is supported.
# Kernels stand in $PHRUDE_VM_CACHE (/var/cache/phrude-trace/kernels); one that is there is not looked for again.
set -euo pipefail

release=$1
cache=${PHRUDE_VM_CACHE:-/var/cache/phrude-trace/kernels}

die() {
	echo "$*" >&2
	exit 1
}

found() {
	find "$cache" -maxdepth 1 -name "$release-*" | sort -V | tail -n 1
}

mkdir -p "$cache"
image=$(found)
if [ -n "$image" ]; then
	echo "$image"
	exit 0
fi

# The mirror of this distribution that this host uses, else its own.
mirror() {
	local found
	found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
		sed 's/#.*//' | grep -oE 'https?://[^] ]+' | grep -E "/$1/?\$" | head -n 1 || true)
	echo "${found:-$2}"
}

case $release in
jammy)
	mirror=$(mirror ubuntu http://archive.ubuntu.com/ubuntu)
	# Debian has no package of Ubuntu's keys: this very package is wanted, and no other.
	trust=trusted=yes
	packages=linux-image-5.15.0-25-generic
	sha256=ad56f8c442a54d4f5ff2dff010d00321d53e32b543f3a92f3ba4e042d20a71da
	;;
*)
	mirror=$(mirror debian http://deb.debian.org/debian)
	trust=signed-by=/usr/share/keyrings/debian-archive-keyring.gpg
	packages=
	sha256=
	;;
esac

tmp=$(mktemp -d "$cache/.$release.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
# apt with a world of its own, which knows this release only.
mkdir -p "$tmp"/{state/lists/partial,cache/archives/partial,parts,boot}
echo "deb [arch=amd64 $trust] $mirror $release main" >"$tmp/sources.list"
: >"$tmp/status"
apt() {
	"apt-$1" -q -o Dir::Etc::SourceList="$tmp/sources.list" -o Dir::Etc::SourceParts="$tmp/parts" \
		-o Dir::State="$tmp/state" -o Dir::State::Status="$tmp/status" -o Dir::Cache="$tmp/cache" \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 -o APT::Sandbox::User=root \
		-o Acquire::Check-Valid-Until=false -o Acquire::Retries=3 -o Acquire::Languages=none "${@:2}"
}
apt get update >"$tmp/log" 2>&1 || die "apt-get update of $release from $mirror: $(tail -n 1 "$tmp/log")"

# What linux-image-amd64 stands for; since 7.x the image itself is in linux-binary-*.
[ -n "$packages" ] || packages=$(apt cache depends --recurse --important linux-image-amd64 2>/dev/null |
	grep -xE 'linux-(image|binary)-[0-9][^ ]*-amd64' | sort -u)
[ -n "$packages" ] || die "$release at $mirror has no linux-image-amd64"
# shellcheck disable=SC2086
(cd "$tmp" && apt get download $packages) >"$tmp/log" 2>&1 ||
	die "apt-get download of ${packages//$'\n'/ }: $(tail -n 1 "$tmp/log")"
for deb in "$tmp"/*.deb; do
	[ -z "$sha256" ] || sha256sum --quiet -c <<<"$sha256  $deb" >&2 || die "$packages is not the one expected"
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tmp/boot" --wildcards --no-anchored 'vmlinuz*' 2>/dev/null || true
done
image=$(find "$tmp/boot" -type f -name 'vmlinuz*' | head -n 1)
[ -n "$image" ] || die "no kernel image in ${packages//$'\n'/ }"
version=$(sed -n 's/^linux-[a-z]*-//p' <<<"$packages" | head -n 1)
mv "$image" "$cache/$release-$version"
found
