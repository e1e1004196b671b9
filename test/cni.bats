# SPDX-License-Identifier: Apache-2.0
# cni - networks of conf files: the bridge that is built in, and CNI plugins
# shellcheck disable=SC2154,SC2016
load helpers
load pods

setup() {
	fresh
	mkdir -p "$RKT_CONF/net.d" "$RKT_SYSTEM_CONF/plugins/net"
}

teardown() {
	stale
	end_networks
	for link in $(ip -o link | sed -n 's/^[0-9]*: \(br[0-9]\)[:@].*/\1/p'); do
		ip link del "$link"
	done
	iptables -t nat -F 2>/dev/null && iptables -t nat -X || :
	nft flush ruleset
	rm -rf /var/lib/cni
}

# a_conf JSON: the network x; a list of plugins makes a conflist of it.
a_conf() {
	rm -f "$RKT_CONF"/net.d/x.*
	if jq -e 'has("plugins")' <<<"$1" >/dev/null; then
		jq '.name = "x"' <<<"$1" >"$RKT_CONF/net.d/x.conflist"
	else
		jq '.name = "x"' <<<"$1" >"$RKT_CONF/net.d/x.conf"
	fi
}

BRIDGE='{"cniVersion":"0.4.0","type":"bridge","bridge":"br0","isGateway":true,
	"ipMasq":true,"ipam":{"type":"host-local","subnet":"10.5.0.0/24",
	"routes":[{"dst":"0.0.0.0/0"}]}}'

# collect UUID: two passes of the gc, after its end.
collect() {
	end_pod "$1"
	run -0 --separate-stderr pod-gc --grace-period=0s
	run -0 --separate-stderr pod-gc --grace-period=0s
	echo "$stderr"
	run -1 place_of "$1"
}

@test "bridge: pods are ports of it, reach each other, the host and the outside" {
	outside_world
	a_conf "$BRIDGE"
	a=$(pod_dir prepared x) b=$(pod_dir prepared x)
	run_pod "$a"
	run_pod "$b"
	is 2 "$(ip -o link show master br0 | wc -l)"
	is '' "$(ls /var/lib/cni 2>/dev/null)"
	is 'br0 10.5.0.1 10.5.0.0/24' \
		"$(net "$a" .bridge) $(net "$a" .gateway) $(net "$a" .masquerade)"
	matches 'inet 10\.5\.0\.1/24' "$(ip -4 address show dev br0)"
	matches "inet $(net "$a" .ip4)/24" "$(in_pod "$a" ip -4 address)"
	in_pod "$b" bash -c "$(declare -f answer); answer 7021" 3>&- &
	outside bash -c "$(declare -f answer); answer 7022" 3>&- &
	answer 7023 3>&- &
	ask_from_a() {
		in_pod "$a" bash -c "$(declare -f ask); ask $1 $2"
	}
	wait_for ask_from_a "$(net "$b" .ip4)" 7021
	run -0 ask_from_a "$(net "$b" .ip4)" 7021
	is "$(net "$a" .ip4)"
	wait_for ask_from_a 198.51.100.1 7022
	run -0 ask_from_a 198.51.100.1 7022
	is 192.0.2.1
	wait_for ask_from_a 192.0.2.1 7023
	run -0 ask_from_a 192.0.2.1 7023
	is "$(net "$a" .ip4)"
}

@test "bridge: goes with its last pod, at the next gc, and its rules with it" {
	before=$("$TEST/residue")
	a_conf "$BRIDGE"
	a=$(pod_dir prepared x) b=$(pod_dir prepared x)
	run_pod "$a"
	run_pod "$b"
	collect "$a"
	ip link show br0
	matches 'ip saddr 10.5.0.0/24' "$(nft list ruleset)"
	collect "$b"
	run -1 ip link show br0
	is '' "$(nft list ruleset)"
	is "$before" "$("$TEST/residue")"
}

@test "bridge: one of the operator's own stays as it is" {
	ip link add br0 type bridge
	a_conf "$BRIDGE"
	a=$(pod_dir prepared x)
	run_pod "$a"
	collect "$a"
	ip link show br0
}

