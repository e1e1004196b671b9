#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# seeds - every command line of the founding documents, and what is seen
#
# Each row of rows() has a test whose title begins with its number and command.
# Where a terminal is shown there is one; else what goes to stdout and to
# stderr is told apart.  Typed as it stands there, but for sudo.
# shellcheck disable=SC2016,SC2154

load helpers
load web
load registry
load seeds

rows() {
	cat <<-'END'
	1: ./rkt help
	2: rkt trust --prefix coreos.com/etcd
	3: rkt trust --prefix coreos.com/etcd, answered no
	4: rkt trust --prefix storage.coreos.com
	5: rkt trust --root coreos.com
	6: rkt trust --prefix coreos.com
	7: rkt trust --prefix coreos.com/etcd https://coreos.com/dist/pubkeys/aci-pubkeys.gpg
	8: ls -l /etc/rkt/trustedkeys/
	9: rkt fetch https://github.com/coreos/etcd/releases/download/v2.0.0-rc.1/etcd-v2.0.0-rc.1-linux-amd64.aci
	10: rkt fetch coreos.com/etcd:v2.0.0
	11: rkt fetch coreos.com/etcd:v2.0.0, without a trusted key
	12: rkt -insecure-skip-verify fetch docker://busybox
	13: find /var/lib/rkt/cas/blob/
	14: gzip -dc etcd.aci > etcd.tar; sha512sum etcd.tar
	15: rkt run coreos.com/etcd:v2.0.4 -- -name vmware-cna
	16: rkt run sha512-fa1cb92dc276b0f9bedf87981e61ecde
	17: rkt run https://github.com/coreos/etcd/releases/download/v2.0.0/etcd-v2.0.0-linux-amd64.aci
	18: rkt run docker://quay.io/coreos/etcd:v2.0.0
	19: ^] three times
	20: rkt run -volume database:/tmp
	21: rkt run --volume bind:/opt/tenant1/database sha512-... sha512-...
	22: rkt run --volume work,kind=host,source=/opt/tenant1/work
	23: rkt run --pod-manifest
	24: rkt run example.com/worker -- --loglevel verbose --- example.com/syncer -- --interval 30s
	25: rkt run --inherit-env --set-env FOO=bar --set-env EXAMPLE_OVERRIDE=over example.com/env-printer
	26: rkt -insecure-skip-verify run coreos.com/etcd:v2.0.0
	27: rkt run coreos.com/etcd:v2.0.0
	28: rkt run --private-net coreos.com/etcd:v2.0.0
	29: rkt status, rkt enter, rkt metadata-service
	30: rkt gc --grace-period=30m0s
	31: /container, /stage1, /stage1/init, /stage1/opt/stage2/sha512-...
	32: make CC=clang
	33: docker run --privileged --rm -v /mnt:/var/lib/rkt IMAGE fetch URL
	END
}

setup_file() {
	hosts
	etcd_root "$BATS_FILE_TMPDIR/etcd"
	etcd_release v2.0.0
	registry_start registry-1.docker.io
	registry_start quay.io
}

teardown_file() {
	registry_end
	web_end
}

# Everything where it is by default: this world has a /var/lib/rkt of its own.
setup() {
	fresh
	unset RKT_RUN RKT_CONF RKT_SYSTEM_CONF RKT_DIR
	mkdir -p /var/lib/rkt /etc/rkt /run/rkt
}

