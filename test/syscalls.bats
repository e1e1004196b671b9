# SPDX-License-Identifier: Apache-2.0
# syscalls - what a pod's filter says of every system call there is
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

setup_file() {
	export PROBE=$BATS_FILE_TMPDIR/calls
	gcc -std=gnu11 -D_GNU_SOURCE -O1 -static -pthread -o "$PROBE" \
		"$BATS_TEST_DIRNAME/probe/calls.c"
}

# wanted: the table, a line for each number that is probed.
wanted() {
	awk '/^[0-9]/ { answer[$1] = $3 } END { for (i = 0; i <= 600; i++)
		print i, i in answer ? answer[i] : "ENOSYS" }' \
		"$TEST/syscalls.tsv"
}

@test "syscalls: C17 CVE-2021-41133 the allowed are those of the table, no other" {
	test "$(grep -c $'^[0-9]*\t[a-z0-9_]*\t' "$TEST/syscalls.tsv")" -ge 380
	test "$(grep -c allowed "$TEST/syscalls.tsv")" -gt 300
	test "$(grep -c EPERM "$TEST/syscalls.tsv")" -gt 60
	for user in 0 1000; do
		prepare example.com/app --user=$user -- 'exec probe'
		run -0 --separate-stderr pod-enter "$pod"
		is "$(wanted)"
	done
	# Every name that the system's headers have is in the table.
	is '' "$(printf '#include <asm/unistd_64.h>\n' | gcc -E -dM - |
		awk '/ __NR_/ { print $3 "\t" substr($2, 6) }' | sort |
		comm -23 - <(grep '^[0-9]' "$TEST/syscalls.tsv" |
			cut -f 1,2 | sort))"
}

@test "syscalls: C17 who enters has the same filter" {
	start ': >/ready; sleep 100'
	run -0 --separate-stderr enter probe
	is "$(wanted)"
	kill -TERM "$(init)"
}

@test "syscalls: C17 by the numbers of x32 and i386 nothing is to be had" {
	for how in x32 i386; do
		prepare example.com/app -- "probe $how"
		run -0 --separate-stderr pod-enter "$pod"
		is "$(seq 0 600 | sed 's/$/ ENOSYS/')"
		# Nor what an app keeps when some calls are removed.
		prepare example.com/app --seccomp \
			mode=remove,errno=EPERM,mount -- "probe $how"
		run -0 --separate-stderr pod-enter "$pod"
		is "$(seq 0 600 | sed 's/$/ EPERM/')"
	done
}

@test "syscalls: C17 a set of an app's own is what is allowed, and no more" {
	local base='brk close exit exit_group futex getpid ioctl mmap mprotect
		munmap prctl read rseq rt_sigaction rt_sigprocmask seccomp
		set_robust_list set_tid_address write clone arch_prctl execve
		clock_nanosleep fstat newfstatat readlink readlinkat getrandom
		prlimit64 open openat lseek stat getuid getppid getcwd madvise'
	# shellcheck disable=SC2086
	prepare example.com/app --exec=/bin/probe \
		--seccomp "mode=retain,errno=EACCES,$(printf '%s,' $base)read"
	run --separate-stderr pod-enter "$pod"
	# EACCES is what the probe calls "kernel"; clone3 makes way for clone.
	awk -v base="$(tr -s '[:space:]' ' ' <<<"$base")" 'BEGIN {
		count = split(base " clock_getres clock_gettime execveat " \
			"getrlimit gettimeofday nanosleep restart_syscall " \
			"rt_sigreturn time", names, " ")
		for (i = 1; i <= count; i++) keep[names[i]] = 1
	}
	/^[0-9]/ { name[$1] = $2 }
	END {
		for (i = 0; i <= 600; i++) {
			answer = name[i] == "clone3" ? "ENOSYS" : "kernel"
			print i, name[i] in keep ? "allowed" : answer
		}
	}' \
		"$TEST/syscalls.tsv" | diff - <(printf '%s\n' "$output")
}
