# SPDX-License-Identifier: Apache-2.0
# metadata - the metadata service, as its pods see it, and as an attacker does
# shellcheck disable=SC2154,SC2016,SC2034
load helpers
load pods

TEXT='text/plain; charset=us-ascii'
JSON=application/json
NO_TOKEN=0123456789ab4def8123456789abcdef0123456789abcdef0123456789abcdef

setup() {
	fresh
	test -f "$BATS_FILE_TMPDIR/image.aci" ||
		busybox_aci "$BATS_FILE_TMPDIR/image.aci" -z none -m \
			'.annotations = [{name: "created", value: "2014-10-27T19:32:27Z"},
				{name: "example.com/a", value: "of the image"}]'
	put_aci "$BATS_FILE_TMPDIR/image.aci" >"$T/key"
}

teardown() {
	test -z "${service-}" || kill "$service" || :
	stale
	end_networks
}

# The service, which answers.
serve() {
	rkt metadata-service >"$T/service" 2>&1 3>&- &
	service=$!
	wait_for curl -s -o "$T/first" http://127.0.0.1:18112/
}

listening() {
	awk '$4 == "0A" { print " " $2 " " }' /proc/net/tcp
}

# registered NAME [FILTER [NETWORK]]: a pod that runs, with a private network
# unless told, its manifest changed by FILTER; its UUID is $NAME.
registered() {
	local file
	printf -v "$1" %s "$(pod-prepare -q --mds-register \
		"${3:---private-net}" example.com/busybox -- 'sleep 1000')"
	file=$RKT_DIR/pods/prepared/${!1}/pod
	jq -c "${2:-.}" "$file" >"$T/edited" && cat "$T/edited" >"$file"
	run_pod "${!1}"
}

# token UUID: of the pod.
token() {
	head -n 1 "$RKT_DIR/pods/run/$1/token"
}

# get UUID PATH [CURL-OPTION...]: from inside the pod, about itself.
get() {
	in_pod "$1" curl -s -m 8 "${@:3}" \
		"http://169.254.169.255/$(token "$1")/acMetadata/v1/$2"
}

# code UUID PATH [CURL-OPTION...]: the status of the answer.
code() {
	get "$1" "$2" -o /dev/null -w '%{http_code}' "${@:3}"
}

# raw UUID: what it has for stdin, sent from inside the pod; the first line of
# the answer is $output.  @ stands for a token.
raw() {
	local uuid=$1
	sed "s/@/$(token "$uuid")/g" >"$T/sent"
	run in_pod "$uuid" timeout 10 python3 -c 'import socket, sys
s = socket.create_connection(("169.254.169.255", 80), 5)
s.settimeout(9)
s.sendall(open(sys.argv[1], "rb").read())
got = b""
try:
    while True:
        part = s.recv(65536)
        if not part:
            break
        got += part
except ConnectionResetError:
    pass
sys.stdout.write(got.decode())' "$T/sent"
	all=$output
	output=${lines[0]%$'\r'}
}

