# SPDX-License-Identifier: Apache-2.0
# trees - root file systems that have everything a tar can hold
# shellcheck shell=bash disable=SC2154

# zoo DIR: files of every kind that a tar can hold.
zoo() {
	local name deep
	deep=$(printf '%0100d' 0)
	mkdir -p "$1"/{dir/sub,empty,many}
	printf x >"$1/one"
	for name in 0 1 511 512 513 4095 4096 4097 100000; do
		head -c "$name" /dev/urandom >"$1/size-$name"
	done
	ln "$1/one" "$1/dir/same"
	ln "$1/one" "$1/zzz"
	ln -s one "$1/link"
	ln -s "$(printf '%01023d' 0)" "$1/dir/long-link"
	for name in 400 446 447 448 449 450 511 512 513; do
		ln -s "$(printf "%0${name}d" 0)" "$1/dir/link-$name"
	done
	mknod "$1/char" c 1 3
	mknod "$1/block" b 4095 1048575
	mkfifo -m 640 "$1/fifo"
	chmod 4755 "$1/one"
	chmod 2711 "$1/dir"
	chmod 1777 "$1/empty"
	chown 65536:4294967294 "$1/size-1"
	touch -d @-1.5 "$1/size-0"
	touch -d '2255-01-01 00:00:00.123456789' "$1/size-512"
	touch -h -d @7.000000001 "$1/link"
	: >"$1/$(printf '%0255d' 0)"
	for name in ' ' '!' - + ... 'é' $'\xff\xfe' $'new\nline' $'\x01' ; do
		: >"$1/dir/$name"
	done
	for ((name = 0; name < 500; name++)); do
		: >"$1/many/file-with-a-name-$name"
	done
	(cd "$1/dir/sub" && for ((name = 0; name < 20; name++)); do
		mkdir "$deep" && cd "$deep" || exit
	done)
	truncate -s 1M "$1/hole"
	printf data | dd of="$1/hole" bs=4096 seek=5 conv=notrunc status=none
	printf end | dd of="$1/hole" bs=4096 seek=256 conv=notrunc status=none
	truncate -s 300000 "$1/only-hole"
	setfattr -n user.note -v "$(printf '%01500d' 0)" "$1/dir"
	setfattr -n user.empty "$1/size-513"
	setfattr -n user.note -v short "$1/size-513"
	setcap cap_net_raw+ep "$1/size-4096"
	touch -d @1000000000.5 "$1/dir" "$1/many" "$1"
}

# add_places DIR: the directories that cas-put adds, where there is nothing.
add_places() {
	local place
	touch -r "$1" "$T/time"
	for place in dev proc sys; do
		test -e "$1/$place" || {
			mkdir -m 755 "$1/$place"
			touch -d @0 "$1/$place"
		}
	done
	touch -r "$T/time" "$1"
}

# packages DIR PACKAGE...: the files of installed packages and of what they
# depend on, as they are on this machine: the root file system that an
# installer of Debian's makes, of the version that runs here.
packages() {
	local list=$T/packages.list
	apt-cache depends --recurse --installed --no-recommends \
		--no-suggests --no-conflicts --no-breaks --no-replaces \
		--no-enhances "${@:2}" | grep '^[a-z]' | sort -u |
		while read -r package; do
			# What is not installed is there by another's name.
			dpkg-query -L "$package" 2>/dev/null || :
		done | sed -nE '\,^/.,{
			s,^/((s?bin|lib(32|64|x32)?)/),usr/\1,
			s,^/,,
			p
		}' | sort -u >"$list"
	printf '%s\n' bin sbin lib lib32 lib64 >>"$list"
	mkdir -p "$1"
	(cd / && while read -r file; do
		# Packages leave some out, and are told to.
		test ! -e "$file" && test ! -L "$file" || echo "$file"
	done) <"$list" | sort -u |
		tar -C / --no-recursion --warning=no-file-changed --xattrs --xattrs-include='*' -cf - -T - |
		tar -C "$1" --xattrs --xattrs-include='*' -xpf -
}
