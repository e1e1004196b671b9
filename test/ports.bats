# SPDX-License-Identifier: Apache-2.0
# ports - ports of the host that lead to a pod
# shellcheck disable=SC2154,SC2016
load helpers
load pods

teardown() {
	jobs -p | xargs -r kill -KILL 2>/dev/null || :
	stale
	end_networks
}

# pod_ports JSON-OBJECT...: a pod of the network default with these in its
# run.json (tcp, count 1 unless told); sets $uuid.
pod_ports() {
	uuid=$(pod_dir prepared default)
	local file=$RKT_DIR/pods/prepared/$uuid/run.json
	jq -nc '{net: ["default"], ports: [$ARGS.positional[] |
		{name: "p", protocol: "tcp", count: 1} + .]}' \
		--jsonargs "$@" >"$file"
}

# serve UUID PORT [udp]: the pod answers there with who asks.
serve() {
	in_pod "$1" python3 -c 'import socket, sys
udp = len(sys.argv) > 2
s = socket.socket(socket.AF_INET6,
    socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.bind(("::", int(sys.argv[1])))
if udp:
    while True:
        d, a = s.recvfrom(99)
        s.sendto(a[0].replace("::ffff:", "").encode(), a)
s.listen()
while True:
    c, a = s.accept()
    c.sendall((a[0].replace("::ffff:", "") + "\n").encode())
    c.close()' "${@:2}" 3>&- >/dev/null 2>&1 &
	wait_for in_pod "$1" bash -c "listens $2"
}

# listens PORT: somebody does, in this network.
listens() {
	ss -Hltun "sport = $1" | grep -q .
}
export -f listens

# ask_from WHO ADDRESS PORT [udp]: the answer; WHO is host, outside, or a pod.
ask_from() {
	local script='import socket, sys
a, p = sys.argv[1], int(sys.argv[2])
if len(sys.argv) > 3:
    s = socket.socket(socket.AF_INET6 if ":" in a else socket.AF_INET,
        socket.SOCK_DGRAM)
    s.settimeout(3)
    s.connect((a, p))
    s.send(b"?")
    print(s.recv(99).decode())
else:
    s = socket.create_connection((a, p), 3)
    sys.stdout.write(s.makefile().read())'
	case $1 in
	host) python3 -c "$script" "${@:2}" ;;
	outside) outside python3 -c "$script" "${@:2}" ;;
	*) in_pod "$1" python3 -c "$script" "${@:2}" ;;
	esac 2>&1 | tail -n 1
}

@test "ports: reached from outside, host, localhost, the pod itself and another" {
	outside_world
	pod_ports '{"port": 80, "hostPort": 8080}' \
		'{"port": 53, "hostPort": 53, "protocol": "udp"}'
	run_pod "$uuid"
	serve "$uuid" 80
	serve "$uuid" 53 udp
	other=$(pod_dir prepared default)
	run_pod "$other"
	gateway=$(net "$uuid" .gateway)
	is 198.51.100.1 "$(outside ip route add 192.0.2.1 dev out0 \
		src 198.51.100.1; ask_from outside 192.0.2.1 8080)"
	is 192.0.2.1 "$(ask_from host 192.0.2.1 8080)"
	is "$gateway" "$(ask_from host 127.0.0.1 8080)"
	is "$gateway" "$(ask_from host 127.1.2.3 8080)"
	is "$gateway" "$(ask_from "$uuid" 192.0.2.1 8080)"
	is "$gateway" "$(ask_from "$uuid" "$gateway" 8080)"
	is "$(net "$other" .ip4)" "$(ask_from "$other" 192.0.2.1 8080)"
	is 198.51.100.1 "$(ask_from outside 192.0.2.1 53 udp)"
	is 192.0.2.1 "$(ask_from host 192.0.2.1 53 udp)"
	is "$gateway" "$(ask_from host 127.0.0.1 53 udp)"
	is "$gateway" "$(ask_from "$uuid" 192.0.2.1 53 udp)"
	is "$(net "$other" .ip4)" "$(ask_from "$other" 192.0.2.1 53 udp)"
}