@test "metadata: each endpoint, its content and its type" {
	serve
	registered uuid \
		'.annotations = [{name: "example.com/p", value: "v"}]'
	dir=$RKT_DIR/pods/run/$uuid
	key=$(cat "$T/key")
	while IFS='|' read -r path type want; do
		echo "$path"
		run -0 get "$uuid" "$path" -o "$T/body" \
			-w '%{http_code} %{content_type}'
		is "200 $type"
		is "$want" "$(cat "$T/body")"
		count=$((${count-0} + 1))
	done <<-END
	pod/uuid|$TEXT|$uuid
	pod/manifest|$JSON|$(cat "$dir/pod")
	pod/annotations/|$JSON|[{"name":"example.com/p","value":"v"}]
	pod/annotations|$JSON|[{"name":"example.com/p","value":"v"}]
	pod/annotations/example.com/p|$TEXT|v
	pod/annotations/example.com%2Fp|$TEXT|v
	apps/busybox/image/id|$TEXT|$(jq -r '.apps[0].image.id' "$dir/pod")
	apps/busybox/image/manifest|$JSON|$(cat "$RKT_DIR/cas/image/$key/manifest")
	apps/busybox/annotations/example.com/a|$TEXT|of the image
	apps/busybox/annotations|$JSON|[{"name":"created","value":"2014-10-27T19:32:27Z"},{"name":"example.com/a","value":"of the image"}]
	END
	is 10 "$count"
	# To the byte, and of the image that the store no longer has.
	cas-store rm "$key"
	get "$uuid" pod/manifest | cmp - "$dir/pod"
	get "$uuid" apps/busybox/image/manifest | cmp - "$dir/busybox.manifest"
	is 404 "$(code "$uuid" pod/annotations/no)"
	is 404 "$(code "$uuid" apps/busybox/annotations/no)"
	is 404 "$(code "$uuid" apps/no/image/id)"
	is 404 "$(code "$uuid" pod/none)"
	is 404 "$(code "$uuid" apps/busybox)"
	is 404 "$(code "$uuid" '')"
}

@test "metadata: what the pod says of an app is above what its image says" {
	serve
	registered uuid \
		'.apps[0].annotations = [{name: "example.com/a", value: "of the pod"}]'
	is 'of the pod' "$(get "$uuid" apps/busybox/annotations/example.com/a)"
	is 2014-10-27T19:32:27Z \
		"$(get "$uuid" apps/busybox/annotations/created)"
	# A pod without annotations has none, as rkt has it.
	is null "$(get "$uuid" pod/annotations/)"
}

@test "metadata: a pod signs, and any pod verifies, until the signer's end" {
	serve
	registered one
	registered two
	get "$one" pod/hmac/sign -o "$T/signature" -w '%{content_type}' \
		--data-urlencode 'content=a b&c%' >"$T/type"
	is "$TEXT" "$(cat "$T/type")"
	signature=$(cat "$T/signature")
	# By another implementation, from the pod's own key.
	{
		tr -d - <<<"$one" | xxd -r -p
		printf 'a b&c%%'
	} >"$T/signed"
	is "$(openssl dgst -sha512 -mac HMAC -binary -macopt "hexkey:$(
		sed -n 2p "$RKT_DIR/pods/run/$one/token")" "$T/signed" | base64 -w 0)" \
		"$signature"
	verify() { # UUID CONTENT SIGNATURE [UUID-FIELD]
		code "$two" pod/hmac/verify -d "${4-uuid}=$1" \
			--data-urlencode "content=$2" \
			--data-urlencode "signature=$3"
	}
	is 200 "$(verify "$one" 'a b&c%' "$signature")"
	is 200 "$(verify "$one" 'a b&c%' "$signature" uid)"
	is 403 "$(verify "$one" 'a b&c' "$signature")"
	is 403 "$(verify "$two" 'a b&c%' "$signature")"
	is 403 "$(verify 01234567-89ab-4def-8123-456789abcdef 'a b&c%' "$signature")"
	is 400 "$(verify ../../x 'a b&c%' "$signature")"
	is 400 "$(verify "$one" 'a b&c%' 'no base64')"
	is 400 "$(verify "$one" 'a b&c%' "${signature:4}")"
	is 400 "$(code "$one" pod/hmac/sign -d x=y)"
	is 400 "$(code "$one" pod/hmac/sign -d 'content=a&content=b')"
	is 415 "$(code "$one" pod/hmac/sign -F content=a)"
	end_pod "$one"
	is 403 "$(verify "$one" 'a b&c%' "$signature")"
}

