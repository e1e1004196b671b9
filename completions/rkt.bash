# SPDX-License-Identifier: Apache-2.0
# rkt - completion for bash: commands, options, images and pods
# shellcheck shell=bash disable=SC2207

_rkt() {
	local cur=${COMP_WORDS[COMP_CWORD]} word command='' words=''
	local dash='--debug --deny-private --dir= --insecure-options= --insecure-skip-verify
		--local-config= --simple-discovery --system-config=
		--trust-keys-from-https --user-config='
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		-*) ;;
		*)
			command=$word
			break
			;;
		esac
	done
	case $command in
	'') words="enter fetch gc help image list prepare rm run run-prepared
		status stop trust version $dash" ;;
	run | prepare) words="$(_rkt_images) --private-net --net= --volume=
		--set-env= --inherit-env --interactive --name= --exec= --user=
		--pull-policy= --local --no-store --signature=" ;;
	fetch) words='--full --local --no-cache --no-store --pull-policy=
		--signature= --store-only' ;;
	trust) words='--prefix= --root --skip-fingerprint-review
		--fingerprint= --insecure-allow-http --list --format=
		--no-legend --remove=' ;;
	image) words="list rm gc cat-manifest verify export extract render
		--overwrite --rootfs-only --format= $(_rkt_images)" ;;
	gc) words='--grace-period= --expire-prepared= --mark-only' ;;
	enter | stop | rm | run-prepared | status) words=$(_rkt_pods) ;;
	list) words='--full --no-legend' ;;
	esac
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
	compopt +o nospace
	case ${COMPREPLY[0]-} in
	*=) compopt -o nospace ;;
	esac
	# A colon ends a word for readline: what stands before it is there.
	declare -F __ltrim_colon_completions >/dev/null &&
		__ltrim_colon_completions "$cur"
	return 0
}

_rkt_images() {
	rkt image list --no-legend 2>/dev/null | awk '{ print $2 }'
}

_rkt_pods() {
	rkt list --full --no-legend 2>/dev/null |
		awk -F '\t' '$1 != "" { print $1 }'
}

complete -F _rkt rkt
