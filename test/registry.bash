# SPDX-License-Identifier: Apache-2.0
# registry - real registries, with TLS, beside the web server of test/web.bash
#
#	web_start sigs.example
#	registry_start registry-1.docker.io
#	registry_start private.example htpasswd
#	registry_start token.example token auth.example
#	layout busybox 3
#	registry_push busybox registry-1.docker.io/library/busybox:latest
#	registry_end
#
# Each is docker-registry at an address of its own, port 443; who may enter one
# that asks is "user" with the password "secret".  They end with registry_end.
# shellcheck shell=bash disable=SC2154

LOGIN=user:secret

# registry_address HOST: an address on lo, and the name and certificate for it.
registry_address() {
	mkdir -p "$WEB/registry"
	echo "$1" >>"$WEB/registry/hosts"
	ADDRESS=192.0.2.$((100 + $(wc -l <"$WEB/registry/hosts")))
	ip address replace "$ADDRESS/32" dev lo
	printf '%s %s\n' "$ADDRESS" "$1" >>"$WEB/etc/hosts"
	web_certificate "$1"
}

# wait_listening ADDRESS PORT
wait_listening() {
	local end=$((SECONDS + 10))
	until (: <"/dev/tcp/$1/$2") 2>/dev/null; do
		test "$SECONDS" -lt "$end" || return
		sleep 0.02
	done
}

# registry_start HOST [htpasswd | token TOKEN-HOST | mirror OF-HOST | http]: with
# http it speaks that, at port 5000.
registry_start() {
	local host=$1 how=${2-} dir=$WEB/registry/$1
	mkdir -p "$dir/data"
	registry_address "$host"
	cat >"$dir/config.yml" <<-END
	version: 0.1
	log: {level: error, accesslog: {disabled: false}}
	storage:
	  filesystem: {rootdirectory: $dir/data}
	  delete: {enabled: true}
	http:
	  addr: $ADDRESS:443
	  tls: {certificate: $WEB/etc/$host.pem, key: $WEB/etc/server.key}
	compatibility: {schema1: {enabled: true}}
	END
	case $how in
	http) sed -i 's/:443$/:5000/; /^  tls:/d' "$dir/config.yml" ;;
	htpasswd)
		htpasswd -Bbn -C 4 "${LOGIN%:*}" "${LOGIN#*:}" >"$dir/htpasswd"
		cat >>"$dir/config.yml" <<-END
		auth: {htpasswd: {realm: test, path: $dir/htpasswd}}
		END
		;;
	token)
		local address=$ADDRESS
		token_start "$3"
		ADDRESS=$address
		cat >>"$dir/config.yml" <<-END
		auth:
		  token:
		    realm: https://$3/token
		    service: $host
		    issuer: the tests
		    rootcertbundle: $WEB/registry/signer.pem
		END
		;;
	mirror)
		cat >>"$dir/config.yml" <<-END
		proxy: {remoteurl: https://$3}
		END
		;;
	esac
	OTEL_TRACES_EXPORTER=none docker-registry serve "$dir/config.yml" \
		>"$dir/requests" 2>"$dir/log" 3>&- 4>&- &
	echo "$!" >>"$WEB/registry/pids"
	case $how in
	http) wait_listening "$ADDRESS" 5000 ;;
	*) wait_listening "$ADDRESS" 443 ;;
	esac
}

# token_start HOST: gives tokens that the registries believe.
token_start() {
	local dir=$WEB/registry
	test -f "$dir/signer.pem" ||
		openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=t \
			-keyout "$dir/signer.key" -out "$dir/signer.pem" \
			2>/dev/null
	registry_address "$1"
	: >"$dir/tokens"
	"$TEST/token-server" "$ADDRESS" "$WEB/etc/$1.pem" \
		"$WEB/etc/server.key" "$dir/signer.pem" "$dir/signer.key" \
		'the tests' "$LOGIN" "$dir/tokens" 3>&- 4>&- &
	echo "$!" >>"$WEB/registry/pids"
	wait_listening "$ADDRESS" 443
}

registry_end() {
	local pid
	while read -r pid; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done <"$WEB/registry/pids"
	: >"$WEB/registry/pids"
}

# registry_requests HOST: what it was asked for since the last call, a line for
# each: METHOD PATH STATUS
registry_requests() {
	local log=$WEB/registry/$1/requests
	sed -nE 's/.*"(GET|HEAD|PUT|POST|PATCH|DELETE) ([^ ]+) HTTP[^"]*" ([0-9]+) .*/\1 \2 \3/p' \
		"$log"
	: >"$log"
}

# layout NAME LAYERS [SIZE]: an OCI layout of busybox and as many layers, each of
# a file of SIZE (5000) random bytes; it runs sh -c.
layout() {
	local base=$BATS_FILE_TMPDIR/layouts dir=$BATS_FILE_TMPDIR/layouts/$1 i
	mkdir -p "$base/root/bin" "$base/more/srv"
	cp /bin/busybox "$base/root/bin/sh"
	umoci init --layout "$dir"
	umoci new --image "$dir:latest"
	tar -C "$base/root" -cf "$base/tar" bin
	umoci raw add-layer --image "$dir:latest" "$base/tar"
	for ((i = 1; i < $2; i++)); do
		head -c "${3-5000}" /dev/urandom >"$base/more/srv/file$i"
		tar -C "$base/more" -cf "$base/tar" "srv/file$i"
		umoci raw add-layer --image "$dir:latest" "$base/tar"
	done
	umoci config --image "$dir:latest" --config.entrypoint /bin/sh \
		--config.entrypoint -c
}

# registry_push LAYOUT HOST/REPOSITORY:TAG [SKOPEO-OPTION...]
registry_push() {
	skopeo --insecure-policy copy -q "${@:3}" --dest-creds "$LOGIN" \
		"oci:$BATS_FILE_TMPDIR/layouts/$1:latest" "docker://$2"
}
