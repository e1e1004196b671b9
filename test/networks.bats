# SPDX-License-Identifier: Apache-2.0
# networks - the networks that are built in
# shellcheck disable=SC2154,SC2016
load helpers
load pods

teardown() {
	stale
	end_networks
}

@test "networks: sets nothing that PROG would inherit" {
	uuid=$(pod_dir prepared default)
	state='umask; ulimit -c; grep -E "NoNewPrivs|Sig[A-Z][a-z]{2}|Seccomp:" /proc/self/status'
	run -0 pod-netns "$uuid" sh -c "umask 027; $state"
	is "$(sh -c "umask 027; $state")"
	run -0 sh -c "umask 051; exec pod-netns $(pod_dir prepared none) sh -c umask"
	is 0051
}

@test "networks: default gives a /31 of 172.16.28.0/24 and the routes" {
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

@test "networks: net.json is there before what it names is made" {
	uuid=$(pod_dir prepared default)
	strace -f -qq -o "$T/trace" -e trace=renameat,clone3,sendto \
		pod-netns "$uuid" true
	run -0 cut -d ' ' -f 2- "$T/trace"
	is 'renameat clone3' "$(sed -n 's/^ *\(renameat\|clone3\)(.*/\1/p' \
		<<<"$output" | head -n 2 | paste -sd ' ')"
	matches 'renameat\([^
]*"net.json"\)'
	is '{"networks":[{"name":"default","ifName":"eth0"}]}' "$(jq -c \
		'.networks[0] |= {name, ifName}' \
		"$RKT_DIR/pods/run/$uuid/net.json")"
	is "rkt-${uuid:0:8}" "$(net "$uuid" .hostIf)"
	is 172.16.28.0/24 "$(net "$uuid" .masquerade)"
}

