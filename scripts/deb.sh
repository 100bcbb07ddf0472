#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes the Debian packages phrude-trace and phrude-console of what has been built, in $BUILD/deb: `make deb`.  Needs debhelper.
set -euo pipefail
cd "$(dirname "$0")/.."

BUILD=$(realpath "${BUILD:-build}")
VERSION=$("$BUILD/phrude-trace" --version | cut -d' ' -f2)
command -v dh >/dev/null || {
	echo 'deb.sh: debhelper is missing: run scripts/setup.sh test' >&2
	exit 1
}

source=$BUILD/deb/source
rm -rf "$BUILD/deb"
mkdir -p "$source"
cp -r deploy rules docs scripts "$source"
cp -r deploy/debian "$source/debian"
mkdir "$source/debian/source"
echo '3.0 (native)' >"$source/debian/source/format"
# Its date is that of the sources, so that the same sources make the same package.
date=$(git log -1 --format=%cD 2>/dev/null || date -R)
maintainer=$(sed -n 's/^Maintainer: //p' deploy/debian/control)
printf 'phrude-trace (%s) unstable; urgency=medium\n\n  * Version %s.\n\n -- %s  %s\n' \
	"$VERSION" "$VERSION" "$maintainer" "$date" >"$source/debian/changelog"

cd "$source"
chmod +x debian/rules
# Options of this make are not for theirs.
env -u MAKEFLAGS -u MAKELEVEL BUILD="$BUILD" VERSION="$VERSION" DEB_BUILD_OPTIONS=noautodbgsym \
	debian/rules binary >"$BUILD/deb/log" 2>&1 || {
	tail -n 30 "$BUILD/deb/log" >&2
	exit 1
}
cd ..
ls "$BUILD"/deb/*.deb
