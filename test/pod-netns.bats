# SPDX-License-Identifier: Apache-2.0
# pod-netns - the network of a pod, and the chain
# shellcheck disable=SC2154,SC2016
load helpers
load pods

NONE=00000000-0000-4000-8000-000000000001

teardown() {
	stale
	end_networks
}

# conf JQ-FILTER: net.d has the network default as built in, changed.
conf() {
	mkdir -p "$RKT_CONF/net.d"
	jq -n '{cniVersion: "0.1.0", name: "default", type: "ptp", ipMasq: true,
		ipam: {type: "host-local", subnet: "172.16.28.0/24",
		routes: [{dst: "0.0.0.0/0"}]}} | '"$1" \
		>"$RKT_CONF/net.d/99-default.conf"
}

# net UUID FILTER: of the pod's net.json.
net() {
	jq -r ".networks[0]$2" "$RKT_DIR/pods/run/$1/net.json"
}

@test "pod-netns: becomes PROG in the host's network when told so" {
	uuid=$(pod_dir prepared host)
	run -0 --separate-stderr pod-netns "$uuid" \
		readlink /proc/self/ns/net
	is "$(readlink /proc/self/ns/net)"
	is '' "$stderr"
	is run "$(place_of "$uuid")"
	run -1 test -e "$RKT_DIR/pods/run/$uuid/net.json"
}

@test "pod-netns: a pod without a word about networks has the host's" {
	uuid=$(pod_dir prepared host)
	echo '{"interactive":false}' >"$RKT_DIR/pods/prepared/$uuid/run.json"
	run -0 pod-netns "$uuid" readlink /proc/self/ns/net
	is "$(readlink /proc/self/ns/net)"
}

@test "pod-netns: the network none has lo alone, and it is up" {
	uuid=$(pod_dir prepared none)
	run -0 pod-netns "$uuid" ip -br link
	matches '^lo +UNKNOWN [^
]*$'
	matches 'LOWER_UP'
}

@test "pod-netns: PROG's exit status is its own, and 128+n stays a signal" {
	for want in 0 1 7 125; do
		uuid=$(pod_dir prepared none)
		run "-$want" pod-netns "$uuid" sh -c "exit $want"
	done
}

