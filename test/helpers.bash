# SPDX-License-Identifier: Apache-2.0
# helpers - what the bats files share
#
# Every test finds $BIN first in PATH, and RKT_DIR, RKT_RUN, RKT_CONF and
# RKT_SYSTEM_CONF naming fresh directories below $BATS_TEST_TMPDIR, which are
# removed after it, with what is mounted there and the pods that still run.  A
# file with a setup() or teardown() of its own calls fresh and stale from it.
# shellcheck shell=bash disable=SC2034,SC2154

bats_require_minimum_version 1.5.0

TEST=$(dirname "${BASH_SOURCE[0]}")
TEST=$(realpath "$TEST")
ROOT=${TEST%/*}
BIN=${RKT_BIN:-$ROOT/bin}
UUID='[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'

setup() {
	fresh
}

teardown() {
	stale
}

# The directories of one test.
fresh() {
	test "$(readlink /proc/self/ns/pid)" != 'pid:[4026531836]' || {
		echo 'run the tests by test/run: they change the machine' >&2
		return 1
	}
	PATH=$BIN:${PATH#"$BIN:"}
	T=$BATS_TEST_TMPDIR
	RKT_DIR=$T/lib RKT_RUN=$T/run RKT_CONF=$T/etc RKT_SYSTEM_CONF=$T/system
	export PATH RKT_DIR RKT_RUN RKT_CONF RKT_SYSTEM_CONF
	unset RKT_PROG RKT_DEBUG RKT_TRACE
	chmod 755 "$T"
	mkdir "$RKT_DIR" "$RKT_RUN" "$RKT_CONF" "$RKT_SYSTEM_CONF"
}

# Ends the pods of one test, and unmounts what it left.
stale() {
	local file pid rest target
	for file in "$RKT_DIR"/pods/*/*/pid; do
		test -f "$file" || continue
		read -r pid rest <"$file" || continue
		kill -KILL "$pid" 2>/dev/null || :
	done
	awk '{ print $5 }' /proc/self/mountinfo | tac |
		while read -r target; do
			case $target in "$BATS_TEST_TMPDIR"/*)
				umount -l "$target" || : ;;
			esac
		done
}

# wait_for [-t SECONDS] COMMAND [ARG...]: until it succeeds; 10 s at most.
wait_for() {
	local limit=10 end
	test "$1" != -t || {
		limit=$2
		shift 2
	}
	end=$((SECONDS + limit))
	until "$@" >/dev/null 2>&1; do
		test "$SECONDS" -lt "$end" || {
			echo "waited $limit s for: $*"
			return 1
		}
		sleep 0.05
	done
}

# field PATH [RECORD]: a member of a record ($output), which must be there.
field() {
	# jq takes no record for a success.
	test -n "${2-$output}" && jq -er "$1" <<<"${2-$output}"
}

# is WANT [GOT]: GOT ($output) is exactly WANT; else shows how it differs.
is() {
	test "$1" = "${2-$output}" ||
		diff -u --label want --label got <(printf '%s\n' "$1") \
			<(printf '%s\n' "${2-$output}")
}

# matches REGEX [TEXT]: TEXT ($output) matches the extended regular expression.
matches() {
	[[ ${2-$output} =~ $1 ]] || {
		printf 'does not match %s:\n%s\n' "$1" "${2-$output}"
		return 1
	}
}

# in_tty COMMAND [ARG...]: with a terminal of its own for stdin, out and err;
# what this has for stdin is typed there.
in_tty() {
	script -qefc "$(printf '%q ' "$@")" /dev/null
}

# snapshot DIR...: a line for each thing in it, to compare before and after.
snapshot() {
	find "$@" -printf '%y %m %U:%G %s %n %p %l\n' 2>/dev/null | sort -k 6
}

# mkaci [OPTION...] ROOTFS OUT: an image, as rkt's users make them.
#   -n NAME       example.com/app unless told
#   -v VERSION    the label version; "" for none (1.0)
#   -a ARCH       the label arch (this machine's)
#   -l NAME=VALUE one more label
#   -x JSON       app.exec (no app unless told)
#   -m FILTER     what jq is to do to the manifest, e.g. '.app.user = "7"'
#   -M FILE       the manifest itself, byte for byte
#   -z HOW        gzip (default), bzip2, xz, zstd, none
#   -L            manifest last in the archive
#   -o            files keep their owners, else they are root's, and xattrs
mkaci() {
	local name=example.com/app version=1.0 arch=amd64 exec='' filter=. how=gzip
	local labels=() manifest='' last='' option OPTIND=1 dir tar
	local owners=(--owner=0 --group=0)
	test "$(uname -m)" = x86_64 || arch=aarch64
	while getopts n:v:a:l:x:m:M:z:Lo option; do
		case $option in
		n) name=$OPTARG ;;
		v) version=$OPTARG ;;
		a) arch=$OPTARG ;;
		l) labels+=("$OPTARG") ;;
		x) exec=$OPTARG ;;
		m) filter=$OPTARG ;;
		M) manifest=$OPTARG ;;
		z) how=$OPTARG ;;
		L) last=1 ;;
		o) owners=(--xattrs) ;;
		*) return 64 ;;
		esac
	done
	shift $((OPTIND - 1))
	dir=$(mktemp -d "$BATS_TEST_TMPDIR/mkaci.XXXXXX")
	if test -n "$manifest"; then
		cp "$manifest" "$dir/manifest"
	else
		jq -nc --arg name "$name" --arg version "$version" \
			--arg arch "$arch" --argjson exec "${exec:-null}" '{
			acKind: "ImageManifest", acVersion: "0.8.11",
			name: $name, labels: ([
				{name: "version", value: $version},
				{name: "os", value: "linux"},
				{name: "arch", value: $arch}
			] | map(select(.value != "")) + ($ARGS.positional |
				map(split("=") | {name: .[0], value: .[1]})))
			} + if $exec then {app: {exec: $exec, user: "0",
				group: "0"}} else {} end | '"$filter" \
			--args "${labels[@]}" >"$dir/manifest" || return
	fi
	# shellcheck disable=SC2054
	tar=(tar --sort=name --numeric-owner "${owners[@]}"
		--mtime=@1000000000 --format=pax
		--pax-option=delete=atime,delete=ctime
		--transform 's,^\.,rootfs,rhS' -cf "$dir/tar")
	if test -n "$last"; then
		"${tar[@]}" -C "$1" . -C "$dir" manifest || return
	else
		"${tar[@]}" -C "$dir" manifest -C "$1" . || return
	fi
	case $how in
	gzip) gzip -nc "$dir/tar" >"$2" ;;
	bzip2 | xz | zstd) "$how" -c "$dir/tar" >"$2" ;;
	none) cp "$dir/tar" "$2" ;;
	*) return 64 ;;
	esac
	rm -r "$dir"
}

# busybox_root DIR: a root file system that has a shell, of /bin and /etc.
busybox_root() {
	mkdir -p "$1"/{bin,etc,root,tmp,var/tmp}
	chmod 1777 "$1/tmp" "$1/var/tmp"
	cp /bin/busybox "$1/bin/busybox"
	chroot "$1" /bin/busybox --install -s /bin
	printf '%s\n' root:x:0:0:root:/root:/bin/sh \
		app:x:1000:1001:app:/:/bin/sh >"$1/etc/passwd"
	printf '%s\n' root:x:0: app:x:1001: extra:x:1002:app >"$1/etc/group"
}

# busybox_aci OUT [MKACI-OPTION...]: an image of it; it runs sh -c ARGS.
busybox_aci() {
	local out=$1
	shift
	test -d "$BATS_FILE_TMPDIR/busybox" ||
		busybox_root "$BATS_FILE_TMPDIR/busybox"
	mkaci -n example.com/busybox -x '["/bin/sh","-c"]' "$@" \
		"$BATS_FILE_TMPDIR/busybox" "$out"
}

# put_aci FILE [CAS-PUT-OPTION...]: into the store, unsigned; prints the key.
put_aci() {
	local copy
	mkdir -p "$RKT_DIR/cas"
	test -d "$RKT_DIR/cas/tmp" || mkdir -m 700 "$RKT_DIR/cas/tmp"
	copy=$(mktemp "$RKT_DIR/cas/tmp/fetch-XXXXXX")
	cp "$1" "$copy"
	jq -nc --arg aci "$copy" --arg url "file://$(realpath "$1")" \
		'{v: 1, image: $url, fetch: {url: $url, aci: $aci}}' |
		cas-put --insecure -q "${@:2}"
}

# OpenPGP keys that are thrown away with the file's directory; NAME stands for
# one of them, made at its first use.  No agent stays behind.
gpg_in() {
	local home=$BATS_FILE_TMPDIR/gnupg status=0
	test -d "$home" || mkdir -m 700 "$home"
	gpg --homedir "$home" --batch --quiet --no-tty --pinentry-mode loopback \
		--passphrase '' --trust-model always "$@" || status=$?
	gpgconf --homedir "$home" --kill all
	return "$status"
}

# mkkey NAME [ALGORITHM [EXPIRE]]: its identity is "NAME <NAME@example.com>".
mkkey() {
	test ! -f "$BATS_FILE_TMPDIR/$1.pub" || return 0
	gpg_in --quick-generate-key "$1 <$1@example.com>" "${2:-ed25519}" \
		sign "${3:-never}" 2>/dev/null
	gpg_in --armor --export "=$1 <$1@example.com>" \
		>"$BATS_FILE_TMPDIR/$1.pub"
}

# key_file NAME: the file of the public key, armoured.
key_file() {
	mkkey "$1" && echo "$BATS_FILE_TMPDIR/$1.pub"
}

# fingerprint NAME: in lower case, as the key store has it.
fingerprint() {
	gpg_in --show-keys --with-colons "$(key_file "$1")" 2>/dev/null |
		awk -F: '$1 == "fpr" { print tolower($10); exit }'
}

# sign NAME FILE [OUT [GPG-OPTION...]]: a detached signature, FILE.asc.
sign() {
	mkkey "$1" && gpg_in --yes --armor "${@:4}" \
		--local-user "=$1 <$1@example.com>" \
		--output "${3:-$2.asc}" --detach-sign "$2"
}

# trust_key NAME PREFIX, trust_key NAME --root: as the operator's own hands do.
trust_key() {
	local dir=$RKT_CONF/trustedkeys/prefix.d/$2
	test "$2" != --root || dir=$RKT_CONF/trustedkeys/root.d
	mkdir -p "$dir"
	cp "$(key_file "$1")" "$dir/$(fingerprint "$1")"
}
