# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion of phrude-trace: options, formats and probe kinds are those that --help says.
_phrude_trace() {
	local cur prev words cword
	_init_completion || return
	local help i
	help=$("$1" --help 2>/dev/null)

	# Behind -- stands a program with words of its own.
	for ((i = 1; i < cword; i++)); do
		if [ "${words[i]}" = -- ]; then
			_command_offset $((i + 1))
			return
		fi
	done
	case $prev in
	--pid) mapfile -t COMPREPLY < <(compgen -W "$(pgrep -f python 2>/dev/null)" -- "$cur") ;;
	--format) mapfile -t COMPREPLY < <(compgen -W "$(sed -n 's/^  --format .*of alerts: \([^;]*\);.*/\1/p' <<<"$help" | sed 's/,\| or / /g')" -- "$cur") ;;
	--shed) mapfile -t COMPREPLY < <(compgen -W info -- "$cur") ;;
	--probe) mapfile -t COMPREPLY < <(compgen -W "auto $(sed -n '/^Probe kinds/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$help")" -- "$cur") ;;
	--user) mapfile -t COMPREPLY < <(compgen -u -- "$cur") ;;
	--count | --duration | --rate | --rate-limit | --max-cpu-percent | --trusted-proxies | --session-cookies | --metrics | --kubernetes-node) ;;
	--kubernetes-logs | --kubernetes-account) _filedir -d ;;
	--config | --rules | --output | --python | check | test | suggest) _filedir ;;
	*)
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(grep -oE '^  --[a-z-]+' <<<"$help")" -- "$cur")
		elif [ "$cword" = 1 ]; then
			mapfile -t COMPREPLY < <(compgen -W "$(sed -n 's/^  phrude-trace \([a-z]*\) .*/\1/p' <<<"$help")" -- "$cur")
		else
			_filedir
		fi
		;;
	esac
} &&
	complete -F _phrude_trace phrude-trace
