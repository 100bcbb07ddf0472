#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What `make install` and the packages put where, in one place.  Paths of /usr/local in what is installed become those
# of $PREFIX.  Configuration that is there already is left alone.
set -euo pipefail

: "${DESTDIR?}" "${PREFIX:?}" "${SYSCONFDIR:?}" "${UNITDIR:?}" "${BUILD:?}" "${VERSION:?}"
share=$PREFIX/share

# put MODE FILE TO: a file as it is.
put() {
	install -D -m "$1" "$2" "$DESTDIR$3"
}

# write FILE TO: a text, with the paths and the version that it has here.
write() {
	install -d "$(dirname "$DESTDIR$2")"
	sed -e "s|/usr/local|$PREFIX|g" -e "s|/etc/phrude-trace|$SYSCONFDIR/phrude-trace|g" -e "s|@VERSION@|$VERSION|g" \
		"$1" >"$DESTDIR$2"
	chmod 0644 "$DESTDIR$2"
}

# begin_with FILE TO: configuration, which is its owner's from then on.
begin_with() {
	[ -e "$DESTDIR$2" ] || write "$1" "$2"
}

put 0755 "$BUILD/phrude-trace" "$PREFIX/bin/phrude-trace"
put 0755 "$BUILD/phrude-console" "$PREFIX/bin/phrude-console"
for rules in rules/*.yaml; do
	put 0644 "$rules" "$share/phrude-trace/rules/${rules##*/}"
done
write deploy/phrude-trace.service "$UNITDIR/phrude-trace.service"
write deploy/phrude-console.service "$UNITDIR/phrude-console.service"
begin_with deploy/phrude-trace.yaml "$SYSCONFDIR/phrude-trace/phrude-trace.yaml"
begin_with deploy/phrude-trace.logrotate "$SYSCONFDIR/logrotate.d/phrude-trace"
for page in docs/man/*.[1-9]; do
	write "$page" "$share/man/man${page##*.}/${page##*/}"
done
put 0644 deploy/phrude-trace.bash "$share/bash-completion/completions/phrude-trace"
put 0644 deploy/phrude-console.bash "$share/bash-completion/completions/phrude-console"
