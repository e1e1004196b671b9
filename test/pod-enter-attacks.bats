# SPDX-License-Identifier: Apache-2.0
# pod-enter-attacks - what an image or an app tries to get out of its pod
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

@test "pod-enter: C17 the default filter holds, and unknown calls are ENOSYS" {
	# mount umount2 pivot_root unshare setns ptrace-free bpf keyctl
	# add_key kexec_load init_module open_by_handle_at perf_event_open
	# userfaultfd io_uring_setup fsopen move_mount; clone with NEWUSER
	says "$(yes EPERM | head -n 17)" '
	for n in 165 166 155 272 308 321 250 248 246 175 304 298 323 425 430 429
	do probe call $n; done; probe call 56 0x10000000 0'
	says 'ENOSYS
ENOSYS
ENOSYS' 'probe call 999; probe call 435 0 0; probe call 5000'
	says 2 'grep -c Seccomp /proc/self/status'
}

@test "pod-enter: C15 the caller's keys are not the pod's" {
	says EPERM 'probe keys find'
	# Even without a filter.
	prepare example.com/app -- 'probe keys find; touch /ready; sleep 100'
	: >"$(place "$pod")/app.bpf"
	"$PROBE" keys add pod-enter "$pod" >"$T/out" &
	wait_for has app ready
	is ENOKEY "$(cat "$T/out")"
	is ENOKEY "$("$PROBE" keys add pod-enter --join "$pod" probe keys find)"
	kill -TERM "$(init)"
	wait
}

@test "pod-enter: C2 CVE-2019-5736 nothing in a pod can write its runtime" {
	sum=$(sha512sum "$BIN/pod-enter" "$BIN/pod-init")
	image 'printf "#!/proc/self/exe\n" >evil; chmod 755 evil
		cat >try <<-"END"
		#!/bin/sh
		while :; do
			for p in /proc/[0-9]*; do
				(echo x >$p/exe) && echo WROTE $p
				(exec 7<$p/exe && echo x >/proc/self/fd/7) && echo WROTE7
			done 2>/dev/null
			: >/ready
		done
		END
		chmod 755 try'
	prepare --detach example.com/other --exec=/try \
		--caps-retain=CAP_SYS_PTRACE,CAP_DAC_OVERRIDE
	pod-enter "$pod"
	wait_for has other ready
	for _ in 1 2 3 4 5; do
		run enter /evil
		run -0 enter /bin/true
	done
	kill -KILL "$(init)"
	is '' "$(pod-logs "$pod" 2>&1 | grep -a WROTE)"
	is "$sum" "$(sha512sum "$BIN/pod-enter" "$BIN/pod-init")"
}

@test "pod-enter: C3 CVE-2016-9962 nobody in a pod sees into who enters" {
	start '
	for i in 1 2; do while :; do
		for f in /proc/[0-9]*/fd/* /proc/[0-9]*/exe /proc/[0-9]*/root; do
			l=$(readlink $f 2>/dev/null) && echo "$f $l"
		done
		: >/ready
	done & done
	wait'
	for _ in $(seq 30); do
		run -0 enter true
	done
	kill -KILL "$(init)"
	# What it sees are its own processes, and those that have begun to be.
	pod-logs "$pod" >"$T/log" 2>&1
	sed -E 's/^[^ ]+ //' "$T/log" | sort -u >"$T/seen"
	grep -qx '/bin/busybox' "$T/seen"
	is '' "$(grep -vxE '/|/ready|/proc|/bin/busybox|/dev/null|pipe:.*|/proc/[0-9]+/fd|/dev/pts/.*|.*/bats.*|socket:.*|anon_inode:.*' "$T/seen")"
	is '' "$(grep -E '^/proc/1/' "$T/log")"
}

