# SPDX-License-Identifier: Apache-2.0
# rkt-port - rkt run --port, from the command line to the answer
# shellcheck disable=SC2154,SC2016 # what stands in single quotes is for the pod
load helpers
load enter

# The image's ports: web (tcp 80), name (udp 53), many (tcp 9000-9009).
PORTS='.app.ports = [{name: "web", protocol: "tcp", port: 80},
	{name: "name", protocol: "udp", port: 53},
	{name: "many", protocol: "tcp", port: 9000, count: 10},
	{name: "odd", protocol: "sctp", port: 7}]'

setup() {
	fresh
	test -f "$BATS_FILE_TMPDIR/image.aci" || {
		busybox_root "$BATS_FILE_TMPDIR/root"
		mkaci -n example.com/web -x '["/bin/sh","-c"]' -z none \
			-m "$PORTS" "$BATS_FILE_TMPDIR/root" \
			"$BATS_FILE_TMPDIR/image.aci"
	}
	put_aci "$BATS_FILE_TMPDIR/image.aci" >"$T/key"
}

teardown() {
	stale
	wait_for eval '! ip -o link | grep rkt-'
	nft flush ruleset
}

# What the pods run.
SERVE='echo pod >/tmp/index.html; exec httpd -f -p 80 -h /tmp'

# start_pod OPTION...: a detached pod that serves.
start_pod() {
	pod=$(rkt run --detach "$@" example.com/web -- "$SERVE")
	wait_for eval 'rkt enter "$pod" netstat -ltn | grep -q ":80 "'
}

# ask HOST:PORT: what is answered there, or "refused".
ask() {
	local status=0
	curl -sS --max-time 3 "http://$1/" 2>/dev/null || status=$?
	test "$status" != 7 || echo refused
}

@test "rkt run --port: leads to the app, until pod-init is killed" {
	start_pod --private-net --port=web:8080 --port=name:127.0.0.1:5353
	is pod "$(ask 127.0.0.1:8080)"
	is pod "$(ask "[::1]:8080")"
	# Killed before anybody can do anything about it.
	kill -KILL "$(init)"
	wait_for eval '! nft list tables | grep ports'
	is refused "$(ask 127.0.0.1:8080)"
	start_pod --private-net --port=web:8080
	is pod "$(ask 127.0.0.1:8080)"
	rkt stop --force "$pod"
	wait_for eval '! nft list tables | grep ports'
}

@test "rkt run --port: in front, nothing is left when pod-enter is killed" {
	rkt run --private-net --port=web:8080 example.com/web -- "$SERVE" \
		3>&- >/dev/null 2>&1 &
	front=$!
	wait_for eval 'test "$(ask 127.0.0.1:8080)" = pod'
	# What waits outside holds nothing of it.
	run -1 test -e "/proc/$front/fd/4"
	kill -KILL "$front"
	wait_for eval '! nft list tables | grep ports'
	is refused "$(ask 127.0.0.1:8080)"
}

@test "rkt run --port: no app has any of what holds the ports" {
	run -0 rkt run --private-net --port=web:8080 example.com/web -- \
		'ls /proc/self/fd | while read -r fd; do echo $fd; done
		cat /proc/net/netfilter/nf_log 2>/dev/null; echo end'
	run -1 grep -x 4 <<<"$output"
}

@test "rkt run --port: a port in use is one line, and no pod" {
	start_pod --private-net --port=web:8080
	run -254 --separate-stderr rkt run --private-net --port=web:8080 \
		example.com/web -- 'touch /begun'
	is '' "$output"
	is 'rkt: port "web": tcp port 8080 is in use on this host' "$stderr"
}

@test "rkt run --port: refused without a network that it could lead to" {
	for net in host none; do
		run -254 --separate-stderr rkt run "--net=$net" --port=web:8080 \
			example.com/web -- true
		matches "^rkt: --port flag does not work with '$net' networking" \
			"$stderr"
	done
	run -254 --separate-stderr rkt run --port=web:8080 example.com/web
	matches '^rkt: --port flag requires --private-net' "$stderr"
}

