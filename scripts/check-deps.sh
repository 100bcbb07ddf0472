#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Says in one sentence what is missing to build, and how to get it.
set -u
fail() {
	echo "phrude-trace cannot be built here: $1 On Debian: scripts/setup.sh installs everything (or: apt install $2)." >&2
	exit 1
}
command -v "${CC:-gcc}" >/dev/null || fail "there is no C compiler (${CC:-gcc})." gcc
command -v "${PKG_CONFIG:-pkg-config}" >/dev/null || fail "pkg-config is missing." pkg-config
command -v "${CLANG:-clang}" >/dev/null || fail "clang, which compiles the BPF programs, is missing." clang
[ -x "${BPFTOOL:-/usr/sbin/bpftool}" ] || fail "bpftool is missing." bpftool
need() { # pkg-config name, least version, Debian package
	v=$("${PKG_CONFIG:-pkg-config}" --modversion "$1" 2>/dev/null) || fail "the library $1 is missing." "$3"
	"${PKG_CONFIG:-pkg-config}" --atleast-version="$2" "$1" || fail "$1 is version $v, $2 or later is needed." "$3"
}
need libbpf 1.1.0 libbpf-dev
need libelf 0.180 libelf-dev
need zlib 1.2 zlib1g-dev
need yaml-0.1 0.2.1 libyaml-dev
need libcjson 1.7 libcjson-dev
need capstone 4.0 libcapstone-dev
need libpcre2-8 10.34 libpcre2-dev
need nettle 3.4 nettle-dev
need libmicrohttpd 0.9.71 libmicrohttpd-dev
need sqlite3 3.37 libsqlite3-dev
need libpq 13 libpq-dev
need libsodium 1.0.18 libsodium-dev
need libcurl 7.74 libcurl4-gnutls-dev
need rdkafka 1.6 librdkafka-dev
major=$("${CLANG:-clang}" -dumpversion 2>/dev/null | cut -d. -f1)
[ "${major:-0}" -ge 14 ] || fail "clang is version $major, 14 or later is needed." clang