@test "pod-netns: PROG gets 0 to 3, and 5 if it left the host's network" {
	exec 4</dev/null 6</dev/null 9</dev/null
	for line in 'host 0 1 2 3' 'none 0 1 2 3 5' 'default 0 1 2 3 5'; do
		uuid=$(pod_dir prepared "${line%% *}")
		# shellcheck disable=SC2016
		run -0 pod-netns "$uuid" sh -c 'ls /proc/$$/fd
			readlink /proc/$$/fd/3 /proc/$$/fd/5 || :'
		want=${line#* }$'\n'$RKT_DIR/pods/run/$uuid/lock
		test "${line%% *}" = host ||
			want+=$'\n'$(readlink /proc/self/ns/net)
		is "${want// /$'\n'}"
	done
	exec 4<&- 6<&- 9<&-
}

@test "pod-netns: sets nothing that PROG would inherit" {
	uuid=$(pod_dir prepared default)
	state='umask; ulimit -c; grep -E "NoNewPrivs|Sig[A-Z][a-z]{2}|Seccomp:" /proc/self/status'
	run -0 pod-netns "$uuid" sh -c "umask 027; $state"
	is "$(sh -c "umask 027; $state")"
	run -0 sh -c "umask 051; exec pod-netns $(pod_dir prepared none) sh -c umask"
	is 0051
}

@test "pod-netns: default gives a /31 of 172.16.28.0/24 and the routes" {
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	ip4=$(net "$uuid" .ip4) gateway=$(net "$uuid" .gateway)
	matches '^172\.16\.28\.[0-9]+$' "$ip4"
	test "$((${ip4##*.} % 2))" = 1
	is "172.16.28.$((${ip4##*.} - 1))" "$gateway"
	run -0 in_pod "$uuid" ip -4 -br address show dev eth0
	matches " $ip4/31 *\$"
	run -0 in_pod "$uuid" ip -4 route
	is "default via $gateway dev eth0 proto static 
169.254.169.255 via $gateway dev eth0 proto static 
$gateway/31 dev eth0 proto kernel scope link src $ip4 "
	run -0 ip -4 route show "$ip4"
	is "$ip4 dev $(net "$uuid" .hostIf) proto static scope link "
	run -0 in_pod "$uuid" ip -br link show lo
	matches 'LOWER_UP'
}

@test "pod-netns: net.json is there before what it names is made" {
	uuid=$(pod_dir prepared default)
	strace -f -qq -o "$T/trace" -e trace=renameat,unshare,sendto \
		pod-netns "$uuid" true
	run -0 cut -d ' ' -f 2- "$T/trace"
	matches '^ *renameat\(.*"net.json"\)'
	is '{"networks":[{"name":"default","ifName":"eth0"}]}' "$(jq -c \
		'.networks[0] |= {name, ifName}' \
		"$RKT_DIR/pods/run/$uuid/net.json")"
	is "rkt-${uuid:0:8}" "$(net "$uuid" .hostIf)"
	is 172.16.28.0/24 "$(net "$uuid" .masquerade)"
}

@test "pod-netns: host and pod reach each other, and the pod the outside" {
	outside_world
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	ip4=$(net "$uuid" .ip4)
	answer 7001 3>&- &
	outside bash -c "$(declare -f answer); answer 7002" 3>&- &
	in_pod "$uuid" bash -c "$(declare -f answer); answer 7003" 3>&- &
	wait_for ask 127.0.0.1 7001
	run -0 in_pod "$uuid" bash -c "$(declare -f ask); ask 192.0.2.1 7001"
	is "$ip4"
	wait_for ask "$ip4" 7003
	run -0 ask "$ip4" 7003
	is "$(net "$uuid" .gateway)"
	# As the host: the outside knows no route to the pod.
	wait_for outside bash -c "$(declare -f ask); ask 127.0.0.1 7002"
	run -0 in_pod "$uuid" bash -c "$(declare -f ask); ask 198.51.100.1 7002"
	is 192.0.2.1
}

@test "pod-netns: pods reach each other by their own addresses" {
	a=$(pod_dir prepared default) b=$(pod_dir prepared default)
	run_pod "$a"
	run_pod "$b"
	in_pod "$b" bash -c "$(declare -f answer); answer 7004" 3>&- &
	address=$(net "$b" .ip4)
	ask_from_a() {
		in_pod "$a" bash -c "$(declare -f ask); ask $address 7004"
	}
	wait_for ask_from_a
	run -0 ask_from_a
	is "$(net "$a" .ip4)"
}

@test "pod-netns: forwards by interface: the pod's and the way out, no other" {
	outside_world
	ip link add other0 type veth peer name other1
	ip address add 203.0.113.1/24 dev other0
	ip link set other0 up
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	cd /proc/sys/net/ipv4/conf
	is "$(printf '%s\n' all/forwarding:0 default/forwarding:0 \
		lo/forwarding:0 other0/forwarding:0 other1/forwarding:0 \
		"$(net "$uuid" .hostIf)/forwarding:1" up0/forwarding:1)" \
		"$(grep . ./*/forwarding | sed 's,^\./,,' | sort)"
	is 0 "$(cat /proc/sys/net/ipv6/conf/all/forwarding)"
	ip link del other0
}

@test "pod-netns: one rule a network, made again if it is gone" {
	uuid=$(pod_dir prepared default)
	pod-netns "$uuid" true
	want='table inet rkt-net-default {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 172.16.28.0/24 ip daddr != 172.16.28.0/24 masquerade comment "172.16.28.0/24"
	}
}'
	is "$want" "$(nft list ruleset)"
	for _ in 1 2 3; do
		pod-netns "$(pod_dir prepared default)" true
	done
	is "$want" "$(nft list ruleset)"
	nft flush ruleset
	pod-netns "$(pod_dir prepared default)" true
	is "$want" "$(nft list ruleset)"
	nft flush chain inet rkt-net-default postrouting
	pod-netns "$(pod_dir prepared default)" true
	is "$want" "$(nft list ruleset)"
}