teardown() {
	RKT_DIR=/var/lib/rkt stale
	umount -l /run/rkt/mnt/* 2>/dev/null || :
	umount -l /run/rkt/mnt 2>/dev/null || :
	rm -rf /var/lib/rkt/* /etc/rkt/* /run/rkt/*
	if test -n "${etcd-}"; then kill "$etcd" 2>/dev/null || :; fi
}

@test "the list has 33 rows, and each has a test" {
	is 33 "$(rows | wc -l)"
	while read -r row; do
		grep -qF "@test \"$row" "$BATS_TEST_FILENAME" || {
			echo "no test: $row"
			false
		}
	done < <(rows)
}

### Trust

# dialogue PREFIX LOCATION ANSWER: what the terminal shows up to the answer.
dialogue() {
	echo "Prefix: \"$1\"
Key: \"$2\"
GPG key fingerprint is: $(grouped "$(builder)")
  $BUILDER
Are you sure you want to trust this key (yes/no)? $3"
}

# accepted PREFIX LOCATION: the whole of it, and the key is there.
accepted() {
	local file
	file=/etc/rkt/trustedkeys/prefix.d/$1/$(builder)
	is "$(dialogue "$1" "$2" yes)
Trusting \"$2\" for prefix \"$1\".
Added key for prefix \"$1\" at \"$file\""
	cmp "$file" "$WEB/coreos.com/dist/pubkeys/aci-pubkeys.gpg"
}

answered='want {\(yes/no\)\? }; send'

@test "1: ./rkt help" {
	cd "$BIN"
	run -0 --separate-stderr ./rkt help
	for word in 'COMMANDS:' 'GLOBAL OPTIONS:' enter fetch gc help image \
		list prepare rm run run-prepared status stop trust version \
		--debug --dir --insecure-options; do
		grep -qE -- "^ *$word" <<<"$output"
	done
	is '' "$stderr"
}

@test "2: rkt trust --prefix coreos.com/etcd" {
	at_terminal 'rkt trust --prefix coreos.com/etcd' "$answered yes\r"
	is 0 "$status"
	accepted coreos.com/etcd "$KEYS"
}

@test "3: rkt trust --prefix coreos.com/etcd, answered no" {
	at_terminal 'rkt trust --prefix coreos.com/etcd' \
		"$answered maybe\r; $answered no\r"
	is 254 "$status"
	matches "Please enter 'yes' or 'no'"
	matches "[Nn]ot trusting \"$KEYS\""
	is '' "$(find /etc/rkt -type f)"
}

@test "4: rkt trust --prefix storage.coreos.com" {
	at_terminal 'rkt trust --prefix storage.coreos.com' "$answered yes\r"
	accepted storage.coreos.com "$KEYS"
	run -254 --separate-stderr rkt fetch coreos.com/etcd:v2.0.0
	matches 'not trusted' "$stderr"
}

@test "5: rkt trust --root coreos.com" {
	web_page coreos.com "$(web_tag ac-discovery-pubkeys coreos.com "$KEYS")"
	at_terminal 'rkt trust --root coreos.com' "$answered yes\r"
	web_page coreos.com
	accepted coreos.com "$KEYS"
	rkt fetch coreos.com/etcd:v2.0.0
}

@test "6: rkt trust --prefix coreos.com" {
	run -254 --separate-stderr rkt trust --prefix coreos.com
	is ''
	is 'Error determining key location: --prefix meta discovery error: found no ACI meta tags' \
		"$stderr"
}

@test "7: rkt trust --prefix coreos.com/etcd https://coreos.com/dist/pubkeys/aci-pubkeys.gpg" {
	at_terminal "rkt trust --prefix coreos.com/etcd $KEYS" \
		"$answered yes\r"
	accepted coreos.com/etcd "$KEYS"
	rm -r /etc/rkt/trustedkeys
	cp "$WEB/coreos.com/dist/pubkeys/aci-pubkeys.gpg" "$T"
	at_terminal "cd $T && rkt trust --prefix coreos.com/etcd ./aci-pubkeys.gpg" \
		"$answered yes\r"
	accepted coreos.com/etcd ./aci-pubkeys.gpg
}

@test "8: ls -l /etc/rkt/trustedkeys/" {
	trusted --root
	rkt fetch coreos.com/etcd:v2.0.0
	trusted coreos.com/etcd
	rm -r /etc/rkt/trustedkeys/root.d /var/lib/rkt/*
	rkt fetch coreos.com/etcd:v2.0.0
	trusted --root
	run -0 ls -l /etc/rkt/trustedkeys/
	matches ' prefix\.d
d.* root\.d$'
}

### Fetch

# The progress bar at its end.
bar='Downloading ACI: \[=+\] [0-9.]+ [KM]?B/[0-9.]+ [KM]?B'

# $output without what was wiped out again.
without_bar() {
	sed -E 's/\x1b\[K/\n/g' <<<"$output" | grep -vE '^(Downloading ACI: .*)?$'
}

short_id() {
	gzip -dc "$1" | sha512sum | sed -E 's/^(.{32}).*/sha512-\1/'
}