@test "bridge: addresses are of the range, given once, and free with the pod" {
	a_conf "$(jq '.ipam.rangeStart = "10.5.0.20" |
		.ipam.rangeEnd = "10.5.0.22" | .ipam.gateway = "10.5.0.21"' \
		<<<"$BRIDGE")"
	a=$(pod_dir prepared x) b=$(pod_dir prepared x)
	run_pod "$a"
	run_pod "$b"
	is '10.5.0.20 10.5.0.22' "$(printf '%s\n' "$(net "$a" .ip4)" \
		"$(net "$b" .ip4)" | sort | paste -sd ' ')"
	is 10.5.0.21 "$(net "$a" .gateway)"
	run -75 --separate-stderr pod-netns "$(pod_dir prepared x)" true
	is 'pod-netns: network "x": all 3 addresses of 10.5.0.0/24 are in use, try again' "$stderr"
	freed=$(net "$a" .ip4)
	end_pod "$a"
	wait_for eval "! ip -o link | grep 'rkt-${a:0:8}'"
	c=$(pod_dir prepared x)
	run_pod "$c"
	is "$freed" "$(net "$c" .ip4)"
}

@test "bridge: twenty at a time get twenty addresses" {
	a_conf "$BRIDGE"
	for _ in {1..20}; do
		pod-netns "$(pod_dir prepared x)" sleep 1000 3>&- 2>&1 &
	done
	wait_for eval 'test "$(pgrep -cx sleep)" -ge 20'
	is 20 "$(cat "$RKT_DIR"/pods/run/*/net.json |
		jq -r '.networks[0].ip4' | sort -u | wc -l)"
	is 20 "$(ip -o link show master br0 | wc -l)"
}