@test "pod-netns: twenty at a time get twenty addresses and make one rule" {
	pods=()
	for _ in {1..20}; do
		pods+=("$(pod_dir prepared default)")
	done
	starts=()
	for uuid in "${pods[@]}"; do
		pod-netns "$uuid" sleep 1000 3>&- >"$T/$uuid.log" 2>&1 &
		starts+=($!)
	done
	wait_for eval 'test "$(ip -4 route | grep -c "^172.16.28")" = 20'
	is 20 "$(cat "$RKT_DIR"/pods/run/*/net.json |
		jq -r '.networks[0].ip4' | sort -u | wc -l)"
	wait_for eval 'test "$(pgrep -cx sleep)" -ge 20'
	is 1 "$(nft list ruleset | grep -c masquerade)"
	kill "${starts[@]}"
	wait_for eval '! ip -o link | grep rkt-'
	is 0 "$(ip -4 route | grep -c '^172.16.28' || :)"
}

@test "pod-netns: a pool that is used up is one line, and frees with its pods" {
	conf '.ipam.subnet = "172.16.28.8/29"'
	a=$(pod_dir prepared default) b=$(pod_dir prepared default)
	run_pod "$a"
	run_pod "$b"
	is '172.16.28.11 172.16.28.13' "$(printf '%s\n' "$(net "$a" .ip4)" \
		"$(net "$b" .ip4)" | sort | paste -sd ' ')"
	c=$(pod_dir prepared default)
	run -125 --separate-stderr pod-netns "$c" true
	is 'pod-netns: network "default": all 2 addresses of 172.16.28.8/29 are in use, try again' "$stderr"
	run -75 pod-netns --fail-status=75 "$(pod_dir prepared default)" true
	freed=$(net "$a" .ip4)
	end_pod "$a"
	wait_for eval "! ip -o link | grep 'rkt-${a:0:8}'"
	d=$(pod_dir prepared default)
	run_pod "$d"
	is "$freed" "$(net "$d" .ip4)"
}

@test "pod-netns: all that it made dies with the pod's last process" {
	before=$(ip -o link; ip route show table all)
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	test "$before" != "$(ip -o link; ip route show table all)"
	end_pod "$uuid"
	wait_for eval "! ip -o link | grep 'rkt-'"
	is "$before" "$(ip -o link; ip route show table all)"
}

@test "pod-netns: the conf's range, routes, MTU and masquerade are used" {
	conf '.ipam.subnet = "10.99.0.0/16" | .mtu = 1400 | .ipMasq = false |
		.ipam.routes = [{dst: "10.0.0.0/8"}]'
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	matches '^10\.99\.' "$(net "$uuid" .ip4)"
	is null "$(net "$uuid" .masquerade)"
	run -0 in_pod "$uuid" ip route
	matches '^10\.0\.0\.0/8 via 10\.99'
	run ! grep default <<<"$output"
	run -0 in_pod "$uuid" cat /proc/sys/net/ipv4/conf/eth0/forwarding
	run -0 in_pod "$uuid" ip link show eth0
	matches 'mtu 1400'
	run -0 ip link show "$(net "$uuid" .hostIf)"
	matches 'mtu 1400'
	is '' "$(nft list ruleset)"
}