@test "9: rkt fetch https://github.com/coreos/etcd/releases/download/v2.0.0-rc.1/etcd-v2.0.0-rc.1-linux-amd64.aci" {
	local url=https://$RELEASES/v2.0.0-rc.1/etcd-v2.0.0-rc.1-linux-amd64
	etcd_release v2.0.0-rc.1
	trusted coreos.com/etcd
	at_terminal "rkt fetch $url.aci"
	is 0 "$status"
	grep -qE "$bar" <<<"$output"
	is "rkt: fetching image from $url.aci
Downloading signature from $url.aci.asc
Downloading signature from $url.sig
rkt: signature verified:
  $BUILDER
$(short_id "$WEB/${url#https://}.aci")" "$(without_bar)"
	run -0 --separate-stderr rkt fetch "$url.aci"
	is "$(short_id "$WEB/${url#https://}.aci")"
}

@test "10: rkt fetch coreos.com/etcd:v2.0.0" {
	local url=https://$RELEASES/v2.0.0/etcd-v2.0.0-linux-amd64.aci
	trusted coreos.com/etcd
	at_terminal 'rkt fetch coreos.com/etcd:v2.0.0'
	is 0 "$status"
	grep -qE "$bar" <<<"$output"
	is "rkt: searching for app image coreos.com/etcd:v2.0.0
rkt: fetching image from $url
Downloading signature from $url.asc
rkt: signature verified:
  $BUILDER
$(short_id "$WEB/${url#https://}")" "$(without_bar)"
	run -0 --separate-stderr rkt fetch coreos.com/etcd:v2.0.0
	is "$(short_id "$WEB/${url#https://}")"
}

@test "11: rkt fetch coreos.com/etcd:v2.0.0, without a trusted key" {
	run -254 --separate-stderr rkt fetch coreos.com/etcd:v2.0.0
	is ''
	matches 'rkt: coreos.com/etcd: signature by a key that is not trusted' \
		"$stderr"
	is '' "$(cas-store ls -q)"
	run -0 --separate-stderr rkt --insecure-skip-verify fetch \
		coreos.com/etcd:v2.0.0
	matches '^sha512-[0-9a-f]{32}$'
	matches 'rkt: warning: signature verification has been disabled' \
		"$stderr"
}

@test "12: rkt -insecure-skip-verify fetch docker://busybox" {
	layout busybox 4
	registry_push busybox registry-1.docker.io/library/busybox:latest
	run -0 --separate-stderr rkt -insecure-skip-verify fetch docker://busybox
	matches '^sha512-[0-9a-f]{32}$'
	# The switch is for TLS too, which is said now.
	is 'rkt: warning: TLS verification has been disabled
rkt: fetching image from docker://busybox
rkt: warning: signature verification has been disabled' \
		"$(grep -v '^Downloading' <<<"$stderr")"
	is 4 "$(grep -cxE 'Downloading layer: [0-9a-f]{64}' <<<"$stderr")"
}

@test "13: find /var/lib/rkt/cas/blob/" {
	local key
	trusted coreos.com/etcd
	key=$(rkt fetch --full coreos.com/etcd:v2.0.0)
	matches '^sha512-[0-9a-f]{64}$' "$key"
	is "/var/lib/rkt/cas/blob/
/var/lib/rkt/cas/blob/sha512
/var/lib/rkt/cas/blob/sha512/${key:7:2}
/var/lib/rkt/cas/blob/sha512/${key:7:2}/$key" \
		"$(find /var/lib/rkt/cas/blob/)"
}

@test "14: gzip -dc etcd.aci > etcd.tar; sha512sum etcd.tar" {
	local id sum
	trusted coreos.com/etcd
	id=$(rkt fetch coreos.com/etcd:v2.0.0)
	cd "$T"
	curl -sO "https://$RELEASES/v2.0.0/etcd-v2.0.0-linux-amd64.aci"
	gzip -dc etcd-v2.0.0-linux-amd64.aci >etcd-v2.0.0-linux-amd64.tar
	sum=$(sha512sum etcd-v2.0.0-linux-amd64.tar)
	is "$id" "sha512-${sum::32}"
	test -f "/var/lib/rkt/cas/blob/sha512/${sum::2}/sha512-${sum::64}"
}

### Run

# own_address: the world gets the interface that the seed's author had.
own_address() {
	ip link show eth0 >/dev/null 2>&1 || {
		ip link add eth0 type veth peer name eth0-peer
		ip address add 192.168.35.246/24 dev eth0
		ip link set eth0 up
		ip link set eth0-peer up
	}
	ip -4 -o addr show eth0 | cut -d' ' -f7 | cut -d'/' -f1
}

# in_background RKT-ARG...: etcd, of which $etcd is the process.
in_background() {
	cd "$T" || return
	rkt "$@" >"$T/out" 2>"$T/err" 3>&- &
	etcd=$!
	wait_for -t 30 etcdctl endpoint health
}

# ends: it does, when asked to.
ends() {
	kill "$etcd"
	wait "$etcd" || :
	run -1 running
}

@test "15: rkt run coreos.com/etcd:v2.0.4 -- -name vmware-cna" {
	local privateIp
	privateIp=$(own_address)
	etcd_release v2.0.4
	trusted coreos.com/etcd
	in_background run coreos.com/etcd:v2.0.4 -- -name vmware-cna \
		-listen-client-urls http://0.0.0.0:2379 \
		-advertise-client-urls "http://${privateIp}:2379" \
		-listen-peer-urls http://0.0.0.0:2380 \
		-initial-advertise-peer-urls "http://${privateIp}:2380" \
		-initial-cluster "vmware-cna=http://${privateIp}:2380" \
		-initial-cluster-state new
	is OK "$(etcdctl --endpoints "http://$privateIp:2379" put color blue)"
	is 'color
blue' "$(etcdctl --endpoints "http://$privateIp:2379" get color)"
	is vmware-cna "$(etcdctl member list | cut -d, -f3 | tr -d ' ')"
	is '' "$(cat "$T/out")"
	is "rkt: searching for app image coreos.com/etcd:v2.0.4
rkt: fetching image from https://$RELEASES/v2.0.4/etcd-v2.0.4-linux-amd64.aci" \
		"$(head -n 2 "$T/err")"
	# What the app says is as the app said it.
	grep -qE '^[0-9-]+ [0-9:.]+ I \| |^\{"level"|^20[0-9-]{8}' "$T/err"
	ends
}

@test "16: rkt run sha512-fa1cb92dc276b0f9bedf87981e61ecde" {
	local id
	trusted coreos.com/etcd
	id=$(rkt fetch coreos.com/etcd:v2.0.0)
	is 39 "${#id}"
	at_terminal "rkt run $id" \
		'want {Press \^\] three times to kill container}
		want {ready to serve client requests|published}
		send \035\035\035'
	is 137 "$status"
}

@test "17: rkt run https://github.com/coreos/etcd/releases/download/v2.0.0/etcd-v2.0.0-linux-amd64.aci" {
	local url=https://$RELEASES/v2.0.0/etcd-v2.0.0-linux-amd64.aci
	trusted coreos.com/etcd
	in_background run "$url"
	ends
	web_requests >/dev/null
	in_background run "$url"
	ends
	# The server knew the ETag.
	is "GET $url 304" "$(web_requests | grep '\.aci ')"
	! grep -q 'Downloading ACI' "$T/err" || false
}

@test "18: rkt run docker://quay.io/coreos/etcd:v2.0.0" {
	local layout=$T/layout
	umoci init --layout "$layout"
	umoci new --image "$layout:etcd"
	umoci raw add-layer --image "$layout:etcd" \
		<(tar -C "$BATS_FILE_TMPDIR/etcd" -c .)
	umoci config --image "$layout:etcd" --config.entrypoint /etcd
	skopeo copy -q --dest-tls-verify=false "oci:$layout:etcd" \
		docker://quay.io/coreos/etcd:v2.0.0
	run -254 --separate-stderr rkt run docker://quay.io/coreos/etcd:v2.0.0
	matches 'rkt: image is not signed: ' "$stderr"
	in_background -insecure-skip-verify run \
		docker://quay.io/coreos/etcd:v2.0.0
	ends
}

@test "19: ^] three times" {
	shell_image example.com/lines \
		'["/bin/sh","-c","echo up; exec cat"]' -v ''
	trusted --root
	rkt fetch example.com/lines
	at_terminal 'rkt run --interactive example.com/lines' '
		want up
		send "\035\035"
		sleep 1.3
		send "still here\r"
		want "still here"
		send "\035\035\035"'
	is 137 "$status"
	run -1 running
}

@test "20: rkt run -volume database:/tmp" {
	local base=https://github.com/appc/spec/releases/download/v0.1.1
	busybox_root "$BATS_FILE_TMPDIR/busybox"
	trusted --root
	validator ace-validator-main 'set -eu
		test "$AC_APP_NAME" = ace-validator-main
		test "$IN_ACE_VALIDATOR" = correct
		test "$PATH" = /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
		test -c /dev/null; test -d /proc/self; test -d /sys/class
		echo main >/db/prepared
		until test -f /db/sidekick; do sleep 0.1; done
		test "$(cat /db/sidekick)" = sidekick
		echo main: OK'
	validator ace-validator-sidekick 'set -eu
		test "$AC_APP_NAME" = ace-validator-sidekick
		until test -f /db/prepared; do sleep 0.1; done
		echo sidekick >/db/sidekick
		echo sidekick: OK'
	run -0 --separate-stderr timeout 30 rkt run -volume database:/tmp \
		$base/ace-validator-main.aci \
		$base/ace-validator-sidekick.aci
	is 'main: OK
sidekick: OK' "$(sort <<<"$output")"
	is sidekick "$(cat /tmp/sidekick)"
	rm /tmp/sidekick /tmp/prepared
}

@test "21: rkt run --volume bind:/opt/tenant1/database sha512-... sha512-..." {
	local first second mounts='.app.mountPoints = [{name: "bind", path: "/data"}]'
	trusted --root
	shell_image example.com/first '["/bin/sh","-c","echo first >/data/1"]' \
		-v '' -m "$mounts"
	shell_image example.com/second '["/bin/sh","-c","echo second >/data/2"]' \
		-v '' -m "$mounts"
	first=$(rkt fetch example.com/first)
	second=$(rkt fetch example.com/second)
	in_opt rkt run --volume bind:/opt/tenant1/database "$first" "$second"
	is 'first
second' "$(cat "$T/tenant1/database/1" "$T/tenant1/database/2")"
	run -254 --separate-stderr rkt run --volume bind:/opt/tenant1/database \
		sha512-8a30f14877cd8065939e3912542a17d1a5fd9b4c \
		sha512-abcd29837d89389s9d0898ds908ds890df890908
	matches 'sha512-abcd29837d89389s9d0898ds908ds890df890908: image ID holds "s"' \
		"$stderr"
}

# in_opt COMMAND...: with a /opt/tenant1 that only it sees.
in_opt() {
	local shared=$T/tenant1/work
	mkdir -p "$T/tenant1/database" "$shared"
	echo data >"$shared/file"
	mkdir -p "$T/opt/tenant1"
	unshare --mount sh -c 'mount --bind "$1/opt" /opt &&
		mount --bind "$1/tenant1" /opt/tenant1 && shift && "$@"' \
		sh "$T" "$@"
}

# reduce_images: the three of the seed, the names as they stand there.
reduce_images() {
	local tell='["/bin/sh","-c","if test -e \"$1/file\"; then cat \"$1/file\"; ! touch \"$1/new\" 2>/dev/null; else echo none; fi", "sh"'
	shell_image example.com/reduce-worker-1.0.0 "$tell,\"/work\"]" -v '' \
		-m '.app.mountPoints = [{name: "work", path: "/work",
			readOnly: true}]'
	shell_image example.com/worker-backup-1.0.0 "$tell,\"/backup\"]" -v '' \
		-m '.app.mountPoints = [{name: "backup", path: "/backup",
			readOnly: true}]'
	shell_image example.com/reduce-worker-register-1.0.0 \
		"$tell,\"/work\"]" -v ''
}