@test "pod-enter: C4 CVE-2024-21626 no descriptor of the caller's gets in" {
	prepare --interactive example.com/app -- 'ls /proc/self/fd; readlink /proc/self/cwd'
	run -0 "$PROBE" fds 50 / pod-enter "$pod"
	# 3 is ls's own.
	is '0
1
2
3
/'
	start ': >/ready; sleep 100'
	run -0 "$PROBE" fds 50 / pod-enter --join "$pod" ls /proc/self/fd
	is '0
1
2
3'
	is '0 1 2 3 6 8 9 10 11 12 13 14 15 17 18' "$(ls "/proc/$(init)/fd" | sort -n | paste -sd ' ')"
	is '' "$(find -L "/proc/$(init)/fd" -maxdepth 1 -mindepth 1 -type d)"
	kill -KILL "$(init)"
}

@test "pod-enter: C4 a working directory behind a descriptor is refused" {
	for directory in /proc/self/fd/{3,5,6,7,8,9,12} /proc/1/root /proc/1/cwd \
		/proc/self/fd/../root /proc/self/cwd; do
		prepare example.com/app -- 'echo ran'
		edit ".apps[0].app.workingDirectory = \"$directory\""
		run -125 --separate-stderr "$PROBE" fds 12 / pod-enter "$pod"
		is ''
		matches '^pod-enter: app: working directory: ' "$stderr"
	done
}

@test "pod-enter: C4 a directory as a standard stream is refused" {
	prepare --interactive example.com/app -- 'echo ran'
	run -125 --separate-stderr pod-enter "$pod" </
	is 'pod-enter: descriptor 0: is a directory' "$stderr"
	test -d "$RKT_DIR/pods/prepared/$pod"
	start ': >/ready; sleep 100'
	run -125 --separate-stderr pod-enter --join "$pod" ls 0</
	is 'pod-enter: descriptor 0: is a directory' "$stderr"
	kill -TERM "$(init)"
}

@test "pod-enter: C18 the app's strings stay strings" {
	# shellcheck disable=SC2016
	for value in '$(touch /x)' '`x`' '%s%n' '+x' '\"' "'" '\\' '\u001b[2J' \
		'a\nB=c' ''; do
		says "$(jq -nr "\"$value\"" | xxd)" 'printf "%s\n" "$V" | xxd' \
			".apps[0].app.environment = [
			{name: \"V\", value: $(jq -n "\"$value\"")}]"
	done
	prepare example.com/app -- 'echo ${#V}'
	edit ".apps[0].app.environment = [{name: \"V\", value: (\"x\" * 100000)}]"
	run -0 pod-enter "$pod"
	is 100000
}

@test "pod-enter: C18 CVE-2022-0811 what a manifest's texts hold is text" {
	local value
	for value in '\n' '"' '$(touch /x)' '`touch /x`' '%s%n' '+x' \
		'\u001b[2J' '127.0.0.1 evil\n' 'x\nLD_PRELOAD=/x' '../../x' \
		'\u202e' ' ' ''; do
		value=$(jq -cn --arg v "$value" '$v |
			gsub("\\\\n"; "\n") | gsub("\\\\u001b"; "\u001b") |
			gsub("\\\\u202e"; "\u202e")')
		echo "$value"
		image : -m ".annotations = [{name: \"authors\", value: $value}] |
			.labels += [{name: \"x\", value: $value}] |
			.app.userAnnotations = {($value): $value} |
			.app.userLabels = {($value): $value} |
			.app.environment = [{name: \"V\", value: $value}]"
		prepare example.com/other -- \
			'printf "%s." "$V" | xxd -p -c 99
			wc -l </etc/hosts; env | grep -c ^LD_; hostname; ls /x 2>&1'
		pod-list >"$T/list"
		is '' "$(LC_ALL=C grep -aP '[\x00-\x08\x0b-\x1f\x7f]' "$T/list" || :)"
		run --separate-stderr pod-enter "$pod"
		is '' "$stderr"
		is "$(jq -j '. + "."' <<<"$value" | xxd -p -c 99)
2
$(jq -rj . <<<"$value" | grep -c ^LD_)
rkt-$pod
ls: /x: No such file or directory" \
			"$output"
	done
}