@test "metadata: an app is told where, and asks from inside with what it has" {
	serve
	for network in --private-net --net=host; do
		run -0 --separate-stderr rkt run "$network" --mds-register \
			example.com/busybox -- \
			'echo $AC_METADATA_URL; wget -qO- $AC_METADATA_URL/acMetadata/v1/pod/uuid; echo; hostname' \
			</dev/null
		is "rkt-${lines[1]}" "${lines[2]}"
		matches "^$UUID\$" "${lines[1]}"
		test "$network" = --net=host || matches \
			'^http://169\.254\.169\.255/[0-9a-f]{64}$' "${lines[0]}"
		test "$network" != --net=host || matches \
			'^http://127\.0\.0\.1:18112/[0-9a-f]{64}$' "${lines[0]}"
	done
	# Who did not ask for it has none, and is not known.
	run -0 rkt run --private-net example.com/busybox -- \
		'echo $AC_METADATA_URL' </dev/null
	is ''
	run -0 ls "$RKT_DIR"/pods/*/*/token
	test "${#lines[@]}" = 2
}

@test "metadata: a prepared pod may register when it is run" {
	serve
	run -0 rkt prepare --private-net example.com/busybox -- \
		'wget -qO- $AC_METADATA_URL/acMetadata/v1/pod/uuid'
	pod=$output
	run -0 rkt run-prepared --mds-register "$pod" </dev/null
	is "$pod"
	run -0 rkt prepare --private-net example.com/busybox -- true
	cas-store rm "$(cat "$T/key")"
	run -254 --separate-stderr rkt run-prepared --mds-register "$output"
	matches 'token: No such file or directory$' "$stderr"
}

@test "metadata: a pod that has ended is unknown at once; nothing unregisters" {
	serve
	registered uuid . --net=host
	url=http://127.0.0.1:18112/$(token "$uuid")/acMetadata/v1/pod/uuid
	is "$uuid" "$(curl -s "$url")"
	is "600 root root" "$(stat -c '%a %U %G' "$RKT_DIR/pods/run/$uuid/token")"
	end_pod "$uuid"
	is 401 "$(curl -s -o /dev/null -w '%{http_code}' "$url")"
	test ! -e "$RKT_RUN/metadata-svc.sock"
}

@test "metadata: by socket activation, a process a connection and no other" {
	pod-metadata --address
	pod-metadata --address
	# As systemd does it: Accept=yes, StandardInput=socket.
	python3 - 3>&- <<-'END' &
	import socket, subprocess
	s = socket.create_server(("169.254.169.255", 80))
	while True:
	    c, _ = s.accept()
	    subprocess.Popen(["pod-metadata"], stdin=c, stdout=c)
	    c.close()
	END
	service=$!
	registered uuid
	wait_for curl -s -o "$T/first" http://169.254.169.255/
	is "$uuid" "$(get "$uuid" pod/uuid)"
	run -64 --separate-stderr pod-metadata </dev/null
	is 'pod-metadata: stdin: no connection: Socket operation on non-socket' \
		"$stderr"
}

@test "R6 metadata: listens on lo's two addresses and on no other" {
	outside_world
	serve
	is $' 0100007F:46C0 \n FFA9FEA9:0050 ' "$(listening | sort)"
	run outside curl -s -m 2 http://192.0.2.1:18112/
	test "$status" = 7
	run outside curl -s -m 2 http://192.0.2.1/
	test "$status" = 7
	run -254 --separate-stderr rkt metadata-service
	is 'rkt: 169.254.169.255:80: Address already in use' \
		"$(sed 's/^pod-metadata/rkt/' <<<"$stderr")"
}

