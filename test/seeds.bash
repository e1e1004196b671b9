# SPDX-License-Identifier: Apache-2.0
# seeds - the hosts, keys and images that the founding documents speak of
#
# For files that also load helpers, web and registry.  The hosts are real
# servers in the test's own world, and all else is where rkt has it by default:
# /etc/rkt, /var/lib/rkt, /run/rkt, which are the world's own.
# shellcheck shell=bash disable=SC2154

BUILDER='CoreOS ACI Builder <release@coreos.com>'
RELEASES=github.com/coreos/etcd/releases/download
KEYS=https://coreos.com/dist/pubkeys/aci-pubkeys.gpg

# The key of all images: $WEB/coreos.com/dist/pubkeys/aci-pubkeys.gpg
builder_key() {
	mkdir -p "$WEB/coreos.com/dist/pubkeys"
	gpg_in --quick-generate-key "$BUILDER" ed25519 sign 2>/dev/null
	gpg_in --armor --export "=$BUILDER" \
		>"$WEB/coreos.com/dist/pubkeys/aci-pubkeys.gpg"
}

# Its fingerprint, in lower case.
builder() {
	gpg_in --with-colons --list-keys "=$BUILDER" 2>/dev/null |
		awk -F: '$1 == "fpr" { print tolower($10); exit }'
}

# grouped FINGERPRINT: as people compare it.
grouped() {
	sed -E 's/(....)/\1 /g; s/ $//; s/^(.{24})/\1 /' <<<"${1^^}"
}

builder_signs() { # FILE OUT
	gpg_in --yes --armor --local-user "=$BUILDER" --output "$2" \
		--detach-sign "$1"
}

# trusted PREFIX: by the operator's own hands.
trusted() {
	local dir=/etc/rkt/trustedkeys/prefix.d/$1
	test "$1" != --root || dir=/etc/rkt/trustedkeys/root.d
	mkdir -p "$dir"
	cp "$WEB/coreos.com/dist/pubkeys/aci-pubkeys.gpg" "$dir/$(builder)"
}

# etcd_root DIR: Debian's etcd as coreos.com has it, one program at /etcd.
etcd_root() {
	local library
	install -D /usr/bin/etcd "$1/etcd"
	for library in $(ldd /usr/bin/etcd | grep -o '/[^ ]*'); do
		install -D "$library" "$1$library"
	done
}

# etcd_release VERSION: its image on github.com, with the new signature, or the
# old one for release candidates.
etcd_release() {
	local dir=$WEB/$RELEASES/$1 name=etcd-$1-linux-amd64
	mkdir -p "$dir"
	mkaci -n coreos.com/etcd -v "$1" -x '["/etcd"]' -z none \
		"$BATS_FILE_TMPDIR/etcd" "$BATS_FILE_TMPDIR/tar"
	gzip -nc1 "$BATS_FILE_TMPDIR/tar" >"$dir/$name.aci"
	case $1 in
	*-rc.*) builder_signs "$dir/$name.aci" "$dir/$name.sig" ;;
	*) builder_signs "$dir/$name.aci" "$dir/$name.aci.asc" ;;
	esac
}

# shell_image NAME EXEC [MKACI-OPTION...]: busybox with what EXEC (JSON) runs;
# signed, on example.com, found by NAME.
shell_image() {
	local file=$WEB/example.com/images/$1.aci
	mkdir -p "${file%/*}"
	test -d "$BATS_FILE_TMPDIR/busybox" ||
		busybox_root "$BATS_FILE_TMPDIR/busybox"
	mkaci -n "$1" -x "$2" "${@:3}" "$BATS_FILE_TMPDIR/busybox" "$file"
	builder_signs "$file" "$file.asc"
}

# As of version 0.1 of the specification, by its URL on github.com.
validator() { # NAME SCRIPT
	local file=$WEB/github.com/appc/spec/releases/download/v0.1.1/$1
	mkdir -p "${file%/*}"
	jq -nc --arg name "coreos.com/$1" --arg script "$2" '{
		acKind: "ImageManifest", acVersion: "0.1.1", name: $name,
		labels: [{name: "version", val: "0.1.0"},
			{name: "os", val: "linux"}, {name: "arch", val: "amd64"}],
		app: {exec: ["/bin/sh", "-c", $script], user: "0", group: "0",
			environment: {IN_ACE_VALIDATOR: "correct"},
			mountPoints: [{name: "database", path: "/db",
				readOnly: false}]},
		annotations: {created: "2014-10-27T19:32:27.67021798Z"}
		}' >"$BATS_FILE_TMPDIR/manifest"
	mkaci -M "$BATS_FILE_TMPDIR/manifest" "$BATS_FILE_TMPDIR/busybox" \
		"$file.aci"
	builder_signs "$file.aci" "$file.sig"
}

hosts() {
	web_start coreos.com storage.coreos.com github.com example.com
	web_page coreos.com
	web_page coreos.com/etcd "$(
		web_tag ac-discovery coreos.com/etcd "https://$RELEASES/\
{version}/etcd-{version}-{os}-{arch}.{ext}"
		web_tag ac-discovery-pubkeys coreos.com/etcd "$KEYS"
	)"
	web_page storage.coreos.com \
		"$(web_tag ac-discovery-pubkeys storage.coreos.com "$KEYS")"
	web_page example.com "$(web_tag ac-discovery example.com \
		'https://example.com/images/{name}.{ext}')"
	builder_key
}

# machine DIR: a root file system that has a shell, and rkt with what it needs.
machine() {
	local program file
	mkdir -p "$1"/{bin,etc/ssl/certs,lib,root,run,tmp,usr/bin,usr/local/bin,var/lib}
	chmod 1777 "$1/tmp"
	cp "$BIN"/* "$1/usr/local/bin"
	for program in dash sed find gpg gpgconf; do
		cp "$(readlink -f "$(command -v "$program")")" "$1/usr/bin"
	done
	cp "$1/usr/bin/dash" "$1/bin/sh"
	ln "$1/usr/bin/dash" "$1/usr/bin/sh"
	for file in "$1"/usr/bin/* "$1"/usr/local/bin/*; do
		ldd "$file" 2>/dev/null | grep -o '/[^ ]*' || :
	done | sort -u | while read -r file; do
		install -D "$file" "$1$file"
	done
	echo root:x:0:0:root:/root:/bin/sh >"$1/etc/passwd"
	echo root:x:0: >"$1/etc/group"
	cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs"
	cp -r /etc/rkt "$1/etc"
}

# at_terminal LINE [SCRIPT]: LINE on a terminal of its own, where SCRIPT, of
# expect's, waits and types.  What was on the screen is $output.
at_terminal() {
	cat >"$T/expect" <<-END
	set timeout 30
	set stty_init "columns 80 rows 24"
	proc want {what} {
		expect -re \$what {} timeout { puts "no: \$what"; exit 124 } \
			eof { puts "ended before: \$what"; exit 125 }
	}
	spawn -noecho sh -c \$env(LINE)
	${2-}
	expect { timeout { exit 124 } eof {} }
	set end [lindex [wait] 3]
	exit \$end
	END
	LINE=$1 run timeout 100 expect "$T/expect"
	output=$(tr -d '\r' <<<"$output")
}

# The pod that runs, if one does; its address.
running() {
	pod-list | jq -er 'select(.pod.state == "running").pod.uuid' | grep .
}
