# SPDX-License-Identifier: Apache-2.0
# userns - the users of a pod, which are nobody on the host
# shellcheck disable=SC2016,SC2154 # what stands in single quotes is for the pod
load helpers
load enter
load pods

FIRST=524288
COUNT=65536

teardown() {
	stale
	end_networks
}

# chain [OPTION...] -- COMMANDS: prepares a pod with a network of its own (the
# options of the image are in $own) and runs it; what it says is in $output and
# $stderr, its status in $status.
own=()
chain() {
	local options=()
	while test "$1" != --; do
		options+=("$1")
		shift
	done
	prepare --net=none "${options[@]}" example.com/app \
		"${own[@]}" -- "$2"
	status=0
	output=$(pod-netns "$pod" pod-enter "$pod" 2>"$T/stderr" | cat) ||
		status=$?
	stderr=$(cat "$T/stderr")
}

# chain_says TEXT ARG...: that is all that the app says, and it succeeds.
chain_says() {
	chain "${@:2}"
	is "$1"
	is '' "$stderr"
	test "$status" = 0
}

# stay [COMMANDS]: a detached pod, once it has written /ready.
stay() {
	prepare --net=none --detach example.com/app -- \
		"{ ${1:-:}; } >/new; mv /new /ready; sleep 100"
	pod-netns "$pod" pod-enter "$pod"
	wait_for has app ready
}

# The first id of a pod's range, as the pod and the host say.
first_of() {
	local first
	first=$(readlink "$(place "$1")/uids")
	is "$1" "$(readlink "$RKT_RUN/uids/$first")" >&2
	echo "$first"
}

@test "userns: root in a pod with a network of its own is nobody on the host" {
	stay 'cat /proc/self/uid_map /proc/self/gid_map; id -u'
	first=$(first_of "$pod")
	(((first - FIRST) % COUNT == 0 && first >= FIRST))
	is " 0 $first 65536
 0 $first 65536
0" "$(tr -s ' ' <"$(place "$pod")/app.upper/ready")"
	# Every process of it, pod-init as well.
	for process in $(init) $(pgrep -P "$(init)"); do
		is "$first $first $first $first" "$(awk '
			$1 == "Uid:" { print $2, $3, $4, $5 }' \
			"/proc/$process/status")"
	done
	kill -TERM "$(init)"
}

@test "userns: pods have different ranges, and none of subuid's" {
	local pods=() firsts
	printf 'user:%d:%d\n' $FIRST $((20000 * COUNT)) >/etc/subuid
	printf 'user:%d:%d\n' $((FIRST + 20001 * COUNT)) 1 >/etc/subgid
	while test ${#pods[@]} -lt 5; do
		stay
		pods+=("$pod")
	done
	firsts=$(for pod in "${pods[@]}"; do first_of "$pod"; done)
	is 5 "$(sort -u <<<"$firsts" | wc -l)"
	while read -r first; do
		((first >= FIRST + 20000 * COUNT))
		((first != FIRST + 20001 * COUNT))
		((first < 1879048192))
	done <<<"$firsts"
	for pod in "${pods[@]}"; do kill -KILL "$(init)"; done
	rm /etc/subuid /etc/subgid
}

@test "userns: the image's files are the pod's own, from an index and a tree" {
	for kind in erofs tree; do
		export RKT_DIR=$T/lib-$kind RKT_STORE_KIND=$kind
		mkdir "$RKT_DIR"
		image 'mkdir -p data && chown 7:8 data && touch data/mine &&
			chown 1000:1001 data/mine' -o
		prepare --net=none example.com/other -- '
			stat -c "%u:%g %n" / /bin/sh /data /data/mine
			echo changed >>/data/mine && chown 5:6 /data/mine
			stat -c "%u:%g %n" /data/mine'
		run -0 pod-netns "$pod" pod-enter "$pod"
		is '0:0 /
0:0 /bin/sh
7:8 /data
1000:1001 /data/mine
5:6 /data/mine'
		first=$(first_of "$pod")
		is "$((first + 5)):$((first + 6))" \
			"$(stat -c %u:%g "$(place "$pod")/other.upper/data/mine")"
		# The next one has it as it was.
		prepare --net=none example.com/other -- \
			'stat -c %u:%g:%s /data/mine'
		run -0 pod-netns "$pod" pod-enter "$pod"
		is 1000:1001:0
		run -0 cas-store check
		case $kind in
		erofs) test -d "$RKT_RUN/mnt/$(head -c 71 "$T/key")" ;;
		tree) test -d "$RKT_DIR/cas/tree/$(head -c 71 "$T/key")" ;;
		esac
	done
}

