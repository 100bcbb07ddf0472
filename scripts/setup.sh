#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Installs, on Debian 12 or later, what phrude-trace needs; distribution packages only.
#
#   scripts/setup.sh          what building it and the demo need
#   scripts/setup.sh test     and what the tests need
#
# Does nothing, quickly, where all is there already.
set -euo pipefail

build=(gcc libc6-dev make pkg-config clang llvm bpftool libbpf-dev libelf-dev zlib1g-dev libyaml-dev
	libcjson-dev libcapstone-dev libpcre2-dev nettle-dev libmicrohttpd-dev libsqlite3-dev libsodium-dev libpq-dev libcurl4-gnutls-dev librdkafka-dev)
demo=(python3 python3-flask python3-jinja2 curl procps)
# clang-format, clang-tidy, shellcheck: guards; cython3, python3-dev: a view without frames; libclang-rt-dev: the fuzzers' runtime; uwsgi: a program that embeds libpython; qemu, busybox, cpio: other kernels;
# chromium: the console's pages; debhelper, lintian: packages; podman, runc: the image; python3-kubernetes: types of Kubernetes' API; groff-base: manual pages; rsyslog, systemd: read what outputs send; openssl: certificates for that; nginx, haproxy: send attackers elsewhere; python3-aiosmtpd: takes the mails that are sent.
tests=(mmdebstrap debian-archive-keyring libclang-rt-dev util-linux gunicorn wrk uwsgi-core
	uwsgi-plugin-python3 qemu-system-x86 busybox-static cpio python3-django python3-fastapi
	python3-uvicorn uvicorn python3-requests python3-yaml python3-aiohttp python3-tornado python3-gevent
	python3-uvloop python3-httpx python3-psycopg2
	python3-djangorestframework python3-multipart python3-bottle python3-pyramid python3-waitress
	python3-falcon cython3 python3-dev
	rsyslog rsyslog-gnutls systemd openssl clang-format clang-tidy shellcheck chromium chromium-driver fonts-dejavu-core postgresql nginx-light haproxy
	python3-aiosmtpd
	debhelper groff-base lintian podman python3-kubernetes runc)

die() {
	echo "setup.sh: $*" >&2
	exit 1
}

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

case ${1:-} in
'') want=("${build[@]}" "${demo[@]}") ;;
test) want=("${build[@]}" "${demo[@]}" "${tests[@]}") ;;
*) die "usage: setup.sh [test]" ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	die 'this installs Debian packages, and this is not a Debian system: see the list at the top of this file'
fi

missing=()
for package in "${want[@]}"; do
	installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || die "root is needed to install ${missing[*]}: run this as root, or install sudo"
	as_root=(sudo)
fi
apt() {
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

echo "setup.sh: installing ${missing[*]}"
# A broken third-party source must not keep Debian's packages out: the install below decides.
apt update >/dev/null || echo 'setup.sh: apt-get update had errors, going on' >&2
apt install --no-install-recommends "${missing[@]}" >/dev/null ||
	die "apt-get could not install ${missing[*]} (Debian 12 or later is needed)"