@test "pod-netns: the local conf wins over the system's, and by name" {
	conf '.ipam.subnet = "10.1.0.0/16"'
	mkdir "$RKT_SYSTEM_CONF/net.d"
	jq '.ipam.subnet = "10.2.0.0/16"' "$RKT_CONF/net.d/99-default.conf" \
		>"$RKT_SYSTEM_CONF/net.d/10-x.conf"
	jq '.name = "other" | .type = "bridge"' \
		"$RKT_CONF/net.d/99-default.conf" >"$RKT_CONF/net.d/1.conf"
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	matches '^10\.1\.' "$(net "$uuid" .ip4)"
	rm "$RKT_CONF/net.d/99-default.conf"
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	matches '^10\.2\.' "$(net "$uuid" .ip4)"
}

@test "pod-netns: E9 conf-hostile: a wrong conf is one line that names it" {
	file=$RKT_CONF/net.d/99-default.conf
	while IFS='|' read -r change why; do
		echo "$change"
		conf "${change//@/|}"
		run -125 --separate-stderr pod-netns \
			"$(pod_dir prepared default)" true
		is '' "$output"
		is "pod-netns: $file: $why" "$stderr"
	done <<-'EOF'
		.type = "bridge"|type: neither ptp nor veth
		.type = "../../bin/sh"|type: neither ptp nor veth
		del(.name)|name: missing
		.ipMasq = "yes"|ipMasq: not true or false
		.mtu = 70000|mtu: not a number from 68 to 65535
		.mtu = 1000.5|mtu: not a number from 68 to 65535
		.dns = {}|dns: not in a network of type ptp or veth that is built in
		.ipam.type = "dhcp"|ipam.type: neither host-local nor host-local-ptp
		.ipam.gateway = "1.2.3.4"|gateway: not in a network of type ptp or veth that is built in
		del(.ipam)|ipam.type: neither host-local nor host-local-ptp
		.ipam = 7|ipam.type: neither host-local nor host-local-ptp
		.ipam.subnet = "172.16.28.1/24"|ipam.subnet: not an IPv4 subnet such as 172.16.28.0/24
		.ipam.subnet = "172.16.28.0"|ipam.subnet: not an IPv4 subnet such as 172.16.28.0/24
		.ipam.subnet = "172.16.28.0/33"|ipam.subnet: not an IPv4 subnet such as 172.16.28.0/24
		.ipam.subnet = "::/64"|ipam.subnet: not an IPv4 subnet such as 172.16.28.0/24
		.ipam.subnet = "172.16.28.0/30"|ipam.subnet: its prefix is not from 8 to 29
		.ipam.subnet = "0.0.0.0/0"|ipam.subnet: its prefix is not from 8 to 29
		.ipam.routes = {}|ipam.routes: not a list of at most 16
		.ipam.routes = [range(17) @ {dst: "10.0.0.0/8"}]|ipam.routes: not a list of at most 16
		.ipam.routes = ["10.0.0.0/8"]|ipam.routes: not a list of objects
		.ipam.routes = [{dst: "x"}]|ipam.routes.dst: not an IPv4 subnet such as 172.16.28.0/24
		.ipam.routes = [{dst: "10.0.0.0/8", gw: "10.0.0.1"}]|gw: not in a network of type ptp or veth that is built in
	EOF
	is '' "$(ip -o link | grep rkt- || :)"
	is '' "$(nft list ruleset)"
}

@test "pod-netns: E9 conf-not-json: bytes of every kind are one clean line" {
	mkdir "$RKT_CONF/net.d"
	for bytes in '' '{' '[]' 'null' '{"name":"default","name":"x"}' \
		$'{"name":"default","type":"\e[31m"}' '{"name":"\u0000"}'; do
		printf '%s' "$bytes" >"$RKT_CONF/net.d/x.conf"
		run -125 --separate-stderr pod-netns \
			"$(pod_dir prepared default)" true
		matches "^pod-netns: $RKT_CONF/net.d/x.conf: [ -~]+\$" "$stderr"
	done
	head -c 70000 /dev/zero >"$RKT_CONF/net.d/x.conf"
	run -125 --separate-stderr pod-netns "$(pod_dir prepared default)" true
	matches 'x.conf: longer than 64 KiB$' "$stderr"
	rm "$RKT_CONF/net.d/x.conf"
	mkfifo "$RKT_CONF/net.d/x.conf"
	run -125 --separate-stderr pod-netns "$(pod_dir prepared default)" true
	matches 'x.conf: Invalid argument$' "$stderr"
	rm "$RKT_CONF/net.d/x.conf"
	for n in 1 2; do
		conf . && cp "$RKT_CONF/net.d/99-default.conf" \
			"$RKT_CONF/net.d/$n.conf"
	done
	run -125 --separate-stderr pod-netns "$(pod_dir prepared default)" true
	matches 'conf: network "default" is in .*\.conf too$' "$stderr"
}