@test "E4 spoof: a frame with another pod's MAC does not pass the bridge" {
	a_conf "$BRIDGE"
	a=$(pod_dir prepared x) b=$(pod_dir prepared x)
	run_pod "$a"
	run_pod "$b"
	send() { # from MAC
		in_pod "$a" python3 -c 'import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
s.send(bytes.fromhex("ff" * 6 + sys.argv[1] + "88b5") + bytes(50))' "$1"
	}
	in_pod "$b" python3 -c 'import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88b5))
print("ready", flush=True)
while True:
    print(s.recv(99)[6:12].hex(), flush=True)' >"$T/got" 3>&- &
	wait_for grep -q ready "$T/got"
	mac_of() {
		printf '0a58%02x%02x%02x%02x' ${1//./ }
	}
	send "$(mac_of "$(net "$b" .ip4)")"
	send 020000000001
	send "$(mac_of "$(net "$a" .ip4)")"
	wait_for grep -q "$(mac_of "$(net "$a" .ip4)")" "$T/got"
	is "ready
$(mac_of "$(net "$a" .ip4)")" "$(cat "$T/got")"
}

# plugin NAME SCRIPT: a plugin of bash; it has its CNI_ variables, and conf.
plugin() {
	printf '#!/bin/bash\nconf=$(cat)\n%s\n' "$2" \
		>"$RKT_SYSTEM_CONF/plugins/net/$1"
	chmod 755 "$RKT_SYSTEM_CONF/plugins/net/$1"
}

@test "cni: a plugin gets what the specification says, and nothing else" {
	plugin probe 'if test $CNI_COMMAND = ADD; then
		env | grep -v "^_=\|^PWD=\|^SHLVL=" | sort >'"$T"'/env
		echo "$conf" >'"$T"'/conf
		ls /proc/$$/fd >'"$T"'/fds
		readlink $CNI_NETNS >'"$T"'/netns
		ip -o link show lo >'"$T"'/link
	fi
	echo "{\"ip4\":{\"ip\":\"10.7.0.9/24\",\"gateway\":\"10.7.0.1\"},\"dns\":{\"nameservers\":[\"10.7.0.1\"]}}"'
	a_conf '{"cniVersion":"0.1.0","type":"probe","x":1}'
	uuid=$(pod_dir prepared 'x:A=B;C=D')
	SECRET=x run_pod "$uuid"
	is "CNI_ARGS=A=B;C=D
CNI_COMMAND=ADD
CNI_CONTAINERID=$uuid
CNI_IFNAME=eth0
CNI_PATH=$RKT_SYSTEM_CONF/plugins/net:/opt/cni/bin:/usr/lib/cni
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
		"$(grep -v CNI_NETNS "$T/env")"
	is "$(readlink "/proc/$(pid_of "$uuid")/ns/net")" "$(cat "$T/netns")"
	is '{"cniVersion":"0.1.0","name":"x","type":"probe","x":1}' \
		"$(jq -Sc . "$T/conf")"
	is '0 1 2 255' "$(paste -sd ' ' "$T/fds")"
	is '{"name":"x","ifName":"eth0","ip4":"10.7.0.9","gateway":"10.7.0.1","dns":{"nameservers":["10.7.0.1"]}}' \
		"$(jq -c '.networks[0]' "$RKT_DIR/pods/run/$uuid/net.json")"
}

@test "cni: Debian's plugins, of every version, by conf and conflist" {
	ip link add host0 type veth peer name host1
	ip link set host0 up
	outside_world
	rows=0
	while IFS='|' read -r title want conf; do
		echo "$title: $conf"
		rows=$((rows + 1))
		a_conf "$conf"
		uuid=$(pod_dir prepared x)
		run_pod "$uuid"
		cat "$T/$uuid.log"
		matches "^$want\$" "$(net "$uuid" .ip4)"
		matches "inet $want/" "$(in_pod "$uuid" ip -4 address show eth0)"
		collect "$uuid"
		is '' "$(find /var/lib/cni -name '10.*' 2>/dev/null)"
	done <<-'EOF'
		ptp|10.6.0.[0-9]+|{"cniVersion":"0.1.0","type":"ptp","dns":{},"ipam":{"type":"host-local","subnet":"10.6.0.0/24","gateway":"10.6.0.1"}}
		ptp 0.2.0|10.6.0.[0-9]+|{"cniVersion":"0.2.0","type":"ptp","dns":{},"ipam":{"type":"host-local","subnet":"10.6.0.0/24"}}
		ptp 0.3.1|10.6.0.[0-9]+|{"cniVersion":"0.3.1","type":"ptp","dns":{},"ipam":{"type":"host-local","subnet":"10.6.0.0/24"}}
		ptp 1.0.0|10.6.0.[0-9]+|{"cniVersion":"1.0.0","type":"ptp","dns":{},"ipam":{"type":"host-local","ranges":[[{"subnet":"10.6.0.0/24"}]]}}
		no version|10.6.0.[0-9]+|{"type":"ptp","dns":{},"ipam":{"type":"host-local","subnet":"10.6.0.0/24"}}
		bridge|10.6.1.[0-9]+|{"cniVersion":"0.4.0","type":"bridge","bridge":"br1","promiscMode":false,"isGateway":true,"ipam":{"type":"host-local","subnet":"10.6.1.0/24"}}
		macvlan|10.6.2.[0-9]+|{"cniVersion":"0.3.1","type":"macvlan","master":"host0","ipam":{"type":"host-local","subnet":"10.6.2.0/24"}}
		static|10.6.3.7|{"cniVersion":"0.4.0","type":"ptp","ipam":{"type":"static","addresses":[{"address":"10.6.3.7/24","gateway":"10.6.3.1"}]}}
		tuning, portmap|10.6.4.[0-9]+|{"cniVersion":"0.4.0","plugins":[{"type":"ptp","ipam":{"type":"host-local","subnet":"10.6.4.0/24"}},{"type":"tuning","mac":"0a:00:00:00:00:09"},{"type":"portmap","capabilities":{"portMappings":true}}]}
		firewall|10.6.5.[0-9]+|{"cniVersion":"1.0.0","plugins":[{"type":"bridge","bridge":"br2","isGateway":true,"ipam":{"type":"host-local","subnet":"10.6.5.0/24"}},{"type":"firewall"}]}
		bandwidth|10.6.7.[0-9]+|{"cniVersion":"0.4.0","plugins":[{"type":"ptp","ipam":{"type":"host-local","subnet":"10.6.7.0/24"}},{"type":"bandwidth","ingressRate":1000000,"ingressBurst":1000000,"egressRate":1000000,"egressBurst":1000000}]}
		list of a bridge alone|10.6.6.[0-9]+|{"cniVersion":"1.0.0","plugins":[{"type":"bridge","bridge":"br3","isGateway":true,"ipam":{"type":"host-local","subnet":"10.6.6.0/24"}}]}
	EOF
	is 12 "$rows"
	ip link del host0
	# The bandwidth plugin makes one, which is no part of the pod.
	is '' "$(ip -o link show type ifb)"
}

@test "cni: dhcp: an address of a server on the network, given back" {
	ip link add host0 type veth peer name host1
	ip address add 10.8.0.1/24 dev host1
	ip link set host0 up
	ip link set host1 up
	printf '%s\n' 'start 10.8.0.10' 'end 10.8.0.10' 'interface host1' \
		"lease_file $T/leases" "pidfile $T/udhcpd.pid" \
		'option subnet 255.255.255.0' 'option router 10.8.0.1' \
		>"$T/udhcpd.conf"
	: >"$T/leases"
	busybox udhcpd -f "$T/udhcpd.conf" 3>&- &
	mkdir -p /run/cni
	/usr/lib/cni/dhcp daemon 3>&- &
	wait_for test -S /run/cni/dhcp.sock
	a_conf '{"cniVersion":"0.4.0","type":"macvlan","master":"host0",
		"ipam":{"type":"dhcp"}}'
	for _ in 1 2; do
		uuid=$(pod_dir prepared x)
		run_pod "$uuid"
		is '10.8.0.10 10.8.0.1' \
			"$(net "$uuid" .ip4) $(net "$uuid" .gateway)"
		collect "$uuid"
	done
	kill %1 %2
	rm -r /run/cni
	ip link del host0
}