@test "22: rkt run --volume work,kind=host,source=/opt/tenant1/work" {
	trusted --root
	reduce_images
	run -0 --separate-stderr in_opt rkt run \
		--volume work,kind=host,source=/opt/tenant1/work \
		example.com/reduce-worker-1.0.0 \
		example.com/worker-backup-1.0.0 \
		--mount volume=work,target=/backup \
		example.com/reduce-worker-register-1.0.0
	is 'data
data
none' "$(sort <<<"$output")"
	is file "$(ls "$T/tenant1/work")"
}

@test "23: rkt run --pod-manifest" {
	trusted --root
	reduce_images
	rkt fetch example.com/reduce-worker-1.0.0 \
		example.com/worker-backup-1.0.0 \
		example.com/reduce-worker-register-1.0.0
	cat >"$T/pod.json" <<-'END'
	{"acVersion": "0.3.0", "acKind": "ContainerRuntimeManifest",
	"apps": [{
	  "app": "example.com/reduce-worker-1.0.0",
	  "mounts": [
	       {"volume": "work", "mountPoint": "work"}
	  ]
	},
	{
	  "app": "example.com/worker-backup-1.0.0",
	  "mounts": [
	       {"volume": "work", "mountPoint": "backup"}
	  ]
	},
	{
	  "app": "example.com/reduce-worker-register-1.0.0"
	}],
	"volumes": [
	  {
	    "name": "work",
	    "kind": "host",
	    "source": "/opt/tenant1/work",
	    "readOnly": true
	  }
	]}
	END
	run -0 --separate-stderr in_opt rkt run --pod-manifest "$T/pod.json"
	is 'data
data
none' "$(sort <<<"$output")"
}

