# SPDX-License-Identifier: Apache-2.0
# rkt - completion for bash: commands, options, images and pods
# shellcheck shell=bash disable=SC2207

_rkt() {
	local cur=${COMP_WORDS[COMP_CWORD]} word command='' words=''
	local dash='--debug --deny-private --dir= --fetch-first --insecure-options= --insecure-skip-verify
		--local-config= --simple-discovery --system-config=
		--trust-keys-from-https --user-config='
	local commands='@COMMANDS@'
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
	'') words="$commands $dash" ;;
	run | prepare) words="$(_rkt_images) --annotation= --caps-remove=
		--caps-retain= --cpu= --cpu-shares= --detach --dns=
		--dns-domain= --dns-opt= --dns-search= --environment= --exec=
		--group= --hostname= --hosts-entry= --inherit-env
		--interactive --ipc= --local --log= --log-size= --mds-register --memory= --mount=
		--name= --net= --no-overlay --no-store --oom-score-adj=
		--pod-manifest= --port= --private-net --private-users
		--pull-policy= --readonly-rootfs --seccomp= --set-env=
		--set-env-file= --signature= --stderr= --stdin= --stdout=
		--store-only --supplementary-gids= --user= --user-annotation=
		--user-label= --uuid-file-save= --volume= --working-dir=" ;;
	run-prepared) words="$(_rkt_pods) --detach --dns= --dns-domain=
		--dns-opt= --dns-search= --hostname= --hosts-entry=
		--interactive --ipc= --log= --log-size= --mds-register
		--net= --private-net" ;;
	fetch) words='--full --local --no-cache --no-store --platform=
		--pull-policy= --signature= --store-only' ;;
	trust) words='--prefix= --root --skip-fingerprint-review
		--fingerprint= --insecure-allow-http --list --format=
		--no-legend --remove=' ;;
	image) words="list rm gc cat-manifest verify export extract render
		--overwrite --rootfs-only --format= $(_rkt_images)" ;;
	gc) words='--grace-period= --expire-prepared= --mark-only' ;;
	cat-manifest) words="$(_rkt_pods) --pretty-print= --uuid-file=" ;;
	completion) words=bash ;;
	config) words=--credentials ;;
	enter) words="$(_rkt_pods) --app=" ;;
	export) words="$(_rkt_pods) --app= --overwrite" ;;
	help) words=$commands ;;
	list) words='--full --no-legend --format=' ;;
	logs) words="$(_rkt_pods) --app= --follow --since= --tail=
		--timestamps" ;;
	metadata-service) words=--listen-port= ;;
	attach | restart | wait) words=$(_rkt_pods) ;;
	rm) words="$(_rkt_pods) --uuid-file=" ;;
	status) words="$(_rkt_pods) --format= --uuid-file= --wait --wait=
		--wait-ready --wait-ready=" ;;
	stop) words="$(_rkt_pods) --force --uuid-file=" ;;
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