@test "cni: built-in and plugins side by side, each with its number" {
	a_conf '{"cniVersion":"0.3.1","type":"ptp","dns":{},"ipam":
		{"type":"host-local","subnet":"10.6.0.0/24"}}'
	uuid=$(pod_dir prepared x,default)
	run_pod "$uuid"
	is 'default eth0 x eth1' "$(jq -r '[.networks[] | .name, .ifName]
		| join(" ")' "$RKT_DIR/pods/run/$uuid/net.json")"
	matches "inet $(net "$uuid" .ip4 1)/" \
		"$(in_pod "$uuid" ip -4 address show eth1)"
	collect "$uuid"
}

@test "cni: a list is added in order, and undone from its end, by the gc" {
	for name in one two three; do
		plugin $name 'echo "$CNI_COMMAND '$name' ${CNI_NETNS:+netns} $(
			jq -c .prevResult <<<"$conf")" >>'"$T"'/log
			echo "{\"cniVersion\":\"0.4.0\",\"ips\":[{\"version\":\"4\",\"address\":\"10.7.0.9/24\"}],\"by\":\"'$name'\"}"'
	done
	a_conf '{"cniVersion":"0.4.0","plugins":[{"type":"one"},{"type":"two"},
		{"type":"three"}]}'
	uuid=$(pod_dir prepared x)
	run_pod "$uuid"
	collect "$uuid"
	r='{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.7.0.9/24"}],"by":'
	is "ADD one netns null
ADD two netns $r\"one\"}
ADD three netns $r\"two\"}
DEL three  $r\"three\"}
DEL two  $r\"three\"}
DEL one  $r\"three\"}" "$(cat "$T/log")"
}

@test "E8 killed: while a plugin works, the gc has it undo that" {
	plugin slow 'echo "$CNI_COMMAND" >>'"$T"'/log
		test "$CNI_COMMAND" = DEL || exec sleep 1000'
	a_conf '{"cniVersion":"0.4.0","type":"slow"}'
	uuid=$(pod_dir prepared x)
	pod-netns "$uuid" true 3>&- &
	wait_for grep -q ADD "$T/log"
	kill -KILL $!
	wait_for eval '! pgrep -x sleep'
	pod-gc --grace-period=0s
	pod-gc --grace-period=0s
	is 'ADD
DEL' "$(cat "$T/log")"
	run -1 place_of "$uuid"
}