@test "pod-netns: networks that are not built in are refused by name" {
	uuid=$(pod_dir prepared foo)
	run -125 --separate-stderr pod-netns "$uuid" true
	is 'pod-netns: network "foo": not default, none or host' "$stderr"
	uuid=$(pod_dir prepared $'\e]0;x')
	run -125 --separate-stderr pod-netns "$uuid" true
	is 'pod-netns: network "\x1b]0;x": not default, none or host' "$stderr"
	uuid=$(pod_dir prepared default,none)
	run -125 --separate-stderr pod-netns "$uuid" true
	is "pod-netns: pod $uuid: more than one network" "$stderr"
	uuid=$(pod_dir prepared host)
	echo '{"net":[7]}' >"$RKT_DIR/pods/prepared/$uuid/run.json"
	run -125 --separate-stderr pod-netns "$uuid" true
	is "pod-netns: pod $uuid: run.json: net: not a list of names" "$stderr"
}

@test "pod-netns: no such pod, no pod at all, one that runs: one line, 125" {
	run -125 --separate-stderr pod-netns "$NONE" true
	is "pod-netns: pod $NONE: no such pod" "$stderr"
	run -125 --separate-stderr pod-netns ../../etc true
	is 'pod-netns: pod ../../etc: not a UUID' "$stderr"
	run -125 --separate-stderr pod-netns $'\e[2J' true
	is 'pod-netns: pod \x1b[2J: not a UUID' "$stderr"
	uuid=$(pod_dir prepared host)
	run_pod "$uuid"
	run -125 --separate-stderr pod-netns "$uuid" true
	is "pod-netns: pod $uuid: running, not prepared" "$stderr"
	run -254 --separate-stderr pod-netns --fail-status=254 "$uuid" true
	end_pod "$uuid"
	run -125 --separate-stderr pod-netns "$uuid" true
	is "pod-netns: pod $uuid: exited, not prepared" "$stderr"
}

@test "pod-netns: a PROG that is not there is 127, one that cannot run 126" {
	run -127 --separate-stderr pod-netns "$(pod_dir prepared none)" nope
	is 'pod-netns: nope: No such file or directory' "$stderr"
	run -126 --separate-stderr pod-netns "$(pod_dir prepared none)" /etc
	is 'pod-netns: /etc: Permission denied' "$stderr"
}

@test "pod-netns: a wrong --fail-status or no PROG is wrong usage" {
	for status in 0 256 -1 x '' 1x; do
		run -125 --separate-stderr pod-netns "--fail-status=$status" \
			"$NONE" true
		is 'pod-netns: --fail-status: not a number from 1 to 255' \
			"$stderr"
	done
	run -9 --separate-stderr pod-netns --fail-status=9 "$NONE"
	matches '^usage: pod-netns ' "$stderr"
}

@test "pod-netns: who is not root is told, without leaving anything" {
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" 2>/dev/null || :
	uuid=$(pod_dir prepared default)
	chown -R 1000:1000 "$RKT_DIR"
	run -125 --separate-stderr setpriv --reuid=1000 --regid=1000 \
		--clear-groups pod-netns "$uuid" true
	is 'pod-netns: a network of its own: must be run as root' "$stderr"
	is '' "$(ip -o link | grep rkt- || :)"
}

