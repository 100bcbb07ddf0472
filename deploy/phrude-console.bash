# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion of phrude-console: commands and options are those that --help says.
_phrude_console() {
	# shellcheck disable=SC2034
	local cur prev words cword
	_init_completion || return
	local help
	help=$("$1" --help 2>/dev/null)

	case $prev in
	--format)
		local formats="text html json"
		[ "${words[1]}" = attackers ] && formats="text nginx haproxy"
		mapfile -t COMPREPLY < <(compgen -W "$formats" -- "$cur")
		;;
	--attacker-by) mapfile -t COMPREPLY < <(compgen -W "address session" -- "$cur") ;;
	--role) mapfile -t COMPREPLY < <(compgen -W "viewer analyst admin" -- "$cur") ;;
	--store | --listen | --keep | --keep-size | --app | --since | --auth-* | --attacker-*) ;;
	--tls-cert | --tls-key | --config | import) _filedir ;;
	key | user | attackers) mapfile -t COMPREPLY < <(compgen -W "$(sed -n "s/^  phrude-console $prev \([a-z]*\) .*/\1/p" <<<"$help")" -- "$cur") ;;
	*)
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(grep -oE '^  --[a-z-]+' <<<"$help")" -- "$cur")
		elif [ "$cword" = 1 ]; then
			mapfile -t COMPREPLY < <(compgen -W "$(sed -n 's/^  phrude-console \([a-z]*\) .*/\1/p' <<<"$help")" -- "$cur")
		fi
		;;
	esac
} &&
	complete -F _phrude_console phrude-console