@test "ports: the same by IPv6, and from ::1" {
	outside_world
	ip address add 2001:db8:1::1/64 dev up0 nodad
	outside ip address add 2001:db8:1::9/64 dev out0 nodad
	ip -6 route add default via 2001:db8:1::9
	pod_ports '{"port": 80, "hostPort": 8080}' \
		'{"port": 53, "hostPort": 53, "protocol": "udp"}' \
		'{"port": 80, "hostPort": 8081, "hostIP": "::1"}' \
		'{"port": 80, "hostPort": 8082, "hostIP": "0.0.0.0"}' \
		'{"port": 80, "hostPort": 8083, "hostIP": "::"}'
	run_pod "$uuid"
	serve "$uuid" 80
	serve "$uuid" 53 udp
	other=$(pod_dir prepared default)
	run_pod "$other"
	gateway=$(net "$uuid" .gateway6)
	is 2001:db8:1::9 "$(ask_from outside 2001:db8:1::1 8080)"
	is 2001:db8:1::9 "$(ask_from outside 2001:db8:1::1 53 udp)"
	is 2001:db8:1::1 "$(ask_from host 2001:db8:1::1 8080)"
	is "$gateway" "$(ask_from host ::1 8080)"
	is "$gateway" "$(ask_from host ::1 53 udp)"
	is "$gateway" "$(ask_from host ::1 8081)"
	is "$gateway" "$(ask_from host ::1 8083)"
	is "$gateway" "$(ask_from "$uuid" 2001:db8:1::1 8080)"
	is "$(net "$other" .ip6)" "$(ask_from "$other" 2001:db8:1::1 8080)"
	is "$(net "$uuid" .gateway)" "$(ask_from host 127.0.0.1 8082)"
	for no in '127.0.0.1 8083' '::1 8082' '2001:db8:1::1 8081'; do
		# shellcheck disable=SC2086
		matches refused "$(ask_from host $no)"
	done
	# The host's own ::1 is as before, also with a second pod's ports.
	pod_ports '{"port": 80, "hostPort": 8090}'
	run_pod "$uuid"
	serve "$uuid" 80
	is "$(net "$uuid" .gateway6)" "$(ask_from host ::1 8090)"
	python3 -c 'import socket
s = socket.create_server(("::1", 7070), family=socket.AF_INET6)
c = socket.create_connection(("::1", 7070), 3)
assert s.accept()[1][0] == "::1"'
}

@test "ports: a host or a network without IPv6 has those of IPv4" {
	for file in /proc/sys/net/ipv6/conf/{all,default}/disable_ipv6; do
		echo 1 >"$file"
	done
	pod_ports '{"port": 80, "hostPort": 8080}'
	run_pod "$uuid"
	is null "$(net "$uuid" .ip6)"
	serve "$uuid" 80
	is "$(net "$uuid" .gateway)" "$(ask_from host 127.0.0.1 8080)"
	pod_ports '{"port": 80, "hostPort": 8081, "hostIP": "::1"}'
	run -125 --separate-stderr pod-netns "$uuid" true
	is 'pod-netns: port "p": tcp [::1]:8081: the pod has no IPv6' "$stderr"
}

@test "ports: an address of the host's is the one that leads to the pod" {
	outside_world
	ip address add 192.0.2.2/24 dev up0
	pod_ports '{"port": 80, "hostPort": 8080, "hostIP": "192.0.2.2"}' \
		'{"port": 80, "hostPort": 8081, "hostIP": "127.0.0.1"}'
	run_pod "$uuid"
	serve "$uuid" 80
	is 192.0.2.1 "$(ask_from host 192.0.2.2 8080)"
	is 192.0.2.9 "$(ask_from outside 192.0.2.2 8080)"
	matches refused "$(ask_from outside 192.0.2.1 8080)"
	matches refused "$(ask_from host 127.0.0.1 8080)"
	is "$(net "$uuid" .gateway)" "$(ask_from host 127.0.0.1 8081)"
	matches refused "$(ask_from outside 192.0.2.2 8081)"
}