@test "24: rkt run example.com/worker -- --loglevel verbose --- example.com/syncer -- --interval 30s" {
	local tell='["/bin/sh","-c","echo $AC_APP_NAME: $#: $*","sh"]'
	trusted --root
	shell_image example.com/worker "$tell" -v ''
	shell_image example.com/syncer "$tell" -v ''
	run -0 --separate-stderr rkt run example.com/worker -- \
		--loglevel verbose --- example.com/syncer -- --interval 30s
	is 'syncer: 2: --interval 30s
worker: 2: --loglevel verbose' "$(sort <<<"$output")"
}

@test "25: rkt run --inherit-env --set-env FOO=bar --set-env EXAMPLE_OVERRIDE=over example.com/env-printer" {
	trusted --root
	shell_image example.com/env-printer '["/bin/env"]' -v ''
	export EXAMPLE_ENV=hello
	export EXAMPLE_OVERRIDE=under
	run -0 --separate-stderr rkt run --inherit-env --set-env FOO=bar \
		--set-env EXAMPLE_OVERRIDE=over example.com/env-printer
	for line in EXAMPLE_ENV=hello FOO=bar EXAMPLE_OVERRIDE=over; do
		is 1 "$(grep -cxF "$line" <<<"$output")"
	done
	is 1 "$(grep -c EXAMPLE_OVERRIDE <<<"$output")"
}