# Before Linux 6.15 this is how each starts; here a first attempt is refused.
@test "userns: where overlayfs takes no mount that it does not see, it sees it" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	prepare --net=none example.com/app -- 'id -u; stat -c %u:%g /bin/sh
		touch /new; grep -c . /proc/self/mountinfo'
	run -0 pod-netns "$pod" pod-enter "$pod"
	mounts=${lines[2]}
	for call in 6 7; do # with one layer above the image, and with two
		run -0 pod-netns "$pod" strace -qq -o "$T/calls" -e trace=fsconfig,wait4 \
			-e inject=fsconfig:error=EINVAL:when=$call pod-enter "$pod"
		is "0
0:0
$mounts"
		sed -n '/_CMD_CREATE.*INJECTED/,/^wait4/p' "$T/calls" |
			grep '^wait4.*WEXITSTATUS(s) == 0'
		first=$(first_of "$pod")
		is "$first" "$(stat -c %u "$(place "$pod")/app.upper/new")"
	done
	run ! grep -e "$RKT_DIR/pods" /proc/self/mountinfo
}

@test "userns: what fails where it sees it is said once, with the status told" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	for status in 22 254; do
		prepare --net=none example.com/app -- true
		run "-$status" --separate-stderr pod-netns "$pod" strace -f -qq \
			-o "$T/calls" -e inject=fsconfig:error=EINVAL:when=5 \
			-e inject=unshare:signal=USR2 -e trace=fsconfig,unshare \
			pod-enter --fail-status=$status "$pod"
		is 'pod-enter: app: overlay: Input/output error' "$stderr"
		prepare --net=none example.com/app -- true
		run "-$status" --separate-stderr pod-netns "$pod" strace -f -qq \
			-o "$T/calls" -e inject=fsconfig:error=EINVAL:when=5 \
			-e inject=openat2:error=EMFILE:when=3+ \
			pod-enter --fail-status=$status "$pod"
		matches '^pod-enter: app: app\.[a-z0-9.]+: Too many open files$' \
			"$stderr"
	done
}

@test "userns: what a pod writes belongs to its range, setuid files too" {
	chain_says '' -- 'touch /a; mkdir /b; cp /bin/sh /b/sh; chmod 4755 /b/sh
		ln -s a /link; mkfifo /fifo; chown -h 65535:3 /link'
	first=$(first_of "$pod")
	is '' "$(find "$(place "$pod")/app.upper" \
		\( -uid "-$first" -o -gid "-$first" \) -print)"
	is "$first 4755" "$(stat -c '%u %a' "$(place "$pod")/app.upper/b/sh")"
	is "$((first + 65535)):$((first + 3))" \
		"$(stat -c %u:%g "$(place "$pod")/app.upper/link")"
}

@test "userns: ports below 1024, ping, chown and terminals work inside" {
	chain_says 'PING 127.0.0.1
80' -- 'ping -c 1 127.0.0.1 | head -n 1 | cut -d " " -f 1-2
		nc -l -p 80 -e echo 80 & while ! netstat -ltn | grep -q :80; do
		:; done; nc 127.0.0.1 80'
	# ping(8) of who is not root, without a raw socket.
	own=(--user=1000 --group=1000)
	chain_says $'0\t65535' -- 'cat /proc/sys/net/ipv4/ping_group_range'
	own=()
	chain_says '0:0 755 /dev/pts
0:0 1777 /dev/shm
0:0 666 /dev/pts/ptmx' -- \
		'stat -c "%u:%g %a %n" /dev/pts /dev/shm /dev/pts/ptmx'
	# Its own standard streams can be opened again.
	chain_says ok -- 'echo ok >/dev/stdout'
}