@test "cni: a pod whose plugin cannot undo is left, and tried again" {
	plugin bad 'test "$CNI_COMMAND" = ADD -o -e '"$T"'/good || {
		echo "{\"code\":7,\"msg\":\"not $(printf "\\\\u001b")now\"}"; exit 1; }
		echo "{}"'
	a_conf '{"cniVersion":"0.4.0","type":"bad"}'
	uuid=$(pod_dir prepared x)
	run_pod "$uuid"
	end_pod "$uuid"
	run -0 pod-gc --grace-period=0s
	run -0 --separate-stderr pod-gc --grace-period=0s
	is "Garbage collecting container \"$uuid\"
pod-gc: pod \"$uuid\": plugin bad: DEL: not \\x1bnow, left" "$stderr"
	is exited-garbage "$(place_of "$uuid")"
	: >"$T/good"
	run -0 --separate-stderr pod-gc --grace-period=0s
	run -1 place_of "$uuid"
}

@test "E9 plugin-lies: garbage, too much, death and silence are one line, undone" {
	export RKT_CNI_TIMEOUT=2
	plugin first 'echo "$CNI_COMMAND" >>'"$T"'/log; echo "{}"'
	rows=0
	while IFS='|' read -r script why; do
		echo "$script"
		rows=$((rows + 1))
		rm -f "$T/log"
		plugin second 'test "$CNI_COMMAND" = ADD || exit 0
			'"$script"
		a_conf '{"cniVersion":"0.4.0","plugins":[{"type":"first"},
			{"type":"second"}]}'
		uuid=$(pod_dir prepared x)
		run -125 --separate-stderr timeout 10 pod-netns "$uuid" true
		is "pod-netns: network \"x\": plugin second: ADD: $why" "$stderr"
		is 'ADD
DEL' "$(cat "$T/log")"
	done <<-'EOF'
		echo hello|its answer is no result: line 1 column 5: '[' or '{' expected near 'hello'
		:|its answer is no result: line 1 column 0: '[' or '{' expected near end of file
		echo "[]"|its answer is no result
		echo "{\"ips\":7}"|its answer is no result
		echo "{\"ips\":[{\"address\":\"1.2.3\"}]}"|its answer is no result
		echo "{\"ip4\":{\"ip\":\"../../x\"}}"|its answer is no result
		head -c 300000 /dev/zero|says too much
		yes|says too much
		kill -9 $$|ended by signal 9
		exit 3|exit status 3
		echo oops >&2; exit 3|oops\x0a
		echo "{\"code\":7,\"msg\":\"no\",\"details\":\"way\"}"; exit 1|no: way
		sleep 1000|has not ended in time
		sleep 1000 & sleep 1000|has not ended in time
		trap "" TERM; exec sleep 1000|has not ended in time
	EOF
	is 15 "$rows"
	wait_for eval '! pgrep -x "sleep|yes"'
	is '' "$(ip -o link | grep rkt- || :)"
}

@test "E9 CVE-2021-20206: a plugin's name is no path, in a list or alone" {
	mkdir -p "$T/elsewhere"
	printf '#!/bin/sh\n: >%s/evil-ran\n' "$T" >"$T/elsewhere/evil"
	chmod 755 "$T/elsewhere/evil"
	for type in "$T/elsewhere/evil" ../../../elsewhere/evil ./evil .. \
		'evil plugin' '$(evil)'; do
		a_conf "$(jq -nc --arg t "$type" '{type: $t}')"
		run -125 --separate-stderr pod-netns "$(pod_dir prepared x)" true
		is "pod-netns: $RKT_CONF/net.d/x.conf: type: not a plugin's name" \
			"$stderr"
		a_conf "$(jq -nc --arg t "$type" '{plugins: [{type: "ptp"},
			{type: $t}]}')"
		run -125 --separate-stderr pod-netns "$(pod_dir prepared x)" true
		is "pod-netns: $RKT_CONF/net.d/x.conflist: type: not a plugin's name" \
			"$stderr"
	done
	test ! -e "$T/evil-ran"
}