@test "ports: ranges, with the same numbers and with others" {
	pod_ports '{"port": 7000, "hostPort": 7000, "count": 3000}' \
		'{"port": 20000, "hostPort": 30000, "count": 2500}'
	run_pod "$uuid"
	for port in 7000 9999 20000 22499; do
		serve "$uuid" "$port"
	done
	gateway=$(net "$uuid" .gateway)
	for port in 7000 9999 30000 32499; do
		is "$gateway" "$(ask_from host 127.0.0.1 "$port")"
	done
	for port in 6999 10000 29999 32500; do
		matches refused "$(ask_from host 127.0.0.1 "$port")"
	done
}

@test "ports: one in use is one line, status 75, and nothing is begun" {
	outside_world
	pod_ports '{"port": 80, "hostPort": 8080}'
	run_pod "$uuid"
	before=$(ip -o link; nft list ruleset)
	# A listener of the host's, on one address of it.
	answer 9090 3>&- &
	wait_for listens 9090
	while IFS='|' read -r object what; do
		echo "$object"
		pod_ports "$object"
		run -75 --separate-stderr pod-netns "$uuid" touch "$T/begun"
		is '' "$output"
		is "pod-netns: port \"p\": $what is in use on this host" "$stderr"
		run -254 --separate-stderr pod-netns --fail-status=254 \
			"$uuid" touch "$T/begun"
	done <<-'END'
		{"port": 1, "hostPort": 8080}|tcp port 8080
		{"port": 1, "hostPort": 8080, "hostIP": "192.0.2.1"}|tcp 192.0.2.1:8080
		{"port": 1, "hostPort": 8080, "hostIP": "127.0.0.1"}|tcp 127.0.0.1:8080
		{"port": 1, "hostPort": 8079, "count": 9}|tcp port 8080
		{"port": 1, "hostPort": 9090}|tcp port 9090
		{"port": 1, "hostPort": 9090, "hostIP": "127.0.0.1"}|tcp 127.0.0.1:9090
	END
	run -1 test -e "$T/begun"
	is "$before" "$(ip -o link; nft list ruleset)"
	# The other protocol, another port, another address are free.
	pod_ports '{"port": 80, "hostPort": 8080, "protocol": "udp"}' \
		'{"port": 80, "hostPort": 8081}'
	run -0 pod-netns "$uuid" true
	pod_ports '{"port": 1, "hostPort": 1, "hostIP": "203.0.113.7"}'
	run -125 --separate-stderr pod-netns "$uuid" true
	is 'pod-netns: port "p": tcp 203.0.113.7:1: not an address of this host' \
		"$stderr"
}

@test "ports: a host's listener is refused a pod's port, and has it afterwards" {
	pod_ports '{"port": 80, "hostPort": 8080}' \
		'{"port": 80, "hostPort": 8080, "protocol": "udp"}'
	run_pod "$uuid"
	bind='import socket, sys
s = socket.socket(type=int(sys.argv[1]))
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 8080))'
	for type in 1 2; do
		run -1 python3 -c "$bind" "$type"
		matches 'Address already in use$'
	done
	end_pod "$uuid"
	for type in 1 2; do
		wait_for python3 -c "$bind" "$type"
	done
}

@test "ports: a port whose connections still end is free for the next pod" {
	for _ in 1 2 3; do
		pod_ports '{"port": 80, "hostPort": 8080}'
		run_pod "$uuid"
		serve "$uuid" 80
		is "$(net "$uuid" .gateway)" "$(ask_from host 127.0.0.1 8080)"
		end_pod "$uuid"
		wait_for eval '! nft list tables | grep ports'
		# And a listener of the host's that closes first.
		python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 8080))
c = socket.create_connection(("127.0.0.1", 8080))
s.accept()[0].close()
c.recv(1)'
		listens 8080 && return 1
		ss -Htan 'sport = 8080' | grep -q TIME-WAIT
	done
}

