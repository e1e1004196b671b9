#!/bin/sh
# rkt - run App Containers: the porcelain over the tools
#
# Holds no mechanism.  Each verb runs a line of tools that can be typed by
# hand; RKT_TRACE=1 shows the lines.  Verbs, in the order of a pod's life:
#
#   trust fetch image           aci-discover aci-fetch aci-verify aci-trust
#                               cas-put cas-store
#   prepare run run-prepared    pod-prepare pod-netns pod-enter
#   enter list status stop rm gc       pod-enter pod-list pod-stop pod-gc
#
# shellcheck disable=SC2086 # $remote and $review are one word or none
set -euf

VERSION='@VERSION@'
FAILED=254 # every failure of our own; the other numbers are the app's

case $0 in
*/*) PATH=${0%/*}:$PATH ;;
esac
export PATH RKT_PROG=rkt
remote=   # " --insecure-options=…" for the tools that ask a server
unsigned= # set if images need no signature

die() { # TEXT
	printf 'rkt: %s\n' "$1" >&2
	exit $FAILED
}

usage() { # TEXT
	printf 'Usage: rkt %s\n' "$1" >&2
	exit $FAILED
}

# say LINE - a result, on stdout
say() {
	printf '%s\n' "$1" 2>/dev/null || die 'stdout: cannot be written'
}

# quote LINE WORD… - sets $line to LINE and the words, quoted for a shell
quote() {
	line=$1
	shift
	for word
	do
		case $word in
		'' | *[!A-Za-z0-9_./:=,@%+-]*)
			rest=$word
			word=
			while
				case $rest in
				*\'*) ;;
				*) false ;;
				esac
			do
				word=$word${rest%%\'*}"'\\''"
				rest=${rest#*\'}
			done
			word="'$word$rest'"
			;;
		esac
		line="$line $word"
	done
}

# trace LINE [WORD…] - shows a line of tools before it runs
trace() {
	test -n "${RKT_TRACE-}" || return 0
	quote "$@"
	printf '%s\n' "$line" >&2
}

# tool PROG [ARG…] - one tool, whose failure is ours
tool() {
	trace "$@"
	"$@" || exit $FAILED
}

### A warm start: sh reads no further than it runs, so this comes first

# prepare ARG… - sets $pod; fails if an image is not in the store
prepare() {
	status=0
	trace 'pod-prepare -q' "$@"
	pod=$(pod-prepare -q --fetchable "$@") || status=$?
	test $status -eq 0 || test $status -eq 66 || exit $FAILED
	return $status
}

start() { # POD - becomes it
	trace pod-netns "$1" pod-enter "$1"
	exec pod-netns --fail-status=$FAILED "$1" \
		pod-enter --fail-status=$FAILED "$1"
}

insecure() { # LIST
	parts=
	for part in $(IFS=,; printf '%s ' $1)
	do
		case $part in
		none) ;;
		image) unsigned=yes ;;
		tls | http | pubkey) parts=$parts,$part ;;
		all-fetch | all)
			unsigned=yes
			parts=,tls,http
			;;
		*) die "--insecure-options: $part: no such option" ;;
		esac
	done
	remote=${parts:+ --insecure-options=${parts#,}}
}

directory() { # VARIABLE DIR
	case $2 in
	/*) ;;
	*) die "$2: not an absolute path" ;;
	esac
	export "$1=$2"
	trace export "$1=$2"
}

while test $# -gt 0
do
	option=$1
	case $option in
	--help | -help | -h)
		set -- help
		break
		;;
	--*) option=${option#-} ;;
	esac
	case $option in
	-debug) export RKT_DEBUG=1 ;;
	-dir=*) directory RKT_DIR "${1#*=}" ;;
	-local-config=*) directory RKT_CONF "${1#*=}" ;;
	-system-config=*) directory RKT_SYSTEM_CONF "${1#*=}" ;;
	-insecure-options=*) insecure "${1#*=}" ;;
	-insecure-skip-verify) insecure image,tls ;;
	-dir | -local-config | -system-config | -insecure-options)
		test $# -gt 1 || usage "$1 needs a value"
		value=$2
		shift 2
		set -- "$option=$value" "$@"
		continue
		;;
	-*) die "$1: no such global option" ;;
	*) break ;;
	esac
	shift
done

command=${1-help}
test $# -eq 0 || shift
case $command in
run) prepare "$@" && start "$pod" ;;
esac

### Images

# operands WORD… - there are some, and no option among them
operands() {
	test $# -gt 0 || usage "$need"
	for word
	do
		case $word in
		-*) usage "$need" ;;
		esac
	done
}

# fetch REF - from a name to a stored image: the pipe of rkt-tools(7)
fetch() {
	case $1 in
	*://* | /* | ./* | ../* | *.aci | sha512-*) ;;
	*) printf 'rkt: searching for app image %s\n' "$1" >&2 ;;
	esac
	if test -n "$unsigned"
	then
		quote "aci-discover$remote" "$1"
		trace "$line | aci-fetch$remote --no-signature | cas-put -q --insecure"
		aci-discover $remote "$1" |
		aci-fetch $remote --no-signature |
		cas-put -q --insecure
	else
		quote "aci-discover$remote" "$1"
		trace "$line | aci-fetch$remote | aci-verify | cas-put -q"
		aci-discover $remote "$1" |
		aci-fetch $remote |
		aci-verify |
		cas-put -q
	fi
}

cmd_fetch() { # [--full] IMAGE…
	need='fetch [--full] [--pull-policy=update|new|never] IMAGE…'
	width=39 policy=update
	while test $# -gt 0
	do
		case $1 in
		--full) width=71 ;;
		--pull-policy=update | --pull-policy=new | --pull-policy=never)
			policy=${1#*=}
			;;
		--local | --store-only) policy=never ;;
		--no-store) policy=update ;;
		-*) usage "$need" ;;
		*) break ;;
		esac
		shift
	done
	operands "$@"
	for image
	do
		id=
		case $policy in
		never) id=$(tool cas-store get -q "$image") || exit $FAILED ;;
		new) id=$(cas-store get -q "$image" 2>/dev/null) || id= ;;
		esac
		test -n "$id" || id=$(fetch "$image") || exit $FAILED
		say "$(printf "%.${width}s" "$id")"
	done
}

cmd_trust() { # (--prefix=P | --root) [KEY…] | --list | --remove=FINGERPRINT
	need='trust (--prefix=PREFIX | --root) [--skip-fingerprint-review]'
	need="$need [--fingerprint=FPR] [--insecure-allow-http] [KEY…] | trust"
	need="$need (--list [--format=FORMAT] | --remove=FPR) [--prefix=PREFIX | --root]"
	prefix='' root='' review='' only=''
	for key
	do
		case $key in
		--list | --remove | --remove=*)
			tool aci-trust "$@"
			return
			;;
		esac
	done
	while test $# -gt 0
	do
		case $1 in
		--prefix=* | -prefix=*) prefix=${1#*=} ;;
		--prefix | -prefix | --fingerprint)
			test $# -gt 1 || usage "$need"
			key=$1=$2
			shift 2
			set -- "$key" "$@"
			continue
			;;
		--root | -root) root=yes ;;
		--fingerprint=*) only=${1#*=} ;;
		--skip-fingerprint-review | -skip-fingerprint-review)
			review=--skip-fingerprint-review
			;;
		--insecure-allow-http | -insecure-allow-http)
			remote=${remote:+$remote,http}
			remote=${remote:- --insecure-options=http}
			;;
		-*) usage "$need" ;;
		*) break ;;
		esac
		shift
	done
	{ true <&0; } 2>/dev/null || exec </dev/null
	test $# -eq 0 || operands "$@"
	case ${prefix:+p}${root:+r} in
	'')
		test $# -gt 0 || usage "$need"
		die 'aborting due to implicit unbounded trust (root domain): say --prefix "example.com/foo" or --root'
		;;
	pr) die '--prefix and --root exclude each other' ;;
	p) test $# -gt 0 || trust_discovered "$prefix" ;;
	r) test $# -gt 0 || usage "$need" ;;
	esac
	for key
	do
		case $key in
		http://*)
			case $remote in
			*http* | *pubkey*) trust_key "$key" ;;
			*) die '--insecure-allow-http required for http URLs' ;;
			esac
			;;
		*://* | /* | ./* | ../*) trust_key "$key" ;;
		*)
			if test -n "$prefix" || test -f "$key"
			then
				trust_key "$key"
			else # a domain: its own keys, for itself
				trust_discovered "$key"
			fi
			;;
		esac
	done
}

trust_discovered() { # PREFIX
	quote "aci-discover$remote --keys" "$1"
	trace_review "$line | aci-fetch$remote --keys" "--prefix=$1"
	{
		RKT_PROG='Error determining key location: --prefix meta discovery error' \
			aci-discover $remote --keys "$1" |
		aci-fetch $remote --keys |
		aci-trust --records=/dev/fd/3 "--prefix=$1" $review \
			${only:+"--fingerprint=$only"} 3<&0 <&4
	} 4<&0 || exit $FAILED
}

trust_key() { # URL|FILE
	to=--root
	test -z "$prefix" || to=--prefix=$prefix
	quote "aci-fetch$remote --key" "$1"
	trace_review "$line" "$to"
	{
		aci-fetch $remote --key "$1" |
		aci-trust --records=/dev/fd/3 "$to" $review \
			${only:+"--fingerprint=$only"} 3<&0 <&4
	} 4<&0 || exit $FAILED
}

# trace_review LINE --prefix=P|--root - the key on the pipe, the answer not
trace_review() {
	quote "$1 | aci-trust --records=/dev/fd/3" "$2" $review \
		${only:+"--fingerprint=$only"}
	trace "$line 3<&0 </dev/tty"
}

cmd_image() { # VERB [ARG…]
	need='image list|rm|gc|cat-manifest [ARG…]'
	test $# -gt 0 || usage "$need"
	verb=$1
	shift
	case $verb in
	list) tool cas-store ls --table "$@" ;;
	rm | gc | cat-manifest) tool cas-store "$verb" "$@" ;;
	*) usage "$need" ;;
	esac
}

### Pods

# fetch_prepare ARG… - sets $pod; fetches the images that are missing
fetch_prepare() {
	images=$(pod-prepare --images "$@") || exit $FAILED
	while read -r image
	do
		cas-store get -q "$image" >/dev/null 2>&1 ||
			fetch "$image" </dev/null >/dev/null || exit $FAILED
	done <<-END
	$images
	END
	trace 'pod-prepare -q' "$@"
	pod=$(pod-prepare -q "$@") || exit $FAILED
}

cmd_run() { # [POD-OPTION…] IMAGE [IMAGE-OPTION…] [-- ARG… [---]]…
	fetch_prepare "$@" # what could start without has, above
	start "$pod"
}

cmd_prepare() { # the same
	prepare "$@" || fetch_prepare "$@"
	say "$pod"
}

cmd_run_prepared() { # UUID
	test $# -eq 1 || usage 'run-prepared UUID'
	pod=$(tool pod-list -q "$1") || exit $FAILED
	start "$pod"
}

cmd_enter() { # [--app=NAME] UUID [CMD ARG…]
	trace 'pod-enter --join' "$@"
	exec pod-enter --join --fail-status=$FAILED "$@"
}

cmd_list() { # [--full] [--no-legend]
	tool pod-list --table "$@"
}

cmd_status() { # UUID
	tool pod-list --status "$@"
}

cmd_stop() { # [--force] UUID…
	tool pod-stop "$@"
}

cmd_rm() { # UUID…
	tool pod-gc --remove "$@"
}

cmd_gc() { # [--grace-period=30m] [--expire-prepared=24h] [--mark-only]
	tool pod-gc "$@"
}

### The rest

cmd_version() {
	say "rkt Version: $VERSION"
	say 'appc Version: 0.8.11'
}

cmd_help() {
	cat <<-END || exit $FAILED
	NAME:
	    rkt - run App Containers

	USAGE:
	    rkt [GLOBAL OPTION…] COMMAND [ARG…]

	VERSION:
	    $VERSION

	COMMANDS:
	    enter         run a command in a running pod
	    fetch         fetch images and verify and store them
	    gc            collect the garbage of pods that ended
	    help          show this
	    image         list, rm, gc, cat-manifest: the stored images
	    list          list pods
	    prepare       make a pod of images, to be run later
	    rm            remove pods
	    run           make a pod of images and run it
	    run-prepared  run a prepared pod
	    status        show the state of a pod
	    stop          stop running pods
	    trust         trust a key for images of a name
	    version       show the version

	GLOBAL OPTIONS:
	    --debug               say more
	    --dir=DIR             the data directory, /var/lib/rkt
	    --insecure-options=LIST   none, image, tls, http, pubkey, all-fetch, all
	    --insecure-skip-verify    image and tls, as it was called
	    --local-config=DIR    /etc/rkt
	    --system-config=DIR   /usr/lib/rkt

	Each command has its section in rkt(1).
	END
}

case $command in
fetch | trust | image | run | prepare | enter | list | status | stop | rm | gc | version | help)
	"cmd_$command" "$@"
	;;
run-prepared) cmd_run_prepared "$@" ;;
*) die "$command: no such command; rkt help lists them" ;;
esac
