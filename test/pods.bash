# SPDX-License-Identifier: Apache-2.0
# pods - pods by hand, for the tools that need no image
# shellcheck shell=bash disable=SC2154

# pod_dir PLACE [NET]: a pod of that place and network; prints its UUID.
pod_dir() {
	local uuid dir
	uuid=$(cat /proc/sys/kernel/random/uuid)
	dir=$RKT_DIR/pods/$1/$uuid
	test -d "$RKT_DIR/pods" || mkdir -m 700 "$RKT_DIR/pods"
	mkdir -p "$dir/log" "$dir/status" "$dir/a.upper/etc"
	: >"$dir/lock"
	echo '{"apps":[]}' >"$dir/pod"
	jq -nc --arg net "${2:-host}" '{net: ($net / ",")}' >"$dir/run.json"
	echo "$uuid"
}

# run_pod UUID [COMMAND [ARG...]]: starts it by pod-netns, with the command
# (sleep) in pod-init's place, and waits until it has its pid file.
run_pod() {
	local uuid=$1
	shift
	test $# -gt 0 || set -- sleep 1000
	# shellcheck disable=SC2016
	pod-netns "$uuid" sh -c 'dir=$1 && shift &&
		set -- "$dir" $$ "$(cut -d " " -f 22 /proc/$$/stat)" "$@" &&
		echo "$2 $3" >"$dir/pid.new" && mv "$dir/pid.new" "$dir/pid" &&
		shift 3 && exec "$@"' sh "$RKT_DIR/pods/run/$uuid" "$@" \
		</dev/null >"$T/$uuid.log" 2>&1 3>&- &
	wait_for test -s "$RKT_DIR/pods/run/$uuid/pid"
}

# pid_of UUID: its process.
pid_of() {
	cut -d ' ' -f 1 "$RKT_DIR"/pods/*/"$1"/pid
}

# end_pod UUID: kills it, and waits until that is done.
end_pod() {
	local pid
	pid=$(pid_of "$1")
	kill -KILL "$pid"
	wait_for eval "! kill -0 $pid"
}

# place_of UUID: where the pod is; fails if it is nowhere.
place_of() {
	local dir
	for dir in "$RKT_DIR"/pods/*/"$1"; do
		test -d "$dir" || return 1
		dir=${dir%/*}
		echo "${dir##*/}"
	done
}

# end_networks: ends whatever has another network namespace than the test, and
# waits until the kernel has taken away what those held; flushes the rules.
end_networks() {
	local own process
	own=$(readlink /proc/self/ns/net)
	for process in /proc/[0-9]*; do
		test "$(readlink "$process/ns/net")" = "$own" ||
			kill -KILL "${process#/proc/}" 2>/dev/null || :
	done
	jobs -p | xargs -r kill -KILL 2>/dev/null || :
	wait_for eval "! ip -o link | grep -q 'rkt-\|up0'"
	nft flush ruleset
}

# in_pod UUID COMMAND [ARG...]: in the pod's network.
in_pod() {
	nsenter --net="/proc/$(pid_of "$1")/ns/net" "${@:2}"
}

# outside_world: a network beyond the host's, 198.51.100.1, by the interface up0
# of a host that has no other; OUTSIDE is the process that holds it.
outside_world() {
	unshare --net sleep 1000 3>&- &
	OUTSIDE=$!
	wait_for eval "test \"\$(readlink /proc/$OUTSIDE/ns/net)\" != \
		\"\$(readlink /proc/self/ns/net)\""
	ip link set lo up
	ip link add up0 type veth peer name out0 netns "$OUTSIDE"
	ip address add 192.0.2.1/24 dev up0
	ip link set up0 up
	outside ip address add 192.0.2.9/24 dev out0
	outside ip address add 198.51.100.1/32 dev lo
	outside ip link set lo up
	outside ip link set out0 up
	ip route add default via 192.0.2.9
}

outside() {
	nsenter --net="/proc/$OUTSIDE/ns/net" "$@"
}

# answer PORT: what the host or outside listens on; says who asks.
answer() {
	exec python3 -c 'import socket, sys
s = socket.create_server(("0.0.0.0", int(sys.argv[1])))
while True:
    c, a = s.accept()
    c.sendall((a[0] + "\n").encode())
    c.close()' "$1"
}

# ask ADDRESS PORT: prints the answer.
ask() {
	python3 -c 'import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
sys.stdout.write(s.makefile().read())' "$@"
}

# default_conf JQ-FILTER: net.d has the network default as built in, changed.
default_conf() {
	mkdir -p "$RKT_CONF/net.d"
	jq -n '{cniVersion: "0.1.0", name: "default", type: "ptp", ipMasq: true,
		ipam: {type: "host-local", subnet: "172.16.28.0/24",
		routes: [{dst: "0.0.0.0/0"}]}} | '"$1" \
		>"$RKT_CONF/net.d/99-default.conf"
}

# net UUID FILTER [N]: of the pod's net.json.
net() {
	jq -r ".networks[${3:-0}]$2" "$RKT_DIR/pods/run/$1/net.json"
}
