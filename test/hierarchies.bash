# SPDX-License-Identifier: Apache-2.0
# hierarchies - the ways in which a machine can have its control groups
# shellcheck shell=bash disable=SC2034

CONTROLLERS='cpu memory pids devices'

# hybrid: each controller at a place of its own (cgroup v1), and v2 without any
# at "unified": the machine's own hierarchies from this world's groups down.
hybrid() {
	local controller
	unmounted
	mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
	mkdir /sys/fs/cgroup/unified
	mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
	for controller in $CONTROLLERS; do
		mkdir "/sys/fs/cgroup/$controller"
		mount -t cgroup -o "$controller" "$controller" \
			"/sys/fs/cgroup/$controller"
	done
}

# unified: cgroup v2 alone, as test/world has it.
unified() {
	unmounted
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
}

# Nothing is at /sys/fs/cgroup.
unmounted() {
	local target
	findmnt -rno TARGET | grep '^/sys/fs/cgroup' | tac |
		while read -r target; do
			umount "$target"
		done
}
