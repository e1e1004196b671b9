# SPDX-License-Identifier: Apache-2.0
# rights - who an app is, and what it may do
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

@test "pod-enter: users and groups by name, number and path" {
	local user group want
	while read -r user group want; do
		echo "$user $group"
		app 'echo $(id -u):$(id -g):$USER:$HOME:$SHELL' \
			".apps[0].app.user = \"$user\" |
			.apps[0].app.group = \"$group\""
		is '' "$stderr"
		is "$want"
	done <<-END
	0 0 0:0:root:/root:/bin/sh
	root root 0:0:root:/root:/bin/sh
	app app 1000:1001:app:/:/bin/sh
	1000 1001 1000:1001:app:/:/bin/sh
	4000 extra 4000:1002:4000:/:/bin/sh
	4294967294 4294967294 4294967294:4294967294:4294967294:/:/bin/sh
	/etc/passwd /etc/passwd 0:0:root:/root:/bin/sh
	END
	image 'rm -r etc'
	prepare example.com/other --user=root --group=root -- 'id -u; id -g'
	run -0 pod-enter "$pod"
	is '0
0'
}

@test "pod-enter: a group called as the user, and in no file, is the user's" {
	image 'echo lone:x:33:34::/:/bin/sh >>etc/passwd'
	prepare example.com/other --user=lone --group=lone -- 'id -u; id -g'
	run -0 pod-enter "$pod"
	is '33
34'
	# One that is in the file is that one.
	image 'echo lone:x:33:34::/:/bin/sh >>etc/passwd
		echo lone:x:35: >>etc/group'
	prepare example.com/other --user=lone --group=lone -- 'id -u; id -g'
	run -0 pod-enter "$pod"
	is '33
35'
	prepare example.com/other --user=root --group=lonely -- 'id -g'
	run -125 --separate-stderr pod-enter "$pod"
	matches 'group lonely: not in the image' "$stderr"
}

@test "pod-enter: C11 uid overflow: what is no id is refused, never root" {
	for user in 4294967295 4294967296 18446744073709551616 -1 0x0 +0 ' 0' \
		'0 ' 1000:0:0 ٠ nobody /missing /etc/../../missing 'x\n0'; do
		for member in user group; do
			echo "$member $user"
			app 'echo ran' ".apps[0].app.$member = \"$user\""
			test "$status" = 125
			is ''
			test "$(wc -l <<<"$stderr")" = 1
		done
	done
}

@test "pod-enter: C11 a name that is another's number is refused" {
	image 'echo 1000:x:0:0::/:/bin/sh >>etc/passwd
		echo big:x:4294967296:0::/:/bin/sh >>etc/passwd
		echo minus:x:-1:0::/:/bin/sh >>etc/passwd'
	for user in 1000 big minus; do
		prepare example.com/other --user=$user -- 'echo ran'
		run -125 --separate-stderr pod-enter "$pod"
		matches "^pod-enter: other: user $user: " "$stderr"
	done
}

@test "pod-enter: B17 /etc/passwd may be anything, and nothing hangs" {
	echo 'app:x:77:77::/:/bin/sh' >"$T/host-passwd"
	for trick in 'mkfifo etc/passwd' "ln -s '$T/host-passwd' etc/passwd" \
		'mkdir etc/passwd' 'truncate -s 2M etc/passwd' \
		'ln -s passwd etc/passwd' 'ln -s /proc/self/environ etc/passwd'; do
		echo "$trick"
		image "rm etc/passwd; $trick"
		prepare example.com/other --user=app -- 'id -u'
		run -125 --separate-stderr timeout 10 pod-enter "$pod"
		is ''
		test "$(wc -l <<<"$stderr")" = 1
	done
}

@test "pod-enter: C10 the groups are the manifest's, not the caller's" {
	prepare example.com/app -- 'id -G; grep Groups /proc/self/status'
	run -0 setpriv --groups 0,6,27,1234 pod-enter "$pod"
	matches $'^0\nGroups:[[:space:]]*$'
	prepare example.com/app --user=app --group=app \
		--supplementary-gids=1002,9 -- \
		'id -G; grep Groups /proc/self/status'
	run -0 setpriv --groups 0,6,27,1234 pod-enter "$pod"
	matches $'^1001 9 1002\nGroups:[[:space:]]9 1002 *$'
	# And what was given up is not to be had again.
	says 'EPERM
EPERM' 'probe call 105 0; probe call 116 0 0' \
		'.apps[0].app.user = "1000" | .apps[0].app.group = "1001"'
}

