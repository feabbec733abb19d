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
		mapfile -t COMPREPLY < <(compgen -W 'doctor reload snippets top unpin --help --version' -- "$cur")
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
	'top --url')
		return
		;;
	'top -t' | 'top --target')
		return
		;;
	'top --path')
		return
		;;
	'top --by')
		return
		;;
	'top --sort')
		return
		;;
	'top -n' | 'top --rows')
		return
		;;
	'top -i' | 'top --interval')
		return
		;;
	'top --cacert')
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	'top --cert')
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	'top --key')
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	'top --user')
		return
		;;
	'top --password-file')
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	esac
	case ${COMP_WORDS[1]} in
	doctor) mapfile -t COMPREPLY < <(compgen -W '--json --help' -- "$cur") ;;
	reload) mapfile -t COMPREPLY < <(compgen -W '--socket --help' -- "$cur") ;;
	snippets) mapfile -t COMPREPLY < <(compgen -W '--target --follow --lines --json --namespace --help' -- "$cur") ;;
	top) mapfile -t COMPREPLY < <(compgen -W '--url --target --path --by --sort --rows --interval --once --json --cacert --cert --key --user --password-file --help' -- "$cur") ;;
	unpin) mapfile -t COMPREPLY < <(compgen -W '--help' -- "$cur") ;;
	esac
}
complete -F _vfswatchctl vfswatchctl