@test "26: rkt -insecure-skip-verify run coreos.com/etcd:v2.0.0" {
	in_background -insecure-skip-verify run coreos.com/etcd:v2.0.0
	is "rkt: searching for app image coreos.com/etcd:v2.0.0
rkt: fetching image from https://$RELEASES/v2.0.0/etcd-v2.0.0-linux-amd64.aci
rkt: warning: signature verification has been disabled" \
		"$(grep -v 'TLS verification' "$T/err" | head -n 3)"
	ends
}

@test "27: rkt run coreos.com/etcd:v2.0.0" {
	local pid
	trusted coreos.com/etcd
	in_background run coreos.com/etcd:v2.0.0
	read -r pid _ <"/var/lib/rkt/pods/run/$(running)/pid"
	is "$(readlink /proc/self/ns/net)" "$(readlink "/proc/$pid/ns/net")"
	ends
}

@test "28: rkt run --private-net coreos.com/etcd:v2.0.0" {
	local pid pod
	trusted coreos.com/etcd
	rkt fetch coreos.com/etcd:v2.0.0
	rkt run --private-net coreos.com/etcd:v2.0.0 >"$T/out" 2>"$T/err" 3>&- &
	etcd=$!
	wait_for grep -q 'serve client\|serving' "$T/err"
	pod=$(running)
	read -r pid _ <"/var/lib/rkt/pods/run/$pod/pid"
	inside() { nsenter --net="/proc/$pid/ns/net" "$@"; }
	is 'eth0
lo' "$(inside ip -o link | sed -E 's/^[0-9]+: ([a-z0-9]+).*/\1/' | sort)"
	inside ip -d link show eth0 | grep -qw veth
	inside ip -4 -o addr show eth0 | grep -qE ' 172\.16\.28\.[0-9]+/31 '
	inside ip route show default | grep -q '^default via 172\.16\.28\.'
	inside ip route get 169.254.169.255 | grep -q 'dev eth0'
	nft list ruleset | grep -q masquerade
	ends
}

