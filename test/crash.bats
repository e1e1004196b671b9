# SPDX-License-Identifier: Apache-2.0
# crash - killed, or without power, the store keeps what was promised
#
# A part of what "make crash" does, another one each time: what fails says with
# which numbers it can be had again.
load helpers

@test "put, render, rm, gc: killed at every 32nd system call, nothing is lost" {
	run -0 "$TEST/crash/run" steps --every 32 --offset "$RANDOM"
	is 'put-erofs put-tree render-erofs render-tree rm-erofs rm-tree gc-erofs gc-tree' \
		"$(cut -d : -f 1 <<<"$output" | tr '\n' ' ' | sed 's/ $//')"
}

@test "put, rm, gc: killed at 16 moments of a big image" {
	run -0 "$TEST/crash/run" kills 16
	matches '^kills: [0-9]+ of 16, seed [0-9]+$'
}

@test "put, rm, gc: after 30 power cuts, all that was reported is there" {
	run -0 "$TEST/crash/run" cuts 30
	matches '^cuts: 30, seed [0-9]+$'
}

@test "16 at one store, killed and stopped: no put is lost, nothing in use is taken" {
	for kind in erofs tree; do
		run -0 "$TEST/crash/together" --kind "$kind" 8
		echo "$output"
		# They have been at it, all of them.
		for what in 'cas-store gc' 'cas-store get' 'cas-store import' \
			'cas-store mount' 'cas-store rm' killed pod-gc pod-prepare; do
			matches "$what [0-9]+"
		done
	done
}