@test "networks: host and pod reach each other, and the pod the outside" {
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

@test "networks: pods reach each other by their own addresses" {
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

@test "networks: forwards by interface: the pod's and the way out, no other" {
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

@test "networks: one table a network, its rules made again if it is gone" {
	uuid=$(pod_dir prepared default)
	pod-netns "$uuid" true
	want='table inet rkt-net-default {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 172.16.28.0/24 ip daddr != 172.16.28.0/24 masquerade comment "172.16.28.0/24"
	}

	chain prerouting {
		type filter hook prerouting priority raw; policy accept;
		iifname "rkt-*" ip6 saddr != fe80::/10 fib saddr . iif oif 0 drop comment "fdf2:3a67:91c5:1c::/64"
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

@test "networks: twenty at a time get twenty addresses and make one rule" {
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

@test "E5 pool: one that is used up is one line, and frees with its pods" {
	default_conf '.ipam.subnet = "172.16.28.8/29"'
	a=$(pod_dir prepared default) b=$(pod_dir prepared default)
	run_pod "$a"
	run_pod "$b"
	is '172.16.28.11 172.16.28.13' "$(printf '%s\n' "$(net "$a" .ip4)" \
		"$(net "$b" .ip4)" | sort | paste -sd ' ')"
	c=$(pod_dir prepared default)
	run -75 --separate-stderr pod-netns "$c" true
	is 'pod-netns: network "default": all 2 addresses of 172.16.28.8/29 are in use, try again' "${stderr#*$'\n'}"
	run -254 pod-netns --fail-status=254 "$(pod_dir prepared default)" true
	freed=$(net "$a" .ip4)
	end_pod "$a"
	wait_for eval "! ip -o link | grep 'rkt-${a:0:8}'"
	d=$(pod_dir prepared default)
	run_pod "$d"
	is "$freed" "$(net "$d" .ip4)"
}

@test "networks: all that it made dies with the pod's last process" {
	before=$(ip -o link; ip route show table all)
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	test "$before" != "$(ip -o link; ip route show table all)"
	end_pod "$uuid"
	wait_for eval "! ip -o link | grep 'rkt-'"
	is "$before" "$(ip -o link; ip route show table all)"
}

@test "networks: the conf's range, routes, MTU and masquerade are used" {
	default_conf '.ipam.subnet = "10.99.0.0/16" | .mtu = 1400 | .ipMasq = false |
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

@test "networks: the local conf wins over the system's, and by name" {
	default_conf '.ipam.subnet = "10.1.0.0/16"'
	mkdir "$RKT_SYSTEM_CONF/net.d"
	jq '.ipam.subnet = "10.2.0.0/16"' "$RKT_CONF/net.d/99-default.conf" \
		>"$RKT_SYSTEM_CONF/net.d/10-x.conf"
	jq '.name = "other" | .type = "bridge"' \
		"$RKT_CONF/net.d/99-default.conf" >"$RKT_CONF/net.d/1.conf"
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	matches '^10\.1\.' "$(net "$uuid" .ip4)"
	is "pod-netns: overriding \"default\" network with one from $RKT_SYSTEM_CONF/net.d
pod-netns: overriding \"default\" network with one from $RKT_CONF/net.d" \
		"$(cat "$T/$uuid.log")"
	rm "$RKT_CONF/net.d/99-default.conf"
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	matches '^10\.2\.' "$(net "$uuid" .ip4)"
}

@test "E9 conf-hostile: a wrong conf is one line that names it" {
	file=$RKT_CONF/net.d/99-default.conf
	rm -rf /usr/lib/cni
	while IFS='|' read -r change why; do
		echo "$change"
		default_conf "${change//@/|}"
		run -125 --separate-stderr pod-netns \
			"$(pod_dir prepared default)" true
		is '' "$output"
		is "pod-netns: $file: $why" "$(grep -v overriding <<<"$stderr")"
	done <<-'EOF'
		.type = "../../bin/sh"|type: not a plugin's name
		.type = ".."|type: not a plugin's name
		.type = ""|type: not a plugin's name
		.type = "a/b"|type: not a plugin's name
		.type = "a\nb"|type: not a plugin's name
		.type = 7|type: missing
		.type = "nope"|type nope: no such plugin
		del(.type)|type: missing
		del(.name)|name: missing
		.name = "../default"|name: not a network's name
		.name = "-x"|name: not a network's name
		.name = ("x" * 65)|name: not a network's name
		.cniVersion = 1|cniVersion: not a version
		.ipMasq = "yes"|ipMasq: not true or false
		.mtu = 70000|mtu: not a number from 68 to 65535
		.mtu = 1000.5|mtu: not a number from 68 to 65535
		.dns = {}|dns: not built in, and there is no plugin ptp
		.ipam.type = "dhcp"|ipam.type dhcp: not built in, and there is no plugin ptp
		.ipam.gateway = "1.2.3.4"|ipam.gateway: not built in, and there is no plugin ptp
		del(.ipam)|ipam.type: missing
		.ipam = 7|ipam.type: missing
		del(.ipam.subnet)|ipam.subnet: missing
		.ipam.subnet = "172.16.28.1/24"|ipam.subnet: not a subnet such as 172.16.28.0/24 or fd00::/64
		.ipam.subnet = "172.16.28.0"|ipam.subnet: not a subnet such as 172.16.28.0/24 or fd00::/64
		.ipam.subnet = "172.16.28.0/33"|ipam.subnet: not a subnet such as 172.16.28.0/24 or fd00::/64
		.ipam.subnet = "fd00::1/64"|ipam.subnet: not a subnet such as 172.16.28.0/24 or fd00::/64
		.ipam.subnet = "fd00::/64"|ipam.subnet, IPv6 alone,: not built in, and there is no plugin ptp
		.ipam.subnet = "172.16.28.0/30"|ipam.subnet, a prefix not from 8 to 29,: not built in, and there is no plugin ptp
		.ipam.subnet = "0.0.0.0/0"|ipam.subnet, a prefix not from 8 to 29,: not built in, and there is no plugin ptp
		.ipam.ranges = {}|ipam.ranges: not a list
		.ipam.ranges = [7]|ipam.ranges: not a list of lists of objects
		.ipam.ranges = [[{subnet: "fd00::/121"}]]|ipam.ranges, fewer addresses of IPv6,: not built in, and there is no plugin ptp
		.ipam.routes = {}|ipam.routes: not a list of at most 16
		.ipam.routes = [range(17) @ {dst: "10.0.0.0/8"}]|ipam.routes: not a list of at most 16
		.ipam.routes = ["10.0.0.0/8"]|ipam.routes: not a list of objects
		.ipam.routes = [{}]|ipam.routes.dst: missing
		.ipam.routes = [{dst: "x"}]|ipam.routes.dst: not a subnet such as 172.16.28.0/24 or fd00::/64
		.ipam.routes = [{dst: "10.0.0.0/8", gw: "10.0.0.1"}]|ipam.routes.gw: not built in, and there is no plugin ptp
		.type = "bridge" @ .bridge = "../x"|bridge: not an interface's name
		.type = "bridge" @ .bridge = 7|bridge: not an interface's name
		.type = "bridge" @ .isGateway = 1|isGateway: not true or false
		.type = "bridge" @ .vlan = 7|vlan: not built in, and there is no plugin bridge
		.type = "bridge" @ .ipam.rangeStart = "10.9.9.9"|ipam.rangeStart, rangeEnd: not a range of the subnet
		.type = "bridge" @ .ipam.gateway = "10.9.9.9"|ipam.gateway: not in the subnet
		.type = "bridge" @ .ipam.gateway = "x"|ipam.gateway: not an address
		{name, plugins: []}|type: missing
	EOF
	is '' "$(ip -o link | grep rkt- || :)"
	is '' "$(nft list ruleset)"
}

@test "E9 conf-not-json: bytes of every kind are one clean line" {
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
		default_conf . && cp "$RKT_CONF/net.d/99-default.conf" \
			"$RKT_CONF/net.d/$n.conf"
	done
	run -125 --separate-stderr pod-netns "$(pod_dir prepared default)" true
	matches 'conf: network "default" is in .*\.conf too$' "$stderr"
}

@test "networks: which are chosen by names, with rkt's words for wrong ones" {
	while IFS='|' read -r names why; do
		echo "$names"
		uuid=$(pod_dir prepared "$(printf '%b' "$names")")
		run -125 --separate-stderr pod-netns "$uuid" true
		is "pod-netns: ${why//UUID/$uuid}" "$stderr"
	done <<-'EOF'
		foo|networks not found: foo
		foo,default,bar:A=B|networks not found: foo, bar
		\033]0;x|networks not found: \x1b]0;x
		default,default|found duplicate netname "default"
		default,default:A=B|found duplicate netname "default"
		host:A=B|arguments are not supported by special netname "host"
		all:A=B|arguments are not supported by special netname "all"
		none:A=B|arguments are not supported by special netname "none"
		default,none|pod UUID: networks "host" and "none" stand alone
		host,none|pod UUID: networks "host" and "none" stand alone
	EOF
	uuid=$(pod_dir prepared host)
	for net in '[7]' '7' '{}'; do
		uuid=$(pod_dir prepared host)
		echo "{\"net\":$net}" >"$RKT_DIR/pods/prepared/$uuid/run.json"
		run -125 --separate-stderr pod-netns "$uuid" true
		is "pod-netns: pod $uuid: run.json: net: not a list of names" \
			"$stderr"
	done
}

# more_conf FILE NAME SUBNET: one more network of pairs.
more_conf() {
	mkdir -p "$RKT_CONF/net.d"
	jq -n --arg name "$2" --arg subnet "$3" '{name: $name, type: "ptp",
		ipam: {type: "host-local", subnet: $subnet,
		routes: [{dst: "0.0.0.0/0"}, {dst: "10.0.0.0/8"}]}}' \
		>"$RKT_CONF/net.d/$1"
}

@test "networks: several in a pod: eth0, eth1 and so on in the order of the files" {
	more_conf 20-b.conf b 10.2.0.0/16
	more_conf 10-z.conf z 10.1.0.0/16
	uuid=$(pod_dir prepared b,default,z)
	run_pod "$uuid"
	is 'default eth0 z eth1 b eth2' "$(jq -r '[.networks[] | .name, .ifName]
		| join(" ")' "$RKT_DIR/pods/run/$uuid/net.json")"
	for n in 0 1 2; do
		matches "inet $(net "$uuid" .ip4 "$n")/31" \
			"$(in_pod "$uuid" ip -4 address show "eth$n")"
		ip link show "$(net "$uuid" .hostIf "$n")"
	done
	run -0 in_pod "$uuid" ip -4 route show default
	is "default via $(net "$uuid" .gateway) dev eth0 proto static "
	run -0 in_pod "$uuid" ip -4 route show 10.0.0.0/8
	is "10.0.0.0/8 via $(net "$uuid" .gateway 1) dev eth1 proto static "
	end_pod "$uuid"
	wait_for eval "! ip -o link | grep 'rkt-'"
}

@test "networks: all is every one of net.d, and default" {
	more_conf 20-b.conf b 10.2.0.0/16
	uuid=$(pod_dir prepared all)
	run_pod "$uuid"
	is 'default b' "$(jq -r '[.networks[].name] | join(" ")' \
		"$RKT_DIR/pods/run/$uuid/net.json")"
}

@test "networks: default-restricted has the host and the metadata, no way out" {
	outside_world
	uuid=$(pod_dir prepared default-restricted)
	run_pod "$uuid"
	matches '^172\.31\.' "$(net "$uuid" .ip4)"
	is null "$(net "$uuid" .masquerade)"
	is "169.254.169.255 via $(net "$uuid" .gateway) dev eth0 proto static 
172.31.0.0/16 via $(net "$uuid" .gateway) dev eth0 proto static 
$(net "$uuid" .gateway)/31 dev eth0 proto kernel scope link src $(net "$uuid" .ip4) " \
		"$(in_pod "$uuid" ip -4 route | sort)"
	is '' "$(in_pod "$uuid" ip -6 route show default)"
}

# outside6: gives the outside IPv6 as well: 2001:db8:9::1.
outside6() {
	outside_world
	ip address add 2001:db8:1::1/64 dev up0 nodad
	outside ip address add 2001:db8:1::9/64 dev out0 nodad
	outside ip address add 2001:db8:9::1/128 dev lo nodad
	ip -6 route add default via 2001:db8:1::9
}

# answer6 PORT and ask6 ADDRESS PORT: as without the 6.
answer6() {
	exec python3 -c 'import socket, sys
s = socket.create_server(("::", int(sys.argv[1])), family=socket.AF_INET6)
while True:
    c, a = s.accept()
    c.sendall((a[0] + "\n").encode())
    c.close()' "$1"
}

@test "networks: IPv6 has the pair of the same number, leased by a route" {
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	ip4=$(net "$uuid" .ip4) ip6=$(net "$uuid" .ip6)
	is "fdf2:3a67:91c5:1c::$(printf %x "${ip4##*.}")" "$ip6"
	is "$ip6 dev $(net "$uuid" .hostIf) proto static metric 1024 pref medium" \
		"$(ip -6 route show "$ip6")"
	matches "inet6 $ip6/127 scope global nodad" \
		"$(in_pod "$uuid" ip -6 address show eth0)"
	# Without a way out on the host, none in the pod.
	is '' "$(in_pod "$uuid" ip -6 route show default)"
	is null "$(net "$uuid" .masquerade6)"
}

@test "networks: IPv6 reaches host, pods and the outside, as the host there" {
	outside6
	a=$(pod_dir prepared default) b=$(pod_dir prepared default)
	run_pod "$a"
	run_pod "$b"
	is fdf2:3a67:91c5:1c::/64 "$(net "$a" .masquerade6)"
	matches 'ip6 saddr fdf2:3a67:91c5:1c::/64 ip6 daddr != fdf2:3a67:91c5:1c::/64 masquerade' \
		"$(nft list ruleset)"
	outside bash -c "$(declare -f answer6); answer6 7010" 3>&- &
	in_pod "$b" bash -c "$(declare -f answer6); answer6 7011" 3>&- &
	answer6 7012 3>&- &
	ask_from_a() {
		in_pod "$a" bash -c "$(declare -f ask); ask $1 $2"
	}
	wait_for ask_from_a 2001:db8:9::1 7010
	run -0 ask_from_a 2001:db8:9::1 7010
	is 2001:db8:1::1
	wait_for ask_from_a "$(net "$b" .ip6)" 7011
	run -0 ask_from_a "$(net "$b" .ip6)" 7011
	is "$(net "$a" .ip6)"
	wait_for ask_from_a 2001:db8:1::1 7012
	run -0 ask_from_a 2001:db8:1::1 7012
	is "$(net "$a" .ip6)"
}

@test "networks: an IPv6 pair that somebody routes elsewhere is left to him" {
	default_conf '.ipam.subnet = "172.16.28.8/29" |
		.ipam.ranges = [[{subnet: "fd01::/64"}]]'
	ip link add other0 type veth peer name other1
	ip link set other0 up
	ip -6 route add fd01::3 dev other0
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	is '172.16.28.13 fd01::5' "$(net "$uuid" .ip4) $(net "$uuid" .ip6)"
	is '' "$(ip -4 route show 172.16.28.11)"
	run -75 pod-netns "$(pod_dir prepared default)" true
	ip link del other0
}

@test "networks: a host with IPv6 switched off has pods of IPv4 alone, quietly" {
	echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	is null "$(net "$uuid" .ip6)"
	is '' "$(cat "$T/$uuid.log")"
	run ! grep fdf2 <<<"$(nft list ruleset)"
	echo 0 >/proc/sys/net/ipv6/conf/all/disable_ipv6
}

# advertise DEVICE: what a router says: a prefix, and that it is the way out.
advertise() {
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58)
s.setsockopt(41, socket.IPV6_MULTICAST_HOPS, 255)
s.sendto(bytes([134, 0, 0, 0, 64, 0, 7, 8]) + bytes(8) +
    bytes([3, 4, 64, 192, 0, 0, 14, 16, 0, 0, 14, 16]) + bytes(4) +
    bytes.fromhex("20010db8") + bytes(12),
    ("ff02::1", 0, 0, socket.if_nametoindex(sys.argv[1])))' "$1"
}

# learns: has the host learnt the way out from an advertisement by up0?
learns() {
	outside bash -c "$(declare -f advertise); advertise out0"
	ip -6 route show default | grep -q 'proto ra'
}

@test "networks: the host's own router discovery goes on as before" {
	outside_world
	ip link set up0 up
	wait_for learns
	is 0 "$(cat /proc/sys/net/ipv6/conf/all/forwarding)"
	before=$(cd /proc/sys/net/ipv6/conf && grep . {all,default,lo,up0}/{forwarding,accept_ra})
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	is "$before" "$(cd /proc/sys/net/ipv6/conf && grep . {all,default,lo,up0}/{forwarding,accept_ra})"
	# It keeps what it had, and learns it again.
	ip -6 route show default | grep -q 'proto ra'
	ip -6 route flush proto ra
	run ! grep 'proto ra' <<<"$(ip -6 route show default)"
	wait_for learns
}

@test "networks: so it does where IPv6 is forwarded everywhere or not at all" {
	outside_world
	wait_for learns
	uuid=$(pod_dir prepared default)
	# Linux before 6.17 has no such switch.
	strace -f -qq -o /dev/null -e trace=openat -e inject=openat:error=ENOENT \
		-P "/proc/sys/net/ipv6/conf/rkt-${uuid:0:8}/force_forwarding" \
		-P /proc/sys/net/ipv6/conf/up0/force_forwarding \
		pod-netns "$uuid" true
	cd /proc/sys/net/ipv6/conf
	is 1 "$(cat all/forwarding)"
	is 2 "$(cat up0/accept_ra)"
	ip -6 route show default | grep -q 'proto ra'
	ip -6 route flush proto ra
	wait_for learns
	echo 0 >all/forwarding
}

@test "E1 CVE-2020-10749: a pod's router advertisements change nothing on the host" {
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	host=$(net "$uuid" .hostIf)
	is 0 "$(cat "/proc/sys/net/ipv6/conf/$host/accept_ra")"
	is 0 "$(cat "/proc/sys/net/ipv6/conf/$host/accept_redirects")"
	before=$(ip -6 route show table all; ip -6 address show dev "$host")
	seen() {
		awk '$1 == "Icmp6InRouterAdvertisements" { print $2 }' \
			/proc/net/snmp6
	}
	more="$(($(seen) + 1))"
	in_pod "$uuid" bash -c "$(declare -f advertise); advertise eth0"
	wait_for eval "test \"\$(seen)\" -ge $more"
	is "$before" "$(ip -6 route show table all
		ip -6 address show dev "$host")"
}

@test "E1 CVE-2020-10749: the host's end of a pod without IPv6 has none either" {
	default_conf .
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	host=$(net "$uuid" .hostIf)
	is 1 "$(cat "/proc/sys/net/ipv6/conf/$host/disable_ipv6")"
	is '' "$(ip -6 address show dev "$host")"
	before=$(ip -6 route show table all)
	# The pod's own address of the link is in use after a second.
	wait_for in_pod "$uuid" bash -c "$(declare -f advertise); advertise eth0"
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

@test "E4 spoof: nor one of IPv6" {
	a=$(pod_dir prepared default) b=$(pod_dir prepared default)
	run_pod "$a"
	run_pod "$b"
	target=$(net "$b" .ip6)
	in_pod "$b" python3 -c 'import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 7006))
while True:
    print(s.recvfrom(99)[1][0], flush=True)' >"$T/got" 3>&- &
	wait_for eval 'in_pod "$b" ss -lun | grep -q :7006'
	send() {
		in_pod "$a" python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(41, 78, 1)  # IPV6_FREEBIND
s.bind((sys.argv[1], 0))
s.sendto(b"x", (sys.argv[2], 7006))' "$1" "$target"
	}
	in_pod "$a" ip address add fd99::1/128 dev eth0 nodad
	send fd99::1
	send "$(net "$a" .ip6)"
	wait_for test -s "$T/got"
	is "$(net "$a" .ip6)" "$(cat "$T/got")"
	# That is the guard's doing.
	nft flush ruleset
	send fd99::1
	wait_for grep -q '^fd99::1$' "$T/got"
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

@test "E3 flushed: nft flush ruleset under us is repaired by the next pod or gc" {
	outside6
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	want=$(nft list ruleset)
	nft flush ruleset
	pod-netns "$(pod_dir prepared default)" true
	is "$want" "$(nft list ruleset)"
	nft flush ruleset
	run -0 pod-gc
	is "$want" "$(nft list ruleset)"
	end_pod "$uuid"
	wait_for eval "! ip -o link | grep rkt-"
	run -0 pod-gc
	is '' "$(nft list ruleset)"
}

# nothing_left: no interface, route, address or namespace of a pod.
nothing_left() {
	test "$before" = "$(ip -o link; ip -o address; ip route show table all
		ip -6 route show table all)" && test "$(spaces)" = "$own"
}

# spaces: the network namespaces of the processes there are.
spaces() {
	readlink /proc/[0-9]*/ns/net 2>/dev/null | sort -u
}

@test "E8 killed: any process of a pod: nothing stays, without a gc" {
	busybox_aci "$T/busybox.aci"
	put_aci "$T/busybox.aci"
	own=$(spaces)
	ip link set lo up
	before=$(ip -o link; ip -o address; ip route show table all
		ip -6 route show table all)
	mkdir -p "$RKT_CONF/net.d"
	jq -n '{name: "pairs", type: "ptp", ipam: {type: "host-local",
		subnet: "10.3.0.0/24"}}' >"$RKT_CONF/net.d/10-pairs.conf"
	for victim in pod-enter pod-init sleep; do
		echo "$victim"
		rkt --insecure-options=image run --private-net=default,pairs \
			example.com/busybox -- 'sleep 1000; exit 1' \
			>"$T/$victim.log" 2>&1 3>&- &
		wait_for pgrep -x sleep
		is 2 "$(ip -o link | grep -c 'rkt-')"
		kill -KILL "$(pgrep -x "$victim" | head -n 1)"
		wait_for nothing_left
		wait || :
	done
}