@test "29: rkt status, rkt enter, rkt metadata-service" {
	local pod
	trusted --root
	shell_image example.com/sleeper '["/bin/sleep","1000"]' -v ''
	rkt fetch example.com/sleeper
	rkt run example.com/sleeper >"$T/out" 2>&1 3>&- &
	etcd=$!
	wait_for running
	pod=$(running)
	run -0 --separate-stderr rkt status "${pod::8}"
	matches '^state=running
created=.*
started=.*
pid=[0-9]+
exited=false'
	run -0 --separate-stderr rkt enter "$pod" /bin/hostname
	is "rkt-$pod"
	kill "$etcd"
	wait "$etcd" || :
	run -0 --separate-stderr rkt status "$pod"
	matches 'exited=true
app-sleeper=(143|137)$'
	# What a pod asks of itself, from inside.
	shell_image example.com/asker '["/bin/sh","-c"]' -v ''
	rkt fetch example.com/asker
	rkt metadata-service >"$T/service" 2>&1 3>&- &
	etcd=$!
	wait_for curl -s -o "$T/first" http://127.0.0.1:18112/
	run -0 --separate-stderr rkt run --private-net --mds-register \
		example.com/asker -- \
		'wget -qO- "$AC_METADATA_URL/acMetadata/v1/pod/uuid"; echo; hostname' \
		</dev/null
	matches "^$UUID\$" "${lines[0]}"
	is "rkt-${lines[0]}" "${lines[1]}"
}

