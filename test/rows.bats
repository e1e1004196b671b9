#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# rows - attacks on several tools at once, each named after its class
# shellcheck disable=SC2016,SC2154

load helpers

@test "each class of attacks has a test by its name" {
	local class letter
	for class in A:16 B:17 C:27 D:10 E:9; do
		letter=${class%:*}
		for ((n = 1; n <= ${class#*:}; n++)); do
			grep -qE "^@test .*\\b$letter$n\\b" "$TEST"/*.bats ||
				grep -qP "\\t$letter$n\\t" "$TEST"/archives/*.tsv || {
				echo "no test of $letter$n"
				false
			}
		done
	done
}

@test "A16 an older image that is signed is taken, and is not the one without a version" {
	mkdir "$T/root"
	for version in 2.0 1.0; do
		mkaci -n example.com/app -v "$version" "$T/root" "$T/$version.aci"
		sign good "$T/$version.aci"
	done
	trust_key good example.com/app
	# A key vouches for all that it signed: no rollback is noticed, which
	# aci-verify(1) says; who wants one version names it.
	for version in 2.0 1.0; do
		aci-fetch "$T/$version.aci" | aci-verify | cas-put -q
	done
	is 2 "$(cas-store ls -q | wc -l)"
	is 2.0 "$(cas-store get example.com/app:2.0 |
		jq -r '.store.labels.version // .image | split(":")[-1]')"
	grep -q 'rollback' "$ROOT/aci-verify/aci-verify.1"
}

# swap: exchanges directories of trees that are being made with links out, as
# long as it lives; says how often.
swap() {
	cat >"$T/swap.py" <<-'END'
	import ctypes, os, sys, glob
	libc = ctypes.CDLL(None)
	cas, outside, count = sys.argv[1], sys.argv[2], 0
	while True:
	    for root in glob.glob(cas + '/tmp/tree-*/rootfs'):
	        for above, name in ('', 'a'), ('', 'b'), ('a', 'c'), ('b', 'c'):
	            # Not through a link that we have put there ourselves.
	            try:
	                at = os.open(f'{root}/{above}', os.O_DIRECTORY | os.O_NOFOLLOW)
	            except OSError:
	                continue
	            try:
	                os.symlink(outside, name + '.swap', dir_fd=at)
	            except OSError:
	                pass
	            for _ in range(2):
	                if libc.renameat2(at, name.encode(), at,
	                                  (name + '.swap').encode(), 2) == 0:
	                    count += 1
	            os.close(at)
	    with open(sys.argv[3] + '.new', 'w') as out:
	        out.write(str(count))
	    os.rename(sys.argv[3] + '.new', sys.argv[3])
	END
	exec python3 "$T/swap.py" "$RKT_DIR/cas" "$T/outside" "$T/swaps"
}

@test "B14 CVE-2018-15664 a tree whose directories are swapped while it is made" {
	local before hammer end=$((SECONDS + 8))
	mkdir -p "$T"/root/{a,b}/c "$T/outside/c"
	for ((i = 0; i < 300; i++)); do
		echo inside | tee "$T"/root/{a,b}/{,c/}"file$i" >/dev/null
	done
	echo outside >"$T/outside/file1"
	mkaci "$T/root" "$T/x.aci"
	before=$(snapshot "$T/outside")
	put_aci "$T/x.aci" --render=tree >/dev/null
	cas-store rm "$(cas-store ls -q)"
	swap 3>&- &
	hammer=$!
	while test "$SECONDS" -lt "$end"; do
		put_aci "$T/x.aci" --render=tree >/dev/null 2>&1 || :
		cas-store ls -q | xargs -r cas-store rm >/dev/null 2>&1 || :
	done
	kill "$hammer"
	wait "$hammer" || :
	test "$(cat "$T/swaps")" -ge 100
	is "$before" "$(snapshot "$T/outside")"
}

@test "D1 modes of all that is made, whatever the umask" {
	local mask was='' now
	busybox_aci "$T/app.aci"
	for mask in 022 000 077; do
		rm -rf "$RKT_DIR"
		mkdir -m 755 "$RKT_DIR" "$RKT_DIR/cas"
		(
			umask "$mask"
			put_aci "$T/app.aci" --render=tree >/dev/null
			pod=$(rkt prepare example.com/busybox -- true)
			rkt run-prepared "$pod"
		)
		now=$(cd "$RKT_DIR" && find . -path './cas/tree/*/*' -prune -o \
			-printf '%y %m %p\n' |
			sed -E "s/$UUID/UUID/; s,[^/ ]*fetch-[^ ]*,FETCH," | sort)
		test -z "$was" || is "$was" "$now"
		was=$now
	done
	is 700 "$(stat -c %a "$RKT_DIR/cas/tree")"
	is 700 "$(stat -c %a "$RKT_DIR/cas/tmp")"
	is 700 "$(stat -c %a "$RKT_DIR/pods")"
	is '' "$(find "$RKT_DIR" -path '*/cas/tree/*' -prune -o \
		! -type l -perm /022 -print)"
}

@test "D6 CVE-2025-4953 no file is made outside of the store and the pods" {
	busybox_aci "$T/app.aci"
	sign good "$T/app.aci"
	trust_key good --root
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o "$T/trace" \
		-e trace=open,openat,openat2,mkdir,mkdirat,mknod,mknodat,symlink,symlinkat,link,linkat,rename,renameat,renameat2 \
		sh -c 'rkt fetch "$1" && rkt run example.com/busybox -- true &&
			rkt gc --grace-period=0s && rkt gc --grace-period=0s' \
		sh "$T/app.aci"
	# What is made by an absolute path; the rest is below descriptors of
	# these, or of file systems that nobody else sees.
	is '' "$(grep -E 'O_CREAT|^[0-9]+ +(mk|sym|link|rename)' "$T/trace" |
		grep -E '(\(|, )"/' | grep -v ' = -1 ' |
		grep -vE "\"($RKT_DIR|$RKT_RUN|/proc/self|/dev/(null|tty)|/sys/fs/cgroup)" |
		grep -vE '"/tmp/(gpg|gnupg)?[^/]*' || :)"
	is '' "$(find /tmp /var/tmp /dev/shm -newer "$T/app.aci.asc" \
		-not -path "$RKT_WORLD*" -not -path "$T*" -type f -user root \
		-name '*rkt*')"
}

@test "D9 no call that fails in a pod's life is taken for done" {
	local call n status
	busybox_aci "$T/app.aci"
	put_aci "$T/app.aci" >/dev/null
	export ASAN_OPTIONS=detect_leaks=0
	for call in openat:EMFILE mkdirat:ENOSPC linkat:EDQUOT write:EIO \
		renameat:ENOSPC unshare:ENOSPC clone:ENOMEM fsmount:ENOMEM; do
		for n in 1 2 3; do
			status=0
			strace -f -qq -o "$T/trace" -e trace="${call%:*}" \
				-e "inject=${call%:*}:error=${call#*:}:when=$n" \
				rkt run example.com/busybox -- 'echo done' \
				>"$T/out" 2>"$T/err" || status=$?
			# Either it went on without, or says so, in its own words.
			grep -q INJECTED "$T/trace" || continue
			test "$status" = 0 || test -s "$T/err"
			test "$status" != 0 || is 'done' "$(cat "$T/out")"
		done
	done
	run -0 rkt run example.com/busybox -- 'echo done'
	is 'done'
	rkt gc --grace-period=0s
	rkt gc --grace-period=0s --expire-prepared=0s
	is '' "$(find "$RKT_DIR/pods" -mindepth 2)"
}
