# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Made by vfswatchd_manual from the tables of flags.
_vfswatchd() {
	local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	COMPREPLY=()
	# --flag=value comes as three words.
	if [[ $cur == = ]]; then
		cur=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $before in
	--config)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--listen)
		return
		;;
	--log-level)
		mapfile -t COMPREPLY < <(compgen -W 'error warning notice info debug' -- "$cur")
		return
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W '--config --check-config --listen --log-level --version --help' -- "$cur")
}
complete -F _vfswatchd vfswatchd