@test "30: rkt gc --grace-period=30m0s" {
	local pods
	trusted --root
	shell_image example.com/true '["/bin/true"]' -v ''
	rkt run example.com/true 2>/dev/null
	rkt run example.com/true
	rkt run example.com/true
	pods=$(ls /var/lib/rkt/pods/run)
	is 3 "$(wc -w <<<"$pods")"
	run -0 --separate-stderr rkt gc --grace-period=30m0s
	is "$(sed 's/.*/Moving container "&" to garbage/' <<<"$pods")" "$stderr"
	run -0 --separate-stderr rkt gc --grace-period=30m0s
	is ''
	is "$pods" "$(ls /var/lib/rkt/pods/exited-garbage)"
	sleep 1.1
	run -0 --separate-stderr rkt gc --grace-period=1s
	is "$(sed 's/.*/Garbage collecting container "&"/' <<<"$pods")" "$stderr"
	is '' "$(find /var/lib/rkt/pods -mindepth 2)"
}

@test "31: /container, /stage1, /stage1/init, /stage1/opt/stage2/sha512-..." {
	local pod dir key map=$ROOT/doc/tour.md
	trusted coreos.com/etcd
	key=$(rkt fetch --full coreos.com/etcd:v2.0.0)
	pod=$(rkt prepare coreos.com/etcd:v2.0.0)
	dir=/var/lib/rkt/pods/prepared/$pod
	grep -qF '| `/container` | `container`, a link to `pod`: the pod manifest |' "$map"
	test "$dir/container" -ef "$dir/pod"
	is "[\"PodManifest\",\"sha512-$(sha512sum "/var/lib/rkt/cas/blob/sha512/${key:7:2}/$key" | cut -c 1-128)\"]" \
		"$(jq -c '[.acKind, .apps[0].image.id]' "$dir/container")"
	grep -qF '| `/stage1` | nothing:' "$map"
	test ! -e "$dir/stage1"
	grep -qF '| `/stage1/init` | `pod-init`' "$map"
	test -x "$BIN/pod-init"
	grep -qF '| `/stage1/opt/stage2/sha512-…` | `sha512-….index` and `.0`: hard links, the lower layer; `etcd.upper`: what the app writes |' \
		"$map"
	test "$dir/$key.0" -ef "/var/lib/rkt/cas/blob/sha512/${key:7:2}/$key"
	test -f "$dir/$key.index"
	test -d "$dir/etcd.upper"
}

@test "32: make CC=clang" {
	make -s -j2 -C "$ROOT" CC=clang B="$T/build" BIN="$T/bin" all
	strings -a "$T/bin/pod-enter" | grep -q 'clang version'
	run -0 env RKT_BIN="$T/bin" timeout 120 "$TEST/demo"
	matches 'nothing is left on this machine'
}

@test "33: docker run --privileged --rm -v /mnt:/var/lib/rkt IMAGE fetch URL" {
	local url=https://example.com/images/example.com/hello.aci id
	trusted --root
	shell_image example.com/hello '["/bin/echo","hello from a pod"]' -v ''
	machine "$T/machine"
	mkdir "$T/mnt"
	mount --bind "$T/mnt" /mnt
	docker() {
		podman --root "$T/podman" --runroot /run/podman \
			--storage-driver vfs --runtime crun \
			--cgroup-manager=cgroupfs "$@"
	}
	# What a podman of another network than the host's would need is not
	# what this is about.
	local here=(--network=host --cgroups=disabled)
	tar -C "$T/machine" -c . | docker import -q \
		--change 'ENTRYPOINT ["/usr/local/bin/rkt"]' - nickethier/rkt
	run -0 --separate-stderr docker run --privileged --rm "${here[@]}" \
		-v /mnt:/var/lib/rkt nickethier/rkt fetch "$url"
	id=$output
	matches '^sha512-[0-9a-f]{32}$' "$id"
	run -0 --separate-stderr docker run --privileged --rm "${here[@]}" \
		-v /mnt:/var/lib/rkt nickethier/rkt run "$id"
	is 'hello from a pod'
	run -0 --separate-stderr docker run --privileged --rm "${here[@]}" \
		-v /mnt:/var/lib/rkt --entrypoint=sh nickethier/rkt \
		-c 'find /var/lib/rkt/cas/blob/'
	matches "/var/lib/rkt/cas/blob/sha512/${id:7:2}/${id}[0-9a-f]{32}\$"
	umount /mnt
}