@test "pod-netns: chains: pod-netns POD pod-netns POD PROG keeps the lock" {
	uuid=$(pod_dir prepared host)
	# shellcheck disable=SC2016
	run -0 pod-netns "$uuid" pod-netns "$uuid" sh -c 'ls /proc/$$/fd/3'
	run -125 --separate-stderr pod-netns "$(pod_dir prepared host)" \
		pod-netns "$uuid" true
	matches "pod $uuid: exited, not prepared\$" "$stderr"
}

@test "E1 router-advertisement: the host's end of a pod has no IPv6" {
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	host=$(net "$uuid" .hostIf)
	is 1 "$(cat "/proc/sys/net/ipv6/conf/$host/disable_ipv6")"
	is '' "$(ip -6 address show dev "$host")"
	before=$(ip -6 route show table all)
	# An advertisement of a default route and a prefix, to all nodes.
	in_pod "$uuid" python3 -c 'import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58)
s.setsockopt(41, socket.IPV6_MULTICAST_HOPS, 255)
s.sendto(bytes([134, 0, 0, 0, 64, 0, 7, 8]) + bytes(8) +
    bytes([3, 4, 64, 192, 0, 0, 14, 16, 0, 0, 14, 16]) + bytes(4) +
    bytes.fromhex("20010db8") + bytes(12),
    ("ff02::1", 0, 0, socket.if_nametoindex("eth0")))' || :
	sleep 0.2
	is "$before" "$(ip -6 route show table all)"
}

@test "E2 localhost: a pod does not reach what listens on the host's 127.0.0.1" {
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	host=$(net "$uuid" .hostIf)
	is 0 "$(cat "/proc/sys/net/ipv4/conf/$host/route_localnet")"
	in_pod "$uuid" ip address del 127.0.0.1/8 dev lo
	in_pod "$uuid" sysctl -qw net.ipv4.conf.all.route_localnet=1
	in_pod "$uuid" ip route add 127.0.0.1/32 via "$(net "$uuid" .gateway)"
	ip link set lo up
	python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 7005))
s.accept()' 3>&- &
	wait_for eval 'ss -ltn | grep -q 127.0.0.1:7005'
	run ! in_pod "$uuid" timeout 2 bash -c "$(declare -f ask); ask 127.0.0.1 7005"
}

@test "E4 spoof: a packet with an address that is not the pod's goes nowhere" {
	a=$(pod_dir prepared default) b=$(pod_dir prepared default)
	run_pod "$a"
	run_pod "$b"
	is 1 "$(cat "/proc/sys/net/ipv4/conf/$(net "$a" .hostIf)/rp_filter")"
	target=$(net "$b" .ip4)
	in_pod "$b" timeout 3 python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 7006))
print(s.recvfrom(99)[1][0], flush=True)' >"$T/got" 3>&- &
	wait_for eval 'in_pod "$b" ss -lun | grep -q :7006'
	send() {
		in_pod "$a" python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(0, 15, 1)  # IP_FREEBIND
s.bind((sys.argv[1], 0))
s.sendto(b"x", (sys.argv[2], 7006))' "$1" "$target"
	}
	in_pod "$a" ip address add 10.1.2.3/32 dev eth0
	send 10.1.2.3
	sleep 0.3
	is '' "$(cat "$T/got")"
	send "$(net "$a" .ip4)"
	wait_for test -s "$T/got"
	is "$(net "$a" .ip4)" "$(cat "$T/got")"
}

@test "E8 killed: at any moment, nothing stays but the pod to be collected" {
	for try in {1..20}; do
		uuid=$(pod_dir prepared default)
		pod-netns "$uuid" sleep 1000 3>&- &
		sleep "0.00$((try % 5))"
		kill -KILL $! && wait $! || :
	done
	wait_for eval "! ip -o link | grep rkt-"
	is '' "$(ip -4 route | grep 172.16 || :)"
	uuid=$(pod_dir prepared default)
	run -0 pod-netns "$uuid" true
}