@test "rkt run --port: what no pod could have is refused at once" {
	n=0
	while IFS='|' read -r options why; do
		((++n))
		echo "$options"
		# shellcheck disable=SC2086
		run -64 --separate-stderr pod-prepare -q --private-net $options \
			example.com/web
		is "pod-prepare: $why" "$stderr"
	done <<-'END'
		--port=nope:1|port name "nope" could not be found in any apps
		--port=odd:7|port "odd": protocol "sctp" is neither tcp nor udp
		--port=many:65530|port "many": 10 ports from 65530 on pass 65535
		--port=web:80 --port=many:75|port tcp-0.0.0.0:75 already mapped to pod port 80
		--port=web:80 --port=many:80|port tcp-0.0.0.0:80 already mapped to pod port 80
		--port=web:80 --port=many:192.0.2.1:80|port tcp-192.0.2.1:80 already mapped to pod port 80
		--port=web:80 --port=many:[::1]:71|port tcp-::1:71 already mapped to pod port 80
		--port=web:[::]:80 --port=many:[::1]:71|port tcp-::1:71 already mapped to pod port 80
		--port=web:[2001:db8::1]:80 --port=many:[2001:db8:0::1]:80|port tcp-2001:db8:0::1:80 already mapped to pod port 80
	END
	test "$n" = 9
	for options in '--port=web:53 --port=name:53' \
		'--port=web:80 --port=many:81' '--port=web:80 --port=many:70' \
		'--port=web:192.0.2.1:80 --port=many:192.0.2.2:80' \
		'--port=web:0.0.0.0:80 --port=many:[::]:80'; do
		# shellcheck disable=SC2086
		run -0 pod-prepare -q --private-net $options example.com/web
	done
}

@test "rkt list, status: JSON has addresses of both families, and ports" {
	start_pod --private-net --port=web:8080 --port=many:127.0.0.1:9100
	want='[{"netName":"default","ifName":"eth0","ip":"4","ip6":"6"}]
[{"name":"web","protocol":"tcp","port":80,"count":1,"host_port":8080},{"name":"many","protocol":"tcp","port":9000,"count":10,"host_port":9100,"host_ip":"127.0.0.1"}]'
	ip4=$(rkt enter "$pod" ip -4 -o address show dev eth0 |
		sed 's/.*inet \([0-9.]*\).*/\1/')
	ip6=$(rkt enter "$pod" ip -6 -o address show dev eth0 |
		sed -n 's/.*inet6 \(fd[0-9a-f:]*\).*/\1/p')
	want=${want/\"4\"/\"$ip4\"}
	want=${want/\"6\"/\"$ip6\"}
	is "$want" "$(rkt status --format=json "$pod" | jq -c '.networks, .ports')"
	is "$want" \
		"$(rkt list --format=json | jq -c '.[0] | .networks, .ports')"
	run -0 rkt status "$pod"
	matches "networks=default:ip4=$ip4
"
	run -0 rkt list --full --no-legend
	matches "default:ip4=$ip4,ip6=$ip6"
	is null "$(rkt run --detach example.com/web -- 'sleep 9' >"$T/other" &&
		rkt status --format=json "$(cat "$T/other")" | jq -c .ports)"
}

@test "rkt run --port: pods on a bridge reach it by the host, and themselves" {
	mkdir -p "$RKT_CONF/net.d"
	echo '{"cniVersion":"0.4.0","name":"lan","type":"bridge",
		"bridge":"rktlan","isGateway":true,"ipMasq":true,
		"ipam":{"type":"host-local","subnet":"10.77.0.0/24",
		"routes":[{"dst":"0.0.0.0/0"}]}}' >"$RKT_CONF/net.d/10-lan.conf"
	ip link add up0 type veth peer name out0
	ip address add 192.0.2.1/24 dev up0
	ip link set up0 up
	start_pod --net=lan --port=web:8080
	first=$pod
	start_pod --net=lan
	is pod "$(ask 192.0.2.1:8080)"
	is pod "$(ask 10.77.0.1:8080)"
	for who in "$first" "$pod"; do
		run -0 rkt enter "$who" sh -c \
			'printf "GET / HTTP/1.0\r\n\r\n" | nc -w 3 192.0.2.1 8080'
		is pod "${lines[-1]}"
	done
	# As ever on a bridge, and no interface takes 127.0.0.1 from outside.
	is 0 "$(cat /proc/sys/net/ipv4/conf/rktlan/route_localnet)"
	rkt stop --force "$first" "$pod"
	wait_for eval '! nft list tables | grep ports'
	ip link del up0
}
