# SPDX-License-Identifier: Apache-2.0
# demo - "make demo" shows what it should, and leaves nothing
load helpers

@test "demo: from a name to a running pod, and nothing left" {
	unset RKT_DIR RKT_RUN RKT_CONF RKT_SYSTEM_CONF
	run -0 timeout 120 "$TEST/demo"
	text=$(tr -d '\r' <<<"$output")
	version=$(etcd --version | sed -n 's/^etcd Version: /v/p')
	for want in '# rkt trust --prefix coreos\.com/etcd' \
		'Prefix: "coreos\.com/etcd"' \
		'Key: "https://coreos\.com/dist/pubkeys/aci-pubkeys\.gpg"' \
		'GPG key fingerprint is: ([0-9A-F]{4} ){5} ([0-9A-F]{4} ){4}[0-9A-F]{4}' \
		'Are you sure you want to trust this key \(yes/no\)\? yes' \
		'Added key for prefix "coreos\.com/etcd" at "/etc/rkt/trustedkeys/prefix\.d/coreos\.com/etcd/[0-9a-f]{40}"' \
		"rkt: searching for app image coreos\.com/etcd:$version" \
		'rkt: fetching image from https://coreos\.com/dist/etcd-' \
		'Downloading ACI: \[=+\] ' \
		'rkt: signature verified:' \
		'  Demo ACI Builder <release@coreos\.com>' \
		'sha512-[0-9a-f]{32}$' \
		'/var/lib/rkt/cas/blob/sha512/[0-9a-f]{2}/sha512-[0-9a-f]{64}$' \
		'^blue$' '^state=running$' '^state=exited$' \
		'Moving container "[0-9a-f-]{36}" to garbage' \
		'Garbage collecting container "[0-9a-f-]{36}"' \
		'^nothing is left of the pod$' \
		'^nothing is left on this machine$' \
		'^run, until it answers +[0-9]+\.[0-9]{2}$'; do
		grep -qE -- "$want" <<<"$text" || {
			echo "not shown: $want"
			false
		}
	done
	# The name of the blob is the beginning of what sha512sum printed.
	sum=$(grep -oE '^[0-9a-f]{128}' <<<"$text")
	grep -qF "sha512-${sum::64}" <<<"$text"
	grep -qx "sha512-${sum::32}" <<<"$text"
}
