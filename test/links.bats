# SPDX-License-Identifier: Apache-2.0
# links - the link lines are architecture, and the warm path is short
load helpers

# What each program may load, and loads; "static": nothing at all.
declare -gA LIBS=(
	[aci-config]='libc libcurl libjansson'
	[aci-convert]='libc libcrypto libjansson'
	[aci-discover]='libc libcurl libgumbo libjansson'
	[aci-export]='libarchive libc libcrypto libjansson'
	[aci-fetch]='libc libcrypto libcurl libjansson libyaml-0'
	[aci-local]='libarchive libc libcrypto libjansson'
	[aci-make]='libarchive libbz2 libc libcrypto libisal libjansson liblzma libzstd'
	[aci-trust]='libc libgpgme libjansson'
	[aci-verify]='libc libcrypto libgpgme libjansson libz'
	[cas-check]='libc libcrypto libjansson'
	[cas-put]='libbz2 libc libcrypto libisal libjansson liblzma libzstd'
	[cas-store]=static
	[pod-enter]=static
	[pod-gc]='libc libjansson'
	[pod-init]=static
	[pod-list]=static
	[pod-attach]=static
	[pod-logs]=static
	[pod-metadata]=static
	[pod-netns]=static
	[pod-prepare]=static
	[pod-root]='libc libjansson'
	[pod-stop]=libc
)

# The libraries that a program names itself, without a sanitizer's.
needed() {
	readelf -dW "$BIN/$1" |
		sed -nE 's/.*\(NEEDED\).*\[(.*)\.so.*\]$/\1/p' |
		grep -vxE 'lib(asan|ubsan|m|gcc_s|dl|rt|pthread|resolv)' | sort |
		tr '\n' ' ' | sed 's/ $//'
}

# Is this the build of "make asan"?  It cannot be static.
instrumented() {
	readelf -dW "$BIN/pod-stop" | grep -qF libasan
}

# An image whose app is a static "true", in the store.
warm_image() {
	busybox_aci "$T/true.aci" -n example.com/true -x '["/bin/true"]'
	put_aci "$T/true.aci" >/dev/null
	# The first run mounts the image; those after it are warm.
	rkt run example.com/true </dev/null
}

# One run under strace: what it opened and ran is in $T/trace.
traced_run() {
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -s 256 -o "$T/trace" -e \
		trace=execve,execveat,open,openat,openat2,fsync,fdatasync,sync,syncfs,sync_file_range \
		rkt run "$@" example.com/true </dev/null
}

# The programs that were run, in order, by their names.
executed() {
	sed -nE 's/^[0-9]+ +exec[a-z]+\((.*)\) = 0$/\1/p' "$T/trace" |
		sed -E 's/^[^"[]*"([^"]*)", \["?([^",]*).*/\1 \2/' |
		awk '{ path = $1 == "" || $1 ~ "^/proc/" ? $2 : $1
			sub(".*/", "", path); printf "%s ", path }' |
		sed 's/ $//'
}

@test "the README says of each program what it links" {
	run -0 sed -nE 's/^\| `([a-z-]+)` \| [^|]+\| [^|]+\| ([^|]+) \|.*/\1 \2/p' \
		"$ROOT/README.md"
	is "$(printf '%s\n' "${!LIBS[@]}" | sort)" \
		"$(cut -d ' ' -f 1 <<<"$output" | sort)"
	while read -r tool said; do
		echo "$tool"
		case ${LIBS[$tool]} in
		static) matches '\(static\)$' "$said" ;;
		*)
			is "$(tr ' ' '\n' <<<"${LIBS[$tool]}" |
				sed -E 's/^lib//; s/-0$//; /^(c|jansson)$/d' |
				sort)" \
				"$(sed 's/, /\n/g; s/ISA-L/isal/; s/zlib/z/' <<<"$said" |
					sed 's/^lib//; /^–$/d' | sort)"
			;;
		esac
	done <<<"$output"
}

@test "each program links what its line in the table says, and no more" {
	run -0 ls "$BIN"
	is "$({ printf '%s\n' "${!LIBS[@]}" rkt; } | sort)"
	for tool in "${!LIBS[@]}"; do
		want=${LIBS[$tool]}
		test "$want" != static || want=''
		echo "$tool"
		if instrumented; then
			continue
		fi
		is "$want" "$(needed "$tool")"
		if test -z "$want"; then
			run readelf -lW "$BIN/$tool"
			[[ $output != *INTERP* ]]
		fi
	done
}

@test "no program loads by the way what it must not link" {
	instrumented && return
	for tool in aci-discover aci-fetch aci-convert; do
		run -0 ldd "$BIN/$tool"
		[[ $output != *gpgme* && $output != *archive* ]]
	done
	run -0 ldd "$BIN/aci-local"
	[[ $output != *curl* && $output != *gpgme* ]]
	for tool in aci-verify aci-trust; do
		run -0 ldd "$BIN/$tool"
		[[ $output != *curl* && $output != *archive* ]]
	done
	for tool in pod-netns pod-gc pod-stop; do
		run -0 ldd "$BIN/$tool"
		[[ $output != *curl* && $output != *archive* ]]
		[[ $output != *gpgme* && $output != *crypto* ]]
	done
}

@test "programs are position independent, with read-only relocations" {
	for tool in "${!LIBS[@]}"; do
		echo "$tool"
		run -0 readelf -hldW "$BIN/$tool"
		matches 'Type: +DYN'
		matches 'GNU_RELRO'
		matches 'GNU_STACK +[x0-9a-f ]+RW '
		matches 'NOW'
	done
}

@test "no tool includes another's header" {
	run grep -nE '#include "[^"]*/' "$ROOT"/*/*.[ch]
	is ''
}

@test "a warm run with the host's network runs these programs alone" {
	warm_image
	traced_run
	is 'rkt pod-prepare pod-enter pod-init true' "$(executed)"
}

@test "a warm run with a private network runs these programs alone" {
	warm_image
	traced_run --private-net
	is 'rkt pod-prepare pod-netns pod-enter pod-init true' \
		"$(executed)"
}

@test "a warm run loads no library of the fetch, and waits for no disk" {
	warm_image
	for network in --net=host --private-net; do
		traced_run "$network"
		run grep -E 'lib(curl|lzma|gpgme|crypto|jq|nftables)' "$T/trace"
		is ''
		run grep -E ' (fsync|fdatasync|sync|syncfs|sync_file_range)\(' \
			"$T/trace"
		is ''
	done
}