@test "ports: of twenty that want one port at a time, one has it" {
	starts=()
	for i in {1..20}; do
		pod_ports '{"port": 80, "hostPort": 8080}'
		pod-netns "$uuid" sh -c "echo $i >>'$T/has'; exec sleep 1000" \
			3>&- >"$T/$i.log" 2>&1 &
		starts+=($!)
	done
	wait_for eval 'test "$(grep -l "in use" "$T"/*.log | wc -l)" = 19'
	wait_for test -s "$T/has"
	is 1 "$(wc -l <"$T/has")"
	is 1 "$(nft list tables | grep -c rkt-ports)"
	kill "${starts[@]}" 2>/dev/null || :
	wait_for eval '! nft list tables | grep ports'
}

@test "ports: the rules, and nothing of them when the pod is killed" {
	before=$(nft list ruleset; ip -6 route show table all; ss -Hltuna)
	pod_ports '{"name": "web", "port": 80, "hostPort": 8080}' \
		'{"name": "sip", "port": 5060, "hostPort": 5060, "count": 2,
		"protocol": "udp", "hostIP": "127.0.0.1"}'
	run_pod "$uuid"
	run -0 nft list table inet "rkt-ports-$uuid"
	host=$(net "$uuid" .hostIf) ip4=$(net "$uuid" .ip4)
	matches 'flags owner'
	matches 'type nat hook prerouting priority dstnat; policy accept;
		fib daddr type local jump forwards'
	matches 'type nat hook output priority (dstnat|-100); policy accept;
		fib daddr type local jump forwards'
	matches "tcp dport 8080 dnat ip to $ip4:80 comment \"web\""
	matches "ip daddr 127.0.0.1 udp dport 5060-5061 dnat ip to $ip4 comment \"sip\""
	matches "iif \"$host\" ip daddr 127.0.0.0/8 drop"
	end_pod "$uuid"
	wait_for eval '! nft list tables | grep ports'
	wait_for eval "! ip -o link | grep rkt-"
	nft delete table inet rkt-net-default
	is "$before" "$(nft list ruleset; ip -6 route show table all; ss -Hltuna)"
}

@test "ports: a pod without any has no table and no descriptor for it" {
	uuid=$(pod_dir prepared default)
	run -0 pod-netns "$uuid" sh -c 'ls /proc/$$/fd; nft list tables'
	is '0
1
2
3
5'
	pod_ports '{"port": 80, "hostPort": 8080}'
	run -0 pod-netns "$uuid" sh -c 'ls /proc/$$/fd
		readlink /proc/$$/fd/4'
	matches '^0
1
2
3
4
5
socket:'
}

@test "ports: what run.json has wrong is one line" {
	while IFS='|' read -r object why; do
		echo "$object"
		pod_ports "$object"
		run -125 --separate-stderr pod-netns "$uuid" true
		is "pod-netns: pod $uuid: run.json: ports[0].$why" "$stderr"
	done <<-'END'
		{"port": 0, "hostPort": 1}|port
		{"port": 65536, "hostPort": 1}|port
		{"hostPort": 1}|port
		{"port": 1}|hostPort
		{"port": 1, "hostPort": "1"}|hostPort
		{"port": 65535, "hostPort": 1, "count": 2}|count
		{"port": 1, "hostPort": 65535, "count": 2}|count
		{"port": 1, "hostPort": 1, "count": 0}|count
		{"port": 1, "hostPort": 1, "protocol": "sctp"}|protocol: neither tcp nor udp
		{"port": 1, "hostPort": 1, "hostIP": "localhost"}|hostIP
		{"port": 1, "hostPort": 1, "name": 7}|name
	END
	is '' "$(nft list ruleset)"
}