@test "userns: a host's volume is another's, unless its ids are to be mapped" {
	mkdir "$T/host"
	echo text >"$T/host/file"
	chown 5:6 "$T/host/file"
	chmod 600 "$T/host/file"
	chain_says '65534:65534 /v
65534:65534 /v/file' --volume="v,kind=host,source=$T/host" \
		--mount=volume=v,target=/v -- 'stat -c "%u:%g %n" /v /v/file
		cat /v/file 2>/dev/null; touch /v/new 2>/dev/null; :'
	is file "$(ls "$T/host")"
	chain_says '0:0 /v
5:6 /v/file
text' --volume="v,kind=host,source=$T/host,idmap=true" \
		--mount=volume=v,target=/v -- 'stat -c "%u:%g %n" /v /v/file
		cat /v/file; touch /v/new; chown 7:8 /v/new'
	is 7:8 "$(stat -c %u:%g "$T/host/new")"
	# Without users of its own there is nothing to be mapped.
	chain_says 5:6 --volume="v,kind=host,source=$T/host,idmap=true" \
		--private-users=no --mount=volume=v,target=/v -- \
		'stat -c %u:%g /v/file'
	run -64 pod-prepare --volume=v,kind=empty,idmap=true example.com/app
	matches 'idmap is for host volumes only'
}

@test "userns: empty volumes are the pod's own, those with content too" {
	chain_says '0:0 755
3:4 2770' --volume=one,kind=empty --mount=volume=one,target=/one \
		--volume=two,kind=empty,mode=2770,uid=3,gid=4 \
		--mount=volume=two,target=/two -- \
		'touch /one/x /two/x; stat -c "%u:%g %a" /one /two'
	first=$(first_of "$pod")
	is "$((first + 3)):$((first + 4))" \
		"$(stat -c %u:%g "$(place "$pod")/volumes/two")"
	is "$first" "$(stat -c %u "$(place "$pod")/volumes/one/x")"
	# What the image has there comes along.
	image 'mkdir data && echo text >data/file && chown 9:9 data/file data' \
		-o -m '.app.mountPoints = [{name: "data", path: "/data"}] |
		.annotations = [{name: "appc.io/docker/imageid", value: "x"}]'
	prepare --net=none example.com/other -- 'stat -c %u:%g /data /data/file'
	run -0 --separate-stderr pod-netns "$pod" pod-enter "$pod"
	is '9:9
9:9'
}

@test "userns: --private-users=no, and the host's network, do without" {
	chain_says '         0          0 4294967295' --private-users=no -- \
		'cat /proc/self/uid_map'
	run -1 test -e "$(place "$pod")/uids"
	prepare example.com/app -- 'cat /proc/self/uid_map'
	run -0 pod-netns "$pod" pod-enter "$pod"
	is '         0          0 4294967295'
	prepare --private-users=yes example.com/app -- true
	run -125 --separate-stderr pod-netns "$pod" pod-enter "$pod"
	is "pod-netns: a user namespace needs a network of the pod's own, and it has the host's" \
		"$stderr"
	chain_says 0 --private-users=yes -- 'id -u'
	test -L "$(place "$pod")/uids"
}