@test "E6 metadata: a token that is guessed says 401, whatever is asked" {
	serve
	registered uuid
	for token in '' x "$NO_TOKEN" "$(tr -d - <<<"$uuid")" \
		"$(tr -d - <<<"$uuid")00000000000000000000000000000000" \
		"$(token "$uuid" | tr a-f A-F)" "$(token "$uuid")0" .. %2e%2e; do
		for path in pod/uuid pod/none ''; do
			echo "$token $path"
			is 401 "$(in_pod "$uuid" curl -s --path-as-is \
				-o /dev/null -w '%{http_code}' \
				"http://169.254.169.255/$token/acMetadata/v1/$path")"
		done
	done
	# Each digit of the right one but one.
	in_pod "$uuid" python3 - "$(token "$uuid")" <<-'END'
	import http.client, sys
	token = sys.argv[1]
	def status(text):
	    c = http.client.HTTPConnection("169.254.169.255", timeout=8)
	    c.request("GET", f"/{text}/acMetadata/v1/pod/uuid")
	    return c.getresponse().status
	assert status(token) == 200
	wrong = 0
	for i in range(64):
	    for digit in "0123456789abcdef":
	        if digit != token[i]:
	            text = token[:i] + digit + token[i + 1:]
	            assert status(text) == 401, text
	            wrong += 1
	assert wrong == 960
	END
	# What decides is a comparison that takes the same time for all.
	grep -q 'memeql_sec(token->text' "$ROOT/pod-netns/broker.c"
}

@test "E6 metadata: a pod with another's token is nobody, from where it is" {
	serve
	registered one
	registered two
	registered host . --net=host
	url=acMetadata/v1/pod/uuid
	asking=(curl -s -m 5 -o /dev/null -w '%{http_code}')
	ask() { "${asking[@]}" "$@"; }
	for token in "$one 200" "$two 401" "$host 401"; do
		is "${token#* }" "$(in_pod "$one" "${asking[@]}" \
			"http://169.254.169.255/$(token "${token% *}")/$url")"
	done
	# Nor is the host, or a pod on the host's network, one of them.
	is 401 "$(ask "http://169.254.169.255/$(token "$one")/$url")"
	is 401 "$(ask "http://127.0.0.1:18112/$(token "$one")/$url")"
	is 200 "$(ask "http://127.0.0.1:18112/$(token "$host")/$url")"
	# Another's address does not even begin a connection.
	ip4=$(net "$one" .ip4)
	in_pod "$two" ip address add "$ip4/32" dev lo
	run in_pod "$two" curl -s -m 2 --interface "$ip4" \
		"http://169.254.169.255/$(token "$one")/$url"
	test "$status" = 28
	is ''
	is "$one" "$(get "$one" pod/uuid)"
}

@test "E6 metadata: no path leads to a file, and no name that is odd" {
	serve
	registered uuid
	while read -r status path; do
		echo "$path"
		is "$status" "$(in_pod "$uuid" curl -s --path-as-is -o /dev/null \
			-w '%{http_code}' \
			"http://169.254.169.255/$(token "$uuid")/$path")"
		count=$((${count-0} + 1))
	done <<-'END'
	404 ../../../../etc/passwd
	404 acMetadata/v1/../../token
	404 acMetadata/v1/pod/../token
	404 acMetadata/v1/pod/%2e%2e/token
	404 acMetadata/v1/pod/token
	400 acMetadata/v1/apps/../image/manifest
	400 acMetadata/v1/apps/%2e%2e%2fx/image/manifest
	400 acMetadata/v1/apps//image/manifest
	400 acMetadata/v1/apps/A/image/manifest
	400 acMetadata/v1/apps/a%0ab/image/id
	400 acMetadata/v1/apps/a%00b/image/id
	400 acMetadata/v1/apps/a%ffb/image/id
	400 acMetadata/v1/apps/a%zz/image/id
	400 acMetadata/v1/apps/%
	400 acMetadata/v1/pod/annotations/A
	400 acMetadata/v1/pod/annotations/%20
	400 acMetadata/v1/pod/annotations/a%e2%80%ae
	400 acMetadata/v1/pod/annotations/a%1b%5b2J
	400 acMetadata/v1/pod/uuid?x=y
	404 acMetadata/v1/pod/uuid/
	404 acMetadata/v1//pod/uuid
	404 acMetadata/v2/pod/uuid
	404 acmetadata/v1/pod/uuid
	END
	is 23 "$count"
	long=$(head -c 200 /dev/zero | tr '\0' a)
	is 404 "$(code "$uuid" "apps/$long/image/manifest")"
	is 404 "$(code "$uuid" "pod/annotations/$long")"
	is 400 "$(code "$uuid" "apps/$long$long/image/manifest")"
	is 431 "$(code "$uuid" "pod/$(head -c 8100 /dev/zero | tr '\0' a)")"
}

