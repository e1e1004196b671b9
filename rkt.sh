#!/bin/sh
# rkt - run App Containers: the porcelain over the tools
#
# Holds no mechanism.  Each verb runs a line of tools that can be typed by
# hand; RKT_TRACE=1 shows the lines.  Verbs, in the order of a pod's life:
#
#   trust fetch image           aci-discover aci-fetch aci-verify aci-trust
#                               cas-put cas-store
#   prepare run run-prepared    pod-prepare pod-netns pod-enter
#   enter list status logs stop rm gc  pod-enter pod-list pod-logs pod-stop pod-gc
#
# shellcheck disable=SC2086 # $insecure and the like are one word or none
# shellcheck disable=SC2034,SC2030,SC2031 # eval reads it; a subshell's own
set -euf

VERSION='@VERSION@'
COMMANDS='@COMMANDS@'
newline='
'
FAILED=254 # every failure of our own; the other numbers are the app's

case $0 in
*/*) PATH=${0%/*}:$PATH ;;
esac
export PATH RKT_PROG=rkt
insecure= # " --insecure-options=…", of which each tool takes its words
unsigned= # set if "image" is one of them
reach=    # " --deny-private" for the tools that ask a server
simple=   # " --simple" for aci-discover
anew=     # " --no-cache" for aci-fetch
platform= # " --platform=…", the same
adopt=    # set if a name's keys are taken over from its host
first=    # set if it is known that there is something to fetch
globals=  # those of these options that are not in the environment

die() { # TEXT - which may be the user's own, so made safe for a terminal
	case $1 in
	*[!\ -~]*) set -- "$(printf %s "$1" | LC_ALL=C tr -c ' -~' '?')" ;;
	esac
	printf 'rkt: %s\n' "$1" >&2
	exit $FAILED
}

usage() { # COMMAND
	cmd_help "$1" >&2
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
			word="'$(printf '%s\n' "$word" | sed "s/'/'\\\\''/g")'"
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

# prepare ARG… - sets $pod; fails if an image is to be fetched first
prepare() {
	status=0
	trace "pod-prepare$insecure -q --" "$@"
	pod=$(pod-prepare $insecure -q --fetchable -- "$@") || status=$?
	test $status -eq 0 || test $status -eq 66 || exit $FAILED
	return $status
}

# become ARG… - becomes the pod of them, in one go; or if an image is to be
# fetched this script once more
become() {
	exec pod-prepare $insecure --start --fail-status=$FAILED \
		--else "$0" $globals --fetch-first run -- "$@"
}

start() { # POD - becomes it
	trace pod-netns "$1" pod-enter "$1"
	exec pod-netns --fail-status=$FAILED "$1" \
		pod-enter --fail-status=$FAILED "$1"
}

insecure() { # LIST
	case $1 in
	*[!a-z,-]*) die "--insecure-options: $1: no such option" ;;
	esac
	for part in $(IFS=,; printf '%s ' $1)
	do
		case $part in
		image | all-fetch | all) unsigned=yes ;;
		none | tls | http | pubkey | ondisk) ;;
		capabilities | paths | seccomp | all-run) ;;
		*) die "--insecure-options: $part: no such option" ;;
		esac
		insecure=${insecure:- --insecure-options=}${insecure:+,}$part
	done
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
	--*) option=${option#-} ;;
	esac
	case $option in
	-help | -h)
		set -- help
		break
		;;
	-debug) export RKT_DEBUG=1 ;;
	-dir=*) directory RKT_DIR "${1#*=}" ;;
	-local-config=*) directory RKT_CONF "${1#*=}" ;;
	-system-config=*) directory RKT_SYSTEM_CONF "${1#*=}" ;;
	-trust-keys-from-https) adopt=yes globals="$globals $1" ;;
	-user-config=) unset RKT_USER_CONF ;;
	-user-config=*) directory RKT_USER_CONF "${1#*=}" ;;
	-insecure-options=*) insecure "${1#*=}" && globals="$globals $1" ;;
	-insecure-skip-verify) insecure image,tls && globals="$globals $1" ;;
	-deny-private) reach=' --deny-private' globals="$globals $1" ;;
	-simple-discovery) simple=' --simple' globals="$globals $1" ;;
	-fetch-first) first=yes ;;
	-dir | -local-config | -system-config | -user-config | -insecure-options)
		test $# -gt 1 || die "$1: needs a value"
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
case $command,$first,${1-} in
run,,-h | run,,-help | run,,--help) ;;
run,,*)
	test -n "${RKT_TRACE-}" || become "$@"
	prepare "$@" && start "$pod" # the same, step by step
	;;
esac

### Images

# fetch REF [SIGNATURE] - an image with what it depends on; prints its key
fetch() {
	key=$(fetch_one "$@") || return
	wanted=
	while
		missing=$(cas-store get --missing "$key") || return
		test -n "$missing" && test "$missing" != "$wanted"
	do
		wanted=$missing
		for image in $missing # no blank is in a reference
		do
			fetch_one "$image" </dev/null >/dev/null || return
		done
	done
	cas-store render -q "$key"
}

# fetch_one REF [SIGNATURE] - from a name to a stored image, whose key it prints:
# the pipe of rkt-tools(7); others who want the same URL wait until it ends
fetch_one() {
	filters=
	case $1 in
	docker:* | oci:* | oci-archive:* | docker-archive:*)
		filters=' | aci-convert'
		;;
	*://* | /* | ./* | ../* | *.aci) ;;
	*)
		if test ! -f "$1"
		then
			printf 'rkt: searching for app image %s\n' "$1" >&2
			test -z "$adopt" || adopt_keys "${1%%[:,]*}" || :
		fi
		;;
	esac
	quote "aci-discover$reach$insecure$simple" "$1"
	if test -n "$unsigned"
	then
		line="$line | aci-fetch$reach$insecure$anew$platform --no-signature"
		filters="$filters | cas-put -q --insecure"
	else
		quote "$line | aci-fetch$reach$insecure$anew$platform" ${2:+"--signature=$2"}
		filters=" | aci-verify$filters | cas-put -q"
	fi
	trace "$line$filters"
	locks=$(cas-store urls 2>/dev/null) || locks=/dev/null
	eval "{ $line$filters; } 9<>\"\$locks\""
}

# adopt_keys NAME - those that its host offers by TLS, if it has none yet
adopt_keys() (
	status=0 only='' insecure='' review=--skip-fingerprint-review
	trace aci-trust --trusted "$1"
	aci-trust --trusted "$1" || status=$?
	case $status in
	0) printf 'rkt: keys already exist for prefix "%s", not fetching again\n' "$1" >&2 ;;
	1) trust_discovered "$1" ;;
	esac
)

cmd_fetch() { # [--full] [--pull-policy=P] (IMAGE [--signature=FILE])…
	width=39 policy=update
	while test $# -gt 0
	do
		case $1 in
		--full | -full) width=71 ;;
		--pull-policy=* | -pull-policy=*) policy=${1#*=} ;;
		--local | -local | --store-only | -store-only) policy=never ;;
		--no-store | -no-store) policy=update ;;
		--no-cache | -no-cache) policy=update anew=' --no-cache' ;;
		--platform=* | -platform=*)
			case ${1#*=} in
			'' | *[!a-z0-9/_.-]*) die "--platform: not OS/ARCH[/VARIANT]" ;;
			esac
			platform=" --platform=${1#*=}"
			;;
		--signature* | -signature*) die '--signature must follow an image' ;;
		-*) usage fetch ;;
		*) break ;;
		esac
		shift
	done
	images=
	for word
	do
		case $word in
		--signature=* | -signature=*) images="$images	${word#*=}" ;;
		--) die 'app arguments unsupported' ;;
		-*) usage fetch ;;
		*) images="$images${images:+$newline}$word" ;;
		esac
	done
	test -n "$images" || usage fetch
	while IFS='	' read -r image signature
	do
		status=66
		case $platform,$image in
		,*)
			status=0
			trace "cas-store get -q --pull-policy=$policy" "$image"
			id=$(cas-store get -q "--pull-policy=$policy" "$image") ||
				status=$?
			;;
		*,docker:*) ;;
		*) die "$image: --platform is for docker:// images" ;;
		esac
		case $status in
		0) ;;
		66) id=$(fetch "$image" "$signature" </dev/null) || exit $FAILED ;;
		*) exit $FAILED ;;
		esac
		say "$(printf "%.${width}s" "$id")"
	done <<-END
	$images
	END
}

cmd_trust() { # (--prefix=P | --root) [KEY…] | --list | --remove=FINGERPRINT
	prefix='' root='' review='' only=''
	for key
	do
		case $key in
		--list | -list | --remove | -remove | --remove=* | -remove=*)
			tool aci-trust "$@"
			return
			;;
		esac
	done
	while test $# -gt 0
	do
		case $1 in
		--prefix=* | -prefix=*) prefix=${1#*=} ;;
		--prefix | -prefix | --fingerprint | -fingerprint)
			test $# -gt 1 || usage trust
			key=$1=$2
			shift 2
			set -- "$key" "$@"
			continue
			;;
		--root | -root) root=yes ;;
		--fingerprint=* | -fingerprint=*) only=${1#*=} ;;
		--skip-fingerprint-review | -skip-fingerprint-review) review=--skip-fingerprint-review ;;
		--insecure-allow-http | -insecure-allow-http) insecure http ;;
		-*) usage trust ;;
		*) break ;;
		esac
		shift
	done
	{ true <&0; } 2>/dev/null || exec </dev/null
	for key
	do
		case $key in
		-*) usage trust ;;
		esac
	done
	case ${prefix:+p}${root:+r} in
	'')
		test $# -gt 0 || usage trust
		die 'aborting due to implicit unbounded trust (root domain): say --prefix "example.com/foo" or --root'
		;;
	pr) die '--prefix and --root exclude each other' ;;
	p) test $# -gt 0 || trust_discovered "$prefix" ;;
	r) test $# -gt 0 || usage trust ;;
	esac
	for key
	do
		case $key in
		http://*)
			case ,${insecure#*=}, in
			*,http,* | *,pubkey,* | *,all-fetch,* | *,all,*) trust_key "$key" ;;
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
	quote "aci-discover$reach$insecure --keys" "$1"
	trust_pipe "$line | aci-fetch$reach$insecure --keys" "--prefix=$1" \
		"RKT_PROG='Error determining key location: --prefix meta discovery error'"
}

trust_key() { # URL|FILE
	quote "aci-fetch$reach$insecure --key" "$1"
	to=--root
	test -z "$prefix" || to=--prefix=$prefix
	trust_pipe "$line" "$to"
}

# trust_pipe LINE --prefix=P|--root [VARIABLE] - the key on the pipe, the answer
# not
trust_pipe() {
	quote "$1 | aci-trust --records=/dev/fd/3" "$2" $review \
		${only:+"--fingerprint=$only"}
	pipe="$line 3<&0"
	trace "$pipe </dev/tty"
	eval "{ ${3-} $pipe <&4; } 4<&0" || exit $FAILED
}

cmd_image() { # VERB [ARG…]
	verb=${1-}
	test $# -eq 0 || shift
	case $verb in
	list) tool cas-store ls --table "$@" ;;
	rm) image_rm "$@" ;;
	gc) image_gc "$@" ;;
	cat-manifest) tool cas-store cat-manifest --pretty-print "$@" ;;
	export) tool aci-export "$@" ;;
	verify) image_verify "$@" ;;
	extract) tool aci-export --format=directory --alone "$@" ;;
	render) tool aci-export --format=directory "$@" ;;
	*) usage image ;;
	esac
}

image_rm() { # IMAGE…
	trace 'cas-store rm' "$@"
	status=0 count=0
	keys=$(cas-store rm "$@") || status=$FAILED
	for key in $keys
	do
		say "successfully removed aci for image: \"$key\""
		count=$((count + 1))
	done
	test $count -eq 0 || printf 'rkt: %d image(s) successfully removed\n' $count >&2
	return $status
}

# image_gc [--grace-period=DUR] - what no pod has, nor used for so long, and
# what crashes have left
image_gc() {
	case $#${1-} in
	0) set -- --grace-period=24h ;;
	1--grace-period=* | 1-grace-period=*) ;;
	*) usage image ;;
	esac
	trace "cas-store ls -q --unused=${1#*=}"
	keys=$(cas-store ls -q "--unused=${1#*=}") || exit $FAILED
	test -z "$keys" || image_rm $keys || exit $FAILED
	tool cas-store gc "--grace-period=${1#*=}"
}

image_verify() { # [IMAGE…]
	status=0
	trace 'cas-store check' "$@"
	keys=$(cas-store check "$@") || status=$?
	for key in $keys
	do
		say "successfully verified checksum for image: \"$key\""
	done
	test $status -eq 0 || exit $FAILED
}

### Pods

# fetch_images ARG… - those that are missing or too old
fetch_images() {
	images=$(pod-prepare --fetchable --images -- "$@") || exit $FAILED
	while IFS='	' read -r image signature
	do
		test -z "$image" || refetch "$image" "$signature" </dev/null
	done <<-END
	$images
	END
}

# refetch IMAGE SIGNATURE - when its remote is away the store's image will do,
# as long as its signer is trusted
refetch() {
	status=0
	fetch "$1" "$2" >/dev/null || status=$?
	test $status -ne 0 || return 0
	test $status -eq 69 || exit $FAILED
	record=$(cas-store get "$1" 2>/dev/null) || exit $FAILED
	test -n "$unsigned" || {
		trace 'cas-store get' "$1 | aci-verify"
		printf '%s\n' "$record" | aci-verify >/dev/null || exit $FAILED
	}
	printf 'rkt: warning: %s: using the image of the store\n' "$1" >&2
}

cmd_run() { # [POD-OPTION…] IMAGE [IMAGE-OPTION…] [-- ARG… [---]]…
	fetch_images "$@" # what could start without has, above
	pod=$(tool pod-prepare $insecure -q -- "$@") || exit $FAILED
	start "$pod"
}

cmd_prepare() { # the same
	status=0
	trace "pod-prepare$insecure -q --" "$@"
	# It tells the pod itself, and removes it if it cannot.
	pod-prepare $insecure -q --fetchable -- "$@" || status=$?
	case $status in
	0) return ;;
	66) fetch_images "$@" ;;
	*) exit $FAILED ;;
	esac
	tool pod-prepare $insecure -q -- "$@"
}

cmd_restart() { # UUID
	test $# -eq 1 || usage restart
	pod=$(tool pod-list -q "$1") || exit $FAILED
	state=$(tool pod-list --status "$pod") || exit $FAILED
	case $state in
	*state=running*) tool pod-stop "$pod" >/dev/null ;;
	esac
	start "$pod"
}

cmd_wait() { # UUID… - ends as the first of them that failed did
	test $# -gt 0 || usage wait
	trace 'pod-list --exit-status' "$@"
	statuses=$(pod-list --exit-status "$@") || exit $FAILED
	say "$statuses"
	for status in $statuses
	do
		test "$status" -eq 0 || exit "$status"
	done
}

### The rest

cmd_completion() { # [bash]
	case ${1-bash} in
	bash) ;;
	*) die "completion: $1: only bash is known" ;;
	esac
	cat <<\END || exit $FAILED
@COMPLETION@
END
}

cmd_help() { # [COMMAND] - a section of man/help.txt
	case ${1-} in
	'') set -- '1,/^@/' ;;
	*) choose "$1" && set -- "/^@ $found\$/,/^@/" ;;
	esac
	sed -n "$1{/^@/!p;}" <<\END || exit $FAILED
@HELP@
END
}

# choose BEGINNING - sets $found to the command that begins so
choose() {
	found=
	for word in $COMMANDS
	do
		case $word in
		"$1") found=$word && break ;;
		"$1"*) found="$found $word" ;;
		esac
	done
	found=${found# }
	case $found in
	'') die "$1: no such command; rkt help lists them" ;;
	*' '*) die "$1: ambiguous command, one of $found" ;;
	esac
}

choose "$command"
command=$found
case ${1-} in
-h | -help | --help) set -- "$command" && command=help ;;
esac
case $command in
fetch | help | image | prepare | restart | run | trust | wait | completion)
	"cmd_$command" "$@"
	;;
attach) tool pod-attach "$@" ;;
cat-manifest) tool pod-list --manifest "$@" ;;
config) tool aci-config "$@" ;;
enter)
	trace 'pod-enter --join' "$@"
	exec pod-enter --join --fail-status=$FAILED "$@"
	;;
export) tool pod-root --export "$@" ;;
logs) tool pod-logs "$@" ;;
metadata-service) exec pod-metadata --listen --fail-status=$FAILED "$@" ;;
gc) tool pod-gc "$@" ;;
list) tool pod-list --table "$@" ;;
rm) tool pod-gc --remove "$@" ;;
run-prepared)
	pod=$(tool pod-prepare --late -- "$@") || exit $FAILED
	start "$pod"
	;;
status) tool pod-list --status "$@" ;;
stop) tool pod-stop "$@" ;;
version) say "rkt Version: $VERSION${newline}appc Version: 0.8.11" ;;
esac