@test "userns: --join is as the app: ids, namespaces, capabilities" {
	image 'mkdir -m 777 w'
	prepare --net=none --detach example.com/other --user=7 --group=8 \
		--oom-score-adj=500 -- \
		'look() { cat /proc/self/uid_map /proc/self/gid_map
			cat /proc/self/oom_score_adj
			grep -E "^(Uid|Gid|Groups|Cap|NoNew|Seccomp)" /proc/self/status
			for ns in user net mnt pid ipc uts cgroup; do
				readlink /proc/self/ns/$ns; done
			ulimit -n -c -l; }
		look >/w/app; : >/w/ready; sleep 100'
	pod-netns "$pod" pod-enter "$pod"
	wait_for has other w/ready
	run -0 --separate-stderr enter sh -c '
		cat /proc/self/uid_map /proc/self/gid_map
		cat /proc/self/oom_score_adj
		grep -E "^(Uid|Gid|Groups|Cap|NoNew|Seccomp)" /proc/self/status
		for ns in user net mnt pid ipc uts cgroup; do
			readlink /proc/self/ns/$ns; done
		ulimit -n -c -l'
	is "$(cat "$(place "$pod")/other.upper/w/app")"
	is 500 "$(sed -n 3p <<<"$output")"
	test "$(readlink /proc/self/ns/user)" != \
		"$(readlink "/proc/$(init)/ns/user")"
	kill -TERM "$(init)"
}

@test "userns: an app cannot spare itself when memory ends" {
	prepare --net=none example.com/app --oom-score-adj=300 -- 'cat /proc/self/oom_score_adj
		echo 5 >/proc/self/oom_score_adj && cat /proc/self/oom_score_adj
		(echo -1 >/proc/self/oom_score_adj) 2>&- || echo refused'
	run -0 --separate-stderr pod-netns "$pod" pod-enter "$pod"
	is '300
5
refused'
}

@test "userns: the apps of a pod are in the same" {
	prepare --net=none example.com/app --name=one -- \
		'readlink /proc/self/ns/user' --- example.com/app \
		--name=two -- 'readlink /proc/self/ns/user'
	run -0 --separate-stderr pod-netns "$pod" pod-enter "$pod"
	is 1 "$(grep -c . <<<"$(grep -o 'user:.*' <<<"$output" | sort -u)")"
}

@test "userns: its root cannot undo what hides /proc, nor reach the host" {
	image : -m '.app.isolators = [{
		name: "os/linux/capabilities-retain-set", value: {set: [
			"CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_SYSLOG",
			"CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH",
			"CAP_SYS_MODULE", "CAP_SYS_TIME"]}}]'
	mkdir -m 700 "$T/host"
	echo secret >"$T/host/file"
	prepare --net=none --volume="v,kind=host,source=$T/host" \
		--mount=volume=v,target=/v example.com/other -- '
		cat /v/file && echo read
		echo 1 >/proc/sys/kernel/panic && echo panic
		date -s 2001-01-01 2>&1 | grep -q "not permitted" || echo time
		dmesg && echo dmesg
		mknod /n b 7 0 && echo mknod
		echo 0 >/sys/fs/cgroup/cgroup.procs && echo cgroup; :'
	run -0 --separate-stderr pod-netns "$pod" pod-enter "$pod"
	is ''
}

@test "userns: gc frees the range together with the pod" {
	chain_says '' -- :
	first=$(first_of "$pod")
	# As long as its files are there it keeps them.
	test -L "$RKT_RUN/uids/$first"
	pod-gc --remove "$pod"
	is '' "$(ls "$RKT_RUN/uids")"
	# Run again, it has the same.
	chain_says '' -- :
	first=$(first_of "$pod")
	run -0 rkt restart "$pod"
	is "$first" "$(first_of "$pod")"
	# One that has become another's is left to that.
	ln -sfn 00000000-0000-4000-8000-000000000001 "$RKT_RUN/uids/$first"
	run -254 --separate-stderr rkt restart "$pod"
	is "rkt: pod $pod: its user ids are another pod's by now" "$stderr"
	# Its files are not the host's users'.
	run -254 --separate-stderr rkt run-prepared --net=host "$pod"
	is "rkt: pod $pod: has run with users of its own, who own its files" \
		"$stderr"
	pod-gc --remove "$pod"
	is "$first" "$(ls "$RKT_RUN/uids")"
}