@test "E2 CVE-2020-8558 localhost: who is on a link reaches no 127.0.0.0/8" {
	outside_world
	secret='import socket
s = socket.create_server(("127.0.0.1", 9999))
s.accept()[0].sendall(b"secret\n")'
	python3 -c "$secret" 3>&- >/dev/null 2>&1 &
	wait_for listens 9999
	before=$(cat /proc/sys/net/ipv4/conf/{all,default,lo,up0}/route_localnet)
	pod_ports '{"port": 80, "hostPort": 8080}'
	run_pod "$uuid"
	is "$before" \
		"$(cat /proc/sys/net/ipv4/conf/{all,default,lo,up0}/route_localnet)"
	host=$(net "$uuid" .hostIf)
	is 1 "$(cat "/proc/sys/net/ipv4/conf/$host/route_localnet")"
	other=$(pod_dir prepared default)
	run_pod "$other"
	is 0 "$(cat "/proc/sys/net/ipv4/conf/$(net "$other" .hostIf)/route_localnet")"
	# The pod, another one, the outside: 127.0.0.1 by way of the host, from
	# an own address and from a loopback one.
	for who in "$uuid:eth0" "$other:eth0" "$OUTSIDE:out0"; do
		link=${who#*:} pid=${who%:*}
		test "$pid" = "$OUTSIDE" || pid=$(pid_of "$pid")
		mac=$(nsenter --net="/proc/$pid/ns/net" ip neigh show dev "$link" |
			awk '$2 == "lladdr" { print $3; exit }')
		test -n "$mac" || {
			peer=$host
			test "$who" != "$other:eth0" || peer=$(net "$other" .hostIf)
			test "$link" != out0 || peer=up0
			mac=$(cat "/sys/class/net/$peer/address")
		}
		nsenter --net="/proc/$pid/ns/net" sh -c "
			echo 1 >/proc/sys/net/ipv4/conf/$link/route_localnet
			ip address del 127.0.0.1/8 dev lo
			ip route flush table local 127.0.0.0/8
			ip route add 127.0.0.1 dev $link
			ip neigh replace 127.0.0.1 lladdr $mac dev $link"
		run -1 nsenter --net="/proc/$pid/ns/net" python3 -c '
import socket
print(socket.create_connection(("127.0.0.1", 9999), 0.4).recv(9))'
		run -1 nsenter --net="/proc/$pid/ns/net" python3 -c '
import socket
print(socket.create_connection(("127.0.0.1", 8080), 0.4).recv(9))'
	done
	# It did listen.
	is secret "$(ask 127.0.0.1 9999)"
}

@test "E3 CVE-2025-67499 not-local: what goes elsewhere is not led to the pod" {
	outside_world
	pod_ports '{"port": 80, "hostPort": 8080}'
	run_pod "$uuid"
	serve "$uuid" 80
	outside bash -c "$(declare -f answer); answer 8080" 3>&- &
	wait_for outside bash -c "listens 8080"
	other=$(pod_dir prepared default)
	run_pod "$other"
	# From the host and through it, to the same port of another address.
	is 192.0.2.1 "$(ask_from host 198.51.100.1 8080)"
	is 192.0.2.1 "$(ask_from "$other" 198.51.100.1 8080)"
	is 192.0.2.1 "$(ask_from "$uuid" 198.51.100.1 8080)"
}

@test "E3 flush: nft flush ruleset takes no forward away" {
	pod_ports '{"port": 80, "hostPort": 8080}'
	run_pod "$uuid"
	serve "$uuid" 80
	nft flush ruleset
	is "$(net "$uuid" .gateway)" "$(ask_from host 127.0.0.1 8080)"
	run -1 nft delete table inet "rkt-ports-$uuid"
	run -1 nft flush table inet "rkt-ports-$uuid"
	is "$(net "$uuid" .gateway)" "$(ask_from host 127.0.0.1 8080)"
}

@test "E3 kill: at any call, all rules or none, and then none" {
	pod_ports '{"port": 80, "hostPort": 8080}'
	strace -f -qq -o "$T/trace" pod-netns "$uuid" true
	calls=$(wc -l <"$T/trace")
	test "$calls" -gt 50
	for ((call = 20; call < calls; call += 11)); do
		pod_ports '{"port": 80, "hostPort": 8080}'
		name=$(sed -n "${call}s/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p" "$T/trace")
		test -n "$name" || continue
		nth=$(sed -n "1,${call}p" "$T/trace" |
			grep -c "^[0-9]* *$name(")
		run strace -f -qq -o /dev/null \
			-e "inject=$name:signal=KILL:when=$nth" \
			pod-netns "$uuid" true
		wait_for eval '! nft list tables | grep ports'
		wait_for eval '! ip -o link | grep rkt-'
	done
	pod_ports '{"port": 80, "hostPort": 8080}'
	run -0 pod-netns "$uuid" true
}
