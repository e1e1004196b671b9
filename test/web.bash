# SPDX-License-Identifier: Apache-2.0
# web - a real web server, with TLS and a certificate authority of its own
#
#	WEB=DIRECTORY
#	web_start coreos.com example.com
#	cp image.aci image.aci.asc "$WEB/coreos.com"
#	web_page coreos.com "$(web_tag ac-discovery coreos.com/etcd \
#		'https://coreos.com/{name}-{version}-{os}-{arch}.{ext}')"
#	web_end
#
# nginx serves https://HOST/PATH from $WEB/HOST/PATH, at an address on lo.
# /etc/hosts and the bundle of trusted authorities are replaced by bind mounts,
# so all this works only in namespaces of the caller's own (test/world), with
# which it ends.  The programs under test are told nothing of it.
# shellcheck shell=bash

WEB_ADDRESS=192.0.2.80

# web_start HOST...: serves these hosts; called again, these too.
web_start() {
	: "${WEB:=${BATS_FILE_TMPDIR:?or WEB must name a directory}/web}"
	export WEB
	test "$(readlink /proc/self/ns/pid)" != 'pid:[4026531836]' || {
		echo 'web_start: only in namespaces of your own' >&2
		return 1
	}
	test -d "$WEB/etc" || web_prepare || return
	local host
	for host; do
		mkdir -p "$WEB/$host"
		printf '%s %s\n' "$WEB_ADDRESS" "$host" >>"$WEB/etc/hosts"
		web_certificate "$host" && web_configure "$host" || return
	done
	web_restart
}

# web_extra HOST TEXT: more of nginx's configuration of that host, in place of
# what was said before: 'location = /a { return 302 https://b/; }'
web_extra() {
	web_configure "$1" "$2" && web_restart
}

# web_plain HOST: by plain http too.
web_plain() {
	web_extra "$1" "listen $WEB_ADDRESS:80;"
}

# web_tag NAME PREFIX VALUE: the tag for a page.
web_tag() {
	printf '<meta name="%s" content="%s %s">\n' "$@"
}

# web_page HOST[/PATH] [TAGS]: the page there, with TAGS in its head.
web_page() {
	mkdir -p "$WEB/$1"
	printf '<!DOCTYPE html>\n<html>\n<head>\n<title>%s</title>\n%s\n%s\n' \
		"$1" "${2-}" '</head><body><p>Hello</p></body></html>' \
		>"$WEB/$1/index.html"
}

# web_requests: what was asked for since the last call, a line for each:
# METHOD SCHEME://HOST/PATH STATUS
web_requests() {
	cat "$WEB/requests"
	: >"$WEB/requests"
}

# web_certificate HOST [NAME]: of the authority's, for HOST, or for NAME.
web_certificate() {
	openssl req -new -key "$WEB/etc/server.key" -subj "/CN=${2-$1}" |
		openssl x509 -req -days 20 -out "$WEB/etc/$1.pem" \
			-CA "$WEB/etc/ca.pem" -CAkey "$WEB/etc/ca.key" \
			-extfile <(echo "subjectAltName=DNS:${2-$1}") \
			2>/dev/null
}

# Ends the server, and all that web_start changed; the files stay.
web_end() {
	web_stop
	umount /etc/hosts /etc/ssl/certs/ca-certificates.crt
	ip address delete "$WEB_ADDRESS/32" dev lo
}

# Ends the server only: nobody answers at its address.
web_stop() {
	local pid
	test -f "$WEB/etc/nginx.pid" || return 0
	read -r pid <"$WEB/etc/nginx.pid"
	# Again and again: one that is still starting forgets the first.
	while test -f "$WEB/etc/nginx.pid" || test -d "/proc/$pid"; do
		kill -TERM "$pid" 2>/dev/null || :
		sleep 0.01
	done
}

# Not by its reload, of which nobody knows when it is done.  It gets none of
# our descriptors: bats waits until its own are closed.
web_restart() {
	web_stop
	nginx -c "$WEB/etc/nginx.conf" -p "$WEB" -e "$WEB/error.log" \
		>/dev/null 3>&- 4>&- || return
	# It has left the foreground before it wrote that.
	while test ! -s "$WEB/etc/nginx.pid"; do
		sleep 0.01
	done
}

# web_configure HOST [EXTRA]
web_configure() {
	cat >"$WEB/etc/hosts.d/$1.conf" <<-END
	server {
		server_name $1;
		listen $WEB_ADDRESS:443 ssl;
		ssl_certificate $WEB/etc/$1.pem;
		ssl_certificate_key $WEB/etc/server.key;
		root $WEB/$1;
		location / { try_files \$uri \$uri/index.html =404; }
		${2-}
	}
	END
}

# The authority, the one thing trusted; the names; the server's configuration.
web_prepare() {
	mkdir -p "$WEB/etc/hosts.d" "$WEB/tmp"
	chmod 755 "$WEB"
	local key
	for key in ca server; do
		openssl ecparam -name prime256v1 -genkey -noout \
			-out "$WEB/etc/$key.key"
	done
	openssl req -x509 -new -key "$WEB/etc/ca.key" -days 30 \
		-subj '/CN=an authority of the tests' -out "$WEB/etc/ca.pem"
	cat /etc/hosts >"$WEB/etc/hosts"
	mount --bind "$WEB/etc/hosts" /etc/hosts
	mount --bind "$WEB/etc/ca.pem" /etc/ssl/certs/ca-certificates.crt
	ip link set lo up
	ip address replace "$WEB_ADDRESS/32" dev lo
	: >"$WEB/requests"
	cat >"$WEB/etc/nginx.conf" <<-END
	user root;
	worker_processes 1;
	pid $WEB/etc/nginx.pid;
	events { worker_connections 256; }
	http {
		default_type text/html;
		sendfile on;
		log_format requests '\$request_method \$scheme://\$host'
			'\$request_uri \$status';
		access_log $WEB/requests requests;
		client_body_temp_path $WEB/tmp;
		proxy_temp_path $WEB/tmp;
		fastcgi_temp_path $WEB/tmp;
		uwsgi_temp_path $WEB/tmp;
		scgi_temp_path $WEB/tmp;
		include $WEB/etc/hosts.d/*.conf;
	}
	END
}

# web_canned HOST PORT FILE: there, https answers each request with the bytes
# of FILE, headers and all, and closes; with no answer at all if FILE is "".
# What an honest server cannot do.  It ends with the test's shell (web_uncan).
web_canned() {
	python3 - "$WEB_ADDRESS" "$2" "$WEB/etc/$1.pem" \
		"$WEB/etc/server.key" "$3" 3>&- 4>&- <<-'END' &
	import socket, ssl, sys
	address, port, cert, key, path = sys.argv[1:]
	context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	context.load_cert_chain(cert, key)
	for connection in iter(lambda s=socket.create_server(
	        (address, int(port))): s.accept()[0], None):
	    try:
	        with context.wrap_socket(connection, server_side=True) as tls:
	            while b'\r\n\r\n' not in tls.recv(65536) or not path:
	                pass
	            with open(path, 'rb') as file:
	                tls.sendall(file.read())
	            tls.unwrap()
	    except OSError:
	        pass
	END
	WEB_CANNED="${WEB_CANNED-} $!"
	local end=$((SECONDS + 10))
	until (: <"/dev/tcp/$WEB_ADDRESS/$2") 2>/dev/null; do
		test "$SECONDS" -lt "$end" || return
		sleep 0.02
	done
}

web_uncan() {
	local pid
	for pid in ${WEB_CANNED-}; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || : # 143, as it should
	done
	WEB_CANNED=''
}