@test "userns: when all ranges are taken, it says to try again" {
	mkdir -p "$RKT_RUN/uids"
	python3 - "$RKT_RUN/uids" <<-'END'
	import os, sys
	os.chdir(sys.argv[1])
	for first in range(524288, 1879048192, 65536):
	    os.symlink("00000000-0000-4000-8000-000000000001", str(first))
	END
	chain -- :
	prepare --net=none example.com/app -- :
	run -75 --separate-stderr pod-netns "$pod" true
	is 'pod-netns: all ranges of user ids from 524288 to 1879048191 are in use, try again' \
		"$stderr"
	run -1 test -L "$(place "$pod")/uids"
	rm "$RKT_RUN/uids/1000013824"
	run -0 pod-netns "$pod" pod-enter "$pod"
	is 1000013824 "$(first_of "$pod")"
}

@test "userns: where the pods' files cannot be mapped, it says so and goes on" {
	mkdir "$T/below" "$T/upper" "$T/work" "$T/lib-overlay"
	mount -t overlay -o "lowerdir=$T/below,upperdir=$T/upper,workdir=$T/work" \
		overlay "$T/lib-overlay"
	export RKT_DIR=$T/lib-overlay
	put_aci "$BATS_FILE_TMPDIR/image.aci"
	prepare --net=none example.com/app -- true
	run -0 --separate-stderr pod-netns "$pod" cat /proc/self/uid_map
	is '         0          0 4294967295'
	is 'pod-netns: no user namespace: the file system of the pods cannot map ids' \
		"$stderr"
	run -1 test -L "$(place "$pod")/uids"
	is '' "$(ls "$RKT_RUN/uids")"
	prepare --net=none --private-users=yes example.com/app -- true
	run -125 --separate-stderr pod-netns "$pod" true
	is 'pod-netns: a user namespace: the file system of the pods cannot map ids' \
		"$stderr"
}

@test "userns: a kernel that allows none is named, and how to do without" {
	prepare --net=none example.com/app -- 'id -u'
	# Of a user namespace of the test's own: the world has the machine's.
	mkfifo "$T/go"
	unshare --user sh -c 'read -r go <"$0" && exec sh -c "
		echo 0 >/proc/sys/user/max_user_namespaces &&
		exec pod-netns $1 true"' "$T/go" "$pod" 2>"$T/stderr" 3>&- &
	wait_for eval \
		"test $(readlink /proc/self/ns/user) != \$(readlink /proc/$!/ns/user)"
	echo '0 0 4294967295' >/proc/$!/uid_map
	echo '0 0 4294967295' >/proc/$!/gid_map
	echo >"$T/go"
	status=0
	wait $! || status=$?
	is 125 "$status"
	is 'pod-netns: a user namespace: the kernel allows no more (user.max_user_namespaces, user.max_net_namespaces); --private-users=no does without' \
		"$(cat "$T/stderr")"
	run -0 pod-netns "$pod" pod-enter "$pod"
	is 0
}

@test "userns: export of such a pod has the ids of the image" {
	chain_says '' -- 'echo text >/made; chown 7:8 /made'
	run -0 rkt export --overwrite "$pod" "$T/out.aci"
	mkdir "$T/to"
	tar -C "$T/to" -xzf "$T/out.aci"
	is '7:8 text' "$(stat -c %u:%g "$T/to/rootfs/made") $(cat "$T/to/rootfs/made")"
	is 0:0 "$(stat -c %u:%g "$T/to/rootfs/bin/sh")"
	# Also of what it wrote in an earlier run.
	run -0 rkt restart "$pod"
	run -0 rkt export --overwrite "$pod" "$T/out.aci"
	tar -C "$T/to" -xzf "$T/out.aci"
	is 7:8 "$(stat -c %u:%g "$T/to/rootfs/made")"
}

@test "userns: a user that the range has not is refused by name" {
	own=(--user=65536)
	chain -- true
	is 'pod-enter: app: a user or group above 65535, the last that a pod with users of its own has (--private-users=no)' \
		"$stderr"
	own=(--user=65535)
	chain_says 65535 -- 'id -u'
	# By the owner of a file of the image.
	image 'touch mine && chown 12:13 mine' -o
	prepare --net=none example.com/other --user=/mine --group=/mine -- \
		'id -u; id -g'
	run -0 --separate-stderr pod-netns "$pod" pod-enter "$pod"
	is '12
13'
}