@test "E6 metadata: a method that is not the one is refused" {
	serve
	registered uuid
	for method in POST PUT DELETE HEAD OPTIONS TRACE CONNECT PATCH get; do
		echo "$method"
		raw "$uuid" <<-END
		$method /@/acMetadata/v1/pod/uuid HTTP/1.1$(printf '\r')
		Host: x$(printf '\r')
		Content-Length: 0$(printf '\r')
		$(printf '\r')
		END
		is 'HTTP/1.1 405 Method Not Allowed'
		matches $'\nAllow: GET\r\n' "$all"
	done
	is 405 "$(code "$uuid" pod/hmac/sign)"
	is 405 "$(code "$uuid" pod/hmac/verify -X PUT -d content=x)"
}

@test "E6 metadata: what two readers could take for two requests is refused" {
	serve
	registered uuid
	line='GET /@/acMetadata/v1/pod/uuid HTTP/1.1\r\n'
	other='POST /@/acMetadata/v1/pod/hmac/sign HTTP/1.1\r\n'
	while read -r want bytes; do
		echo "$bytes"
		# shellcheck disable=SC2059
		raw "$uuid" < <(printf "$bytes")
		matches "^HTTP/1\.1 $want "
		is 1 "$(grep -c '^HTTP/1' <<<"$all")"
		count=$((${count-0} + 1))
	done <<-END
	400 ${other}Host: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n
	400 ${other}Host: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n
	501 ${other}Host: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n
	501 ${other}Host: x\r\ntransfer-encoding:\tidentity\r\n\r\n
	400 ${other}Host: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab
	400 ${other}Host: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nab
	400 ${other}Host: x\r\nContent-Length: 1, 1\r\n\r\nab
	400 ${other}Host: x\r\nContent-Length: +1\r\n\r\nab
	400 ${other}Host: x\r\nContent-Length: -1\r\n\r\nab
	400 ${other}Host: x\r\nContent-Length: 0x1\r\n\r\nab
	400 ${other}Host: x\r\nContent-Length:\r\n\r\n
	411 ${other}Host: x\r\n\r\ncontent=a
	413 ${other}Host: x\r\nContent-Length: 8192\r\n\r\nab
	413 ${other}Host: x\r\nContent-Length: 18446744073709551617\r\n\r\nab
	400 ${line}\r\n
	400 ${line}Host: x\r\nHost: y\r\n\r\n
	400 ${line}Host : x\r\n\r\n
	400 ${line}Host: x\r\n folded: y\r\n\r\n
	400 ${line}Host: x\r\nnothing\r\n\r\n
	400 ${line}Host: x\r\n: y\r\n\r\n
	400 ${line}Host: x\nA: b\r\n\r\n
	400 ${line}Host: x\rA: b\r\n\r\n
	400 ${line}Host: x\\0\r\n\r\n
	400 \r\n${line}Host: x\r\n\r\n
	400 GET  /@/acMetadata/v1/pod/uuid HTTP/1.1\r\nHost: x\r\n\r\n
	400 GET http://x/@/acMetadata/v1/pod/uuid HTTP/1.1\r\nHost: x\r\n\r\n
	400 GET /@/acMetadata/v1/pod/uuid HTTP/1.1 \r\nHost: x\r\n\r\n
	400 GET /@/acMetadata/v1/pod/uuid\r\n\r\n
	505 GET /@/acMetadata/v1/pod/uuid HTTP/2.0\r\nHost: x\r\n\r\n
	200 GET /@/acMetadata/v1/pod/uuid HTTP/1.0\r\n\r\n
	200 ${line}Host: x\r\n\r\nGET /@/acMetadata/v1/pod/manifest HTTP/1.1\r\nHost: x\r\n\r\n
	200 ${line}Host: x\r\nContent-Length: 40\r\n\r\nGET /@/acMetadata/v1/pod/manifest HTTP/1.1
	END
	is 32 "$count"
}

