# SPDX-License-Identifier: Apache-2.0
# containers - rkt inside of a container, with the store on a volume
#
# (Row 33 of seeds.bats types the founding documents' own line.)
# shellcheck disable=SC2016 # what stands in single quotes is for the container
load helpers
load web
load seeds

URL=https://example.com/images/example.com/hello.aci

setup_file() {
	hosts
	shell_image example.com/hello '["/bin/sh","-c"]' -v ''
	trusted --root
	machine "$BATS_FILE_TMPDIR/machine"
	cat >"$BATS_FILE_TMPDIR/machine/life" <<-'END'
	set -eu
	id=$1
	rkt run "$id" -- 'echo hello from pid $$; exit 7' || echo "status $?"
	rkt run --private-net "$id" -- 'ip -o -4 address show dev eth0 |
		sed "s/.*inet \([0-9]*\.[0-9]*\.[0-9]*\)\..*/\1/"'
	pod=$(rkt run --detach "$id" -- 'echo out; exec sleep 1000')
	rkt enter "$pod" /bin/sh -c 'echo entered; cat /proc/1/comm'
	rkt status "$pod" | sed -n '/^state/p'
	rkt stop "$pod" >/dev/null
	rkt logs "$pod"
	rkt status "$pod" | sed -n '/^state/p;/^app-/p'
	rkt gc --grace-period=0s 2>/dev/null
	rkt gc --grace-period=0s 2>/dev/null
	rkt list --no-legend
	find /var/lib/rkt/pods -mindepth 2
	rkt image list --no-legend --fields=name
	END
}

LIFE='hello from pid 2
status 7
172.16.28
entered
pod-init
state=running
out
state=exited
app-hello=143
example.com/hello'

teardown_file() {
	web_end
}

setup() {
	T=$BATS_TEST_TMPDIR
	mkdir "$T/store"
}

teardown() {
	:
}

@test "podman: a pod's whole life in a privileged container" {
	docker() {
		podman --root "$T/podman" --runroot /run/podman \
			--storage-driver vfs --runtime crun \
			--cgroup-manager=cgroupfs "$@"
	}
	tar -C "$BATS_FILE_TMPDIR/machine" -c . | docker import -q - rkt
	container() {
		docker run --privileged --rm --network=host --cgroups=disabled \
			-v "$T/store:/var/lib/rkt" rkt "$@"
	}
	run -0 --separate-stderr container rkt fetch "$URL"
	run -0 container sh /life "$output"
	is "$LIFE"
}

@test "systemd-nspawn: a pod's whole life in a container" {
	container() { # [OPTION…] COMMAND…
		systemd-nspawn -q --directory="$BATS_FILE_TMPDIR/machine" \
			--register=no --keep-unit --console=pipe --as-pid2 \
			--bind-ro=/etc/hosts --bind="$T/store:/var/lib/rkt" "$@"
	}
	run -0 --separate-stderr container rkt fetch "$URL"
	# Only a network of its own makes the container its administrator.
	run -0 --separate-stderr container --private-network sh /life "$output"
	is "$LIFE"
	matches 'rkt: no user namespace: /proc is hidden in part, as in a container' \
		"$stderr"
}
