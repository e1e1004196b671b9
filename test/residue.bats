# SPDX-License-Identifier: Apache-2.0
# residue - test/residue notices what may be left behind
# shellcheck disable=SC2154
load helpers
load pods

setup() {
	fresh
	ip link set lo up
	before=$("$TEST/residue")
}

teardown() {
	stale
	end_networks
}

# added: the lines that are there now and were not before; none may be missing.
added() {
	diff <(echo "$before") <("$TEST/residue") | sed -n 's/^[<>] /&/p'
}

@test "residue: says the same twice when nothing changed" {
	is "$before" "$("$TEST/residue")"
	is '' "$(added)"
}

@test "residue: notices a mount" {
	mkdir "$T/m"
	mount -t tmpfs none "$T/m"
	run added
	matches "^> $T/m "
	umount "$T/m"
	is '' "$(added)"
}

@test "residue: notices each kind of namespace that a process holds" {
	for kind in cgroup ipc mnt net user uts; do
		echo "$kind"
		option=--$kind
		test "$kind" != mnt || option=--mount
		unshare "$option" sleep 1000 3>&- &
		wait_for eval "test \"\$(readlink /proc/$!/ns/$kind)\" != \
			\"\$(readlink /proc/self/ns/$kind)\""
		run added
		matches "> $kind:\[[0-9]+\]"
		kill "$!"
		wait "$!" || :
		is '' "$(added)"
	done
}

@test "residue: notices a process of ours" {
	uuid=$(pod_dir prepared)
	rm -r "$RKT_DIR/pods/prepared/$uuid/run.json"
	mkfifo "$RKT_DIR/pods/prepared/$uuid/lock.fifo"
	cp "$(command -v sleep)" "$T/pod-init"
	"$T/pod-init" 1000 3>&- &
	wait_for grep -qx pod-init "/proc/$!/comm"
	run added
	matches '> pod-init'
	kill "$!"
	wait "$!" || :
	rm -r "$RKT_DIR/pods"
	is '' "$(added)"
}

@test "residue: notices an interface, an address and a route" {
	ip link add rkt-x type veth peer name rkt-y
	matches 'rkt-x' "$(added)"
	ip link del rkt-x
	is '' "$(added)"
	ip address add 192.0.2.77/32 dev lo
	matches '192\.0\.2\.77/32' "$(added)"
	ip address del 192.0.2.77/32 dev lo
	is '' "$(added)"
	ip route add 198.51.100.0/24 dev lo
	matches '198\.51\.100\.0/24' "$(added)"
	ip route del 198.51.100.0/24 dev lo
	is '' "$(added)"
}

@test "residue: notices a table, a chain and a rule" {
	nft add table inet rkt-x
	matches 'table inet rkt-x' "$(added)"
	nft 'add chain inet rkt-x c; add rule inet rkt-x c accept'
	matches 'accept' "$(added)"
	nft delete table inet rkt-x
	is '' "$(added)"
}

@test "residue: notices a control group" {
	mkdir /sys/fs/cgroup/rkt.slice
	is '' "$(added)"
	mkdir /sys/fs/cgroup/rkt.slice/x
	matches 'rkt\.slice/x' "$(added)"
	rmdir /sys/fs/cgroup/rkt.slice/x /sys/fs/cgroup/rkt.slice
	is '' "$(added)"
}

@test "residue: notices a lock that is held, by its file" {
	: >"$RKT_RUN/mnt.lock"
	is '' "$(added)"
	flock "$RKT_RUN/mnt.lock" sleep 1000 3>&- &
	wait_for eval "! flock -n '$RKT_RUN/mnt.lock' true"
	matches "> $RKT_RUN/mnt.lock" "$(added)"
	kill "$!"
	wait "$!" || :
	pkill -x sleep
	wait_for flock -n "$RKT_RUN/mnt.lock" true
	is '' "$(added)"
}

@test "residue: a lock on another disk is not that of the file of its number" {
	mkdir "$T/other"
	mount -t tmpfs none "$T/other"
	mount -t tmpfs none "$RKT_RUN"
	: >"$RKT_RUN/mnt.lock"
	: >"$T/other/file"
	is "$(stat -c %i "$RKT_RUN/mnt.lock")" "$(stat -c %i "$T/other/file")"
	before=$("$TEST/residue")
	flock "$T/other/file" sleep 1000 3>&- &
	wait_for eval "! flock -n '$T/other/file' true"
	is '' "$(added)"
	kill "$!"
	wait "$!" || :
	pkill -x sleep
	wait_for flock -n "$T/other/file" true
	umount "$RKT_RUN" "$T/other"
}

@test "residue: notices a pod in each place, and a file in the store's tmp" {
	for place in embryo prepare prepared run exited-garbage garbage; do
		uuid=$(pod_dir "$place")
		matches "> $RKT_DIR/pods/$place/$uuid" "$(added)"
		rm -r "$RKT_DIR/pods/$place/$uuid"
	done
	mkdir -p "$RKT_DIR/cas/tmp" "$RKT_RUN/mnt"
	is '' "$(added)"
	: >"$RKT_DIR/cas/tmp/fetch-x"
	matches "> $RKT_DIR/cas/tmp/fetch-x" "$(added)"
	rm "$RKT_DIR/cas/tmp/fetch-x"
	mkdir "$RKT_RUN/mnt/sha512-x"
	matches "> $RKT_RUN/mnt/sha512-x" "$(added)"
	rmdir "$RKT_RUN/mnt/sha512-x"
	is '' "$(added)"
}

@test "residue: a pod that ran, ended and was collected leaves nothing" {
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	matches "rkt-${uuid:0:8}" "$(added)"
	pod-stop --force "$uuid"
	pod-gc --grace-period=0s
	pod-gc --grace-period=0s
	is '' "$(added)"
}