@test "pod-enter: C9 inheritable and ambient capabilities are none" {
	for user in 0 1000; do
		prepare example.com/app --user=$user -- 'grep Cap /proc/self/status'
		run -0 setpriv --inh-caps +chown,+kill,+sys_admin \
			--ambient-caps +chown,+kill \
			pod-enter "$pod"
		matches 'CapInh:.0000000000000000'
		matches 'CapAmb:.0000000000000000'
		matches 'CapBnd:.00000000a80425fb'
		case $user in
		0) matches 'CapEff:.00000000a80425fb' ;;
		*) matches 'CapEff:.0000000000000000' ;;
		esac
	done
}

@test "pod-enter: capability isolators decide the bounding set" {
	caps='.apps[0].app.isolators'
	says 'CapBnd:	0000000000000001' 'grep CapBnd /proc/self/status' \
		"$caps = [{name: \"os/linux/capabilities-retain-set\",
			value: {set: [\"CAP_CHOWN\"]}}]"
	says 'CapEff:	00000000a80425fa' 'grep CapEff /proc/self/status' \
		"$caps = [{name: \"os/linux/capabilities-remove-set\",
			value: {set: [\"CAP_CHOWN\"]}}]"
}

@test "pod-enter: no_new_privs and oom_score_adj are set if asked for" {
	says 'NoNewPrivs:	0' 'grep NoNewPrivs /proc/self/status'
	says 'NoNewPrivs:	1
-0' 'grep NoNewPrivs /proc/self/status; echo -$(cat /proc/self/oom_score_adj)' \
		'.apps[0].app.isolators = [
		{name: "os/linux/no-new-privileges", value: true}]'
	says 500 'cat /proc/self/oom_score_adj' '.apps[0].app.isolators = [
		{name: "os/linux/oom-score-adj", value: 500}]'
}

@test "pod-enter: a user who may not run the command does not" {
	image 'cp bin/busybox bin/secret; chmod 700 bin/secret; mkdir -m 700 own
		cp bin/busybox own/true'
	for command in /bin/secret /own/true; do
		prepare example.com/other --user=1000 --group=1000 \
			--exec="$command"
		run -126 --separate-stderr pod-enter "$pod"
		is "pod-enter: other: $command: Permission denied" "$stderr"
	done
	prepare example.com/other --user=0 --group=0 --exec=/own/true
	run -0 pod-enter "$pod"
}

@test "pod-enter: C25 signals ignored or blocked by the caller are the app's" {
	prepare example.com/app -- x
	edit '.apps[0].app.exec = ["/bin/probe", "signals"]'
	run -0 "$PROBE" ignore pod-enter "$pod"
	is ''
	start ': >/ready; sleep 100'
	run -0 "$PROBE" ignore pod-enter --join "$pod" probe signals
	is ''
	kill -TERM "$(init)"
}

@test "rights: the resource limits are the documented ones, for enter too" {
	limits='7 1024 524288
4 0 0
8 65536 65536'
	got=$(prlimit --nofile --noheadings --output HARD)
	test "$got" = unlimited || test "$got" -ge 524288 ||
		limits=${limits/524288/$got}
	start 'probe limits >/ready.new; mv /ready.new /ready; sleep 100'
	run -0 enter cat /ready
	for limit in 7 4 8; do
		matches "(^|"$'\n)'"$(grep "^$limit " <<<"$limits")"
	done
	is "$output" "$(enter probe limits)"
	# Not even root gets them back.
	run -1 enter sh -c 'ulimit -Hc 1'
	kill -TERM "$(init)"
}

@test "rights: a limit that cannot be raised is told, and stays as it is" {
	prepare example.com/app -- 'ulimit -n; ulimit -Hn; ulimit -l'
	run -0 --separate-stderr prlimit --nofile=300:500 --memlock=1024 \
		setpriv --bounding-set=-sys_resource pod-enter "$pod"
	is '500
500
1'
	is 'pod-enter: RLIMIT_NOFILE: only 500, and 1024 would take CAP_SYS_RESOURCE
pod-enter: RLIMIT_MEMLOCK: only 1024, and 65536 would take CAP_SYS_RESOURCE' \
		"$stderr"
}
