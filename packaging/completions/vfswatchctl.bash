# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Made by vfswatchd_manual from the tables of flags.
_vfswatchctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	COMPREPLY=()
	# --flag=value comes as three words.
	if [[ $cur == = ]]; then
		cur=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W 'doctor reload snippets unpin --help --version' -- "$cur")
		return
	fi
	case "${COMP_WORDS[1]} $before" in
	'reload --socket')
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	'snippets -t' | 'snippets --target')
		return
		;;
	'snippets -n' | 'snippets --lines')
		return
		;;
	'snippets --namespace')
		return
		;;
	esac
	case ${COMP_WORDS[1]} in
	doctor) mapfile -t COMPREPLY < <(compgen -W '--json --help' -- "$cur") ;;
	reload) mapfile -t COMPREPLY < <(compgen -W '--socket --help' -- "$cur") ;;
	snippets) mapfile -t COMPREPLY < <(compgen -W '--target --follow --lines --json --namespace --help' -- "$cur") ;;
	unpin) mapfile -t COMPREPLY < <(compgen -W '--help' -- "$cur") ;;
	esac
}
complete -F _vfswatchctl vfswatchctl
