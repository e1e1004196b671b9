# SPDX-License-Identifier: Apache-2.0
# masks - what an app finds of the kernel's own files, and can do to them
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

# In the pod: looks at each path of /masks.tsv; says which is not as it should
# be, and how many were there.
look='
	exec 2>/dev/null
	there=0 kernel=0
	readable() {
		if test -d $1; then
			test -n "$(ls -A $1)"
		else
			test -n "$(timeout 2 head -c 1 $1 | xxd)"
		fi
	}
	writable() {
		if test -d $1; then
			(: >$1/new) || mkdir $1/new
		else
			(timeout 2 sh -c "echo 0 >$1")
		fi
	}
	while read -r path how; do
		case $path in "#"* | how*) continue ;; esac
		test ! -e $path || there=$((there + 1))
		# What is written to a file that hides one is gone; and in
		# /dev an app may make files of its own.
		if test -d $path || test $how = read-only; then
			writable $path && echo $path is writable
		elif test $how = empty; then
			writable $path
		elif test -e $path; then
			writable $path && echo $path is writable
		fi
		test $how = read-only || {
			readable $path && echo $path is readable
		}
	done </masks.tsv
	echo $there were there'

setup() {
	fresh
	test -f "$BATS_FILE_TMPDIR/image.aci" || {
		busybox_root "$BATS_FILE_TMPDIR/root"
		cp "$PROBE" "$BATS_FILE_TMPDIR/root/bin/probe"
		grep '^/' "$TEST/masks.tsv" >"$BATS_FILE_TMPDIR/root/masks.tsv"
		mkaci -n example.com/app -x '["/bin/sh","-c"]' -z none \
			"$BATS_FILE_TMPDIR/root" "$BATS_FILE_TMPDIR/image.aci"
	}
	put_aci "$BATS_FILE_TMPDIR/image.aci" >"$T/key"
}

# What the host has at the paths that are not to be written.
values() {
	awk -F '\t' '$2 == "read-only" { print $1 }' "$TEST/masks.tsv" |
		grep -vE 'cgroup|uevent_seqnum|/sys$|ns_last_pid|/proc/self' |
		while read -r path; do
			test ! -f "$path" || echo "$path $(cat "$path" 2>&1)"
		done
}

@test "masks: C12 C13 CVE-2022-0492 every path of the table is as it says" {
	test "$(grep -c '^/' "$TEST/masks.tsv")" -ge 130
	values >"$T/before"
	for user in 0 1000; do
		prepare example.com/app --user=$user -- "$look"
		run -0 --separate-stderr pod-enter "$pod"
		matches '^[0-9]+ were there$'
		# The most of them, or there was nothing to be seen.
		test "${output%% *}" -ge 70
	done
	values | diff "$T/before" -
}

@test "masks: C12 the same for who enters, and with a network of one's own" {
	prepare --detach --net=none example.com/app -- ': >/ready; sleep 100'
	run -0 pod-netns "$pod" pod-enter "$pod"
	wait_for has app ready
	run -0 --separate-stderr enter sh -c "$look"
	matches '^[0-9]+ were there$'
	test "${output%% *}" -ge 70
	kill -TERM "$(init)"
}

@test "masks: C12 CVE-2015-3630 what hides them cannot be taken away" {
	says '' '
	exec 2>/dev/null
	for path in $(cut -f 1 /masks.tsv) /proc /sys; do
		umount $path && echo unmounted $path
		umount -l $path && echo unmounted $path
		mount -o remount,rw $path && echo remounted $path
		mount -t proc proc $path && echo proc $path
		mount --bind /tmp $path && echo bound $path
		mv $path /tmp/away && echo moved $path
		rmdir $path && echo removed $path
	done
	:'
}

@test "masks: --insecure-options=paths shows them, and they are there" {
	pod=$(pod-prepare -q --insecure-options=paths example.com/app -- \
		'head -c 1 /proc/kallsyms | xxd -p | wc -l; test -w /proc/sys && echo rw')
	run -0 pod-enter "$pod"
	matches '1
rw'
}