@test "E6 metadata: a header that is huge, and a request that is slow, end" {
	serve
	registered uuid
	is 431 "$(code "$uuid" pod/uuid -H "X: $(head -c 9000 /dev/zero | tr '\0' x)")"
	# shellcheck disable=SC2086
	is 431 "$(code "$uuid" pod/uuid $(seq -f '-HX%g:y' 1500))"
	head -c 1000000 /dev/zero | tr '\0' x >"$T/much"
	is 413 "$(code "$uuid" pod/hmac/sign -H Expect: \
		--data-urlencode "content@$T/much")"
	# A byte a moment: the end comes all the same.
	run -0 in_pod "$uuid" python3 - <<-'END'
	import socket, time
	s = socket.create_connection(("169.254.169.255", 80), 5)
	s.settimeout(0.2)
	begin = time.monotonic()
	ended = False
	while not ended and time.monotonic() - begin < 15:
	    try:
	        s.sendall(b"G")
	        ended = s.recv(100) == b""
	    except TimeoutError:
	        pass
	    except OSError:
	        ended = True
	took = time.monotonic() - begin
	assert ended and 4 < took < 9, took
	END
	wait_for -t 12 eval "! pgrep -P $service"
}

@test "E6 metadata: 1,000 idle connections of a pod are in nobody's way" {
	serve
	registered one
	registered two
	in_pod "$one" python3 - "$T/open" <<-'END' 3>&- &
	import socket, sys, time
	held = []
	for i in range(1000):
	    try:
	        held.append(socket.create_connection(("169.254.169.255", 80), 5))
	    except OSError:
	        pass
	open(sys.argv[1], "w").write(str(len(held)))
	time.sleep(30)
	END
	idle=$!
	wait_for -t 20 test -s "$T/open"
	is 1000 "$(cat "$T/open")"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		is "$two" "$(get "$two" pod/uuid -m 2)"
	done
	test "$(pgrep -P "$service" | wc -l)" -le 17
	kill "$idle"
	# And the pod itself is served again when they are over.
	wait_for -t 10 eval "is '$one' \"\$(get '$one' pod/uuid)\""
}

@test "E6 metadata: what reads a request has no right, and the key is not there" {
	serve
	registered uuid
	in_pod "$uuid" python3 -c 'import socket, time
s = socket.create_connection(("169.254.169.255", 80), 5)
time.sleep(4)' 3>&- &
	wait_for eval "broker=\$(pgrep -P $service) && pgrep -P \$broker"
	broker=$(pgrep -P "$service")
	reader=$(pgrep -P "$broker")
	status_of() { awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status"; }
	test "$(status_of "$reader" Uid)" != 0
	wait_for is 2 "$(status_of "$reader" Seccomp)"
	is 1 "$(status_of "$reader" NoNewPrivs)"
	for process in "$reader" "$broker"; do
		is 0000000000000000 "$(status_of "$process" CapEff)"
		is 0000000000000000 "$(status_of "$process" CapPrm)"
		is 1 "$(status_of "$process" NoNewPrivs)"
	done
	is 0000000000000000 "$(status_of "$reader" CapBnd)"
	# Its files: the three of any process, the connection, the broker.
	run -0 find "/proc/$reader/fd" -lname '/*' ! -lname '/dev/null' \
		! -lname "$T/service"
	is ''
}
