# SPDX-License-Identifier: Apache-2.0
# pod-list - records, rkt's table, and the status of one pod
load helpers

# a_pod UUID PLACE [JSON]: a directory as the other tools leave it; its one app
# is in run.json unless JSON is that file.
a_pod() {
	pod=$RKT_DIR/pods/$2/$1
	mkdir -p "$RKT_DIR/pods/$2"
	mkdir -m 700 "$pod" "$pod/status"
	touch -d '2015-04-02 13:18:39.070 UTC' "$pod/lock"
	jq -nc "${3-$one}" >"$pod/run.json"
}

# dead_pid, live_pid: the file "pid" of a process that is gone; of one that
# lives, until the test's end kills it.
dead_pid() {
	echo '4194304 1' >"$pod/pid"
	touch -d '2015-04-02 13:19:00 UTC' "$pod/pid"
}

live_pid() {
	sleep 60 3>&- &
	process=$!
	echo "$process $(awk '{ print $22 }' "/proc/$process/stat")" >"$pod/pid"
	touch -d '2015-04-02 13:19:00 UTC' "$pod/pid"
}

hex=$(printf 'ab%.0s' {1..64})
one='{apps: [{name: "etcd", image: "coreos.com/etcd", version: "v2.0.4",
	id: "sha512-'$hex'"}], net: ["default"]}'
two='{apps: [{name: "etcd", image: "coreos.com/etcd", version: "v2.0.4",
	id: "sha512-'$hex'"}, {name: "side", image: "example.com/side",
	id: "sha512-'$hex'"}], net: ["host"]}'
A=0a2f0e9c-1111-4abc-8def-000000000001
B=0a2f0e9c-2222-4abc-8def-000000000002
C=5b000000-3333-4abc-8def-000000000003
D=5b000000-4444-4abc-8def-000000000004
export TZ=UTC

@test "pod-list: prints nothing, and a table its legend, when there is no pod" {
	run -0 --separate-stderr pod-list
	is ''
	run -0 --separate-stderr pod-list --table
	is $'UUID\tAPP\tIMAGE NAME\tSTATE\tCREATED\tSTARTED\tNETWORKS'
	run -0 --separate-stderr pod-list --table --no-legend
	is ''
	is '' "$stderr"
}

@test "pod-list: prints a record a pod, in the order of UUIDs" {
	a_pod $C prepared
	a_pod $A run "$two"
	dead_pid
	echo 7 >"$pod/status/side"
	a_pod $B exited-garbage
	dead_pid
	echo '{"networks":[{"name":"default","ifName":"eth0","ip4":"172.16.28.3"}]}' \
		>"$pod/net.json"
	run -0 --separate-stderr pod-list
	is '' "$stderr"
	is "{\"v\":1,\"pod\":{\"uuid\":\"$A\",\"state\":\"exited\",\"apps\":[{\"name\":\"etcd\",\"image\":\"coreos.com/etcd\",\"version\":\"v2.0.4\",\"id\":\"sha512-$hex\"},{\"name\":\"side\",\"image\":\"example.com/side\",\"id\":\"sha512-$hex\",\"status\":7}],\"networks\":[],\"created\":1427980719,\"started\":1427980740}}
{\"v\":1,\"pod\":{\"uuid\":\"$B\",\"state\":\"exited garbage\",\"apps\":[{\"name\":\"etcd\",\"image\":\"coreos.com/etcd\",\"version\":\"v2.0.4\",\"id\":\"sha512-$hex\"}],\"networks\":[{\"name\":\"default\",\"ifName\":\"eth0\",\"ip4\":\"172.16.28.3\"}],\"created\":1427980719,\"started\":1427980740}}
{\"v\":1,\"pod\":{\"uuid\":\"$C\",\"state\":\"prepared\",\"apps\":[{\"name\":\"etcd\",\"image\":\"coreos.com/etcd\",\"version\":\"v2.0.4\",\"id\":\"sha512-$hex\"}],\"networks\":[],\"created\":1427980719}}"
	run -0 pod-list -q
	is "$A
$B
$C"
}

@test "pod-list: the table has rkt's columns and tabs" {
	a_pod $C prepared
	touch -d '125 seconds ago' "$pod/lock"
	a_pod $A run "$two"
	live_pid
	touch -d '3 hours ago' "$pod/lock"
	touch -d '65 minutes ago' "$pod/pid"
	a_pod $B run
	dead_pid
	touch -d '15 days ago' "$pod/lock" "$pod/pid"
	echo '{"networks":[{"name":"default","ip4":"172.16.28.3"},{"name":"b","ip4":"10.1.0.2"}]}' \
		>"$pod/net.json"
	run -0 --separate-stderr pod-list --table
	is $'UUID\t\tAPP\tIMAGE NAME\t\tSTATE\t\tCREATED\t\tSTARTED\t\tNETWORKS
0a2f0e9c\tetcd\tcoreos.com/etcd:v2.0.4\trunning\t\t3 hours ago\t1 hour ago\t
\t\tside\texample.com/side\t\t\t\t\t\t\t
0a2f0e9c\tetcd\tcoreos.com/etcd:v2.0.4\texited\t\t2 weeks ago\t2 weeks ago\tdefault:ip4=172.16.28.3, b:ip4=10.1.0.2
5b000000\tetcd\tcoreos.com/etcd:v2.0.4\tprepared\t2 minutes ago\t\t\t'
}

@test "pod-list: --full shows whole UUIDs, image ids and times" {
	a_pod $A run
	dead_pid
	run -0 pod-list --table --full --no-legend
	is "$A"$'\tetcd\tcoreos.com/etcd:v2.0.4\tsha512-abababababab\texited\t2015-04-02 13:18:39.07 +0000 UTC\t2015-04-02 13:19:00 +0000 UTC\t'
	TZ=EST5EDT run -0 pod-list --table --full --no-legend
	matches '2015-04-02 09:18:39.07 -0400 EDT'
}

@test "pod-list: shows what prepare left and no embryos nor garbage" {
	a_pod $A embryo
	a_pod $B garbage
	a_pod $C prepare
	run -0 pod-list -q
	is $C
	run -0 pod-list --status $C
	is 'state=aborted prepare
created=2015-04-02 13:18:39.07 +0000 UTC'
	(
		python3 - "$pod/lock" <<-'END'
			import fcntl, struct, subprocess, sys
			lock = open(sys.argv[1], "r+")
			fcntl.fcntl(lock, 37, struct.pack("hhqqi4x", 1, 0, 0, 0, 0))
			subprocess.run(["pod-list", "--status", "5b"], check=True)
		END
	) >"$T/out"
	is 'state=preparing
created=2015-04-02 13:18:39.07 +0000 UTC' "$(cat "$T/out")"
}

@test "pod-list: --status tells of a pod that runs" {
	a_pod $A run
	live_pid
	echo '{"networks":[{"name":"default","ip4":"172.16.28.3"}]}' >"$pod/net.json"
	run -0 --separate-stderr pod-list --status $A
	is "state=running
created=2015-04-02 13:18:39.07 +0000 UTC
started=2015-04-02 13:19:00 +0000 UTC
networks=default:ip4=172.16.28.3
pid=$process
exited=false"
	is '' "$stderr"
}

@test "pod-list: --status tells of a pod that ended, with what its apps ended" {
	a_pod $A run "$two"
	dead_pid
	echo 0 >"$pod/status/etcd"
	echo 137 >"$pod/status/side"
	run -0 pod-list --status $A
	is 'state=exited
created=2015-04-02 13:18:39.07 +0000 UTC
started=2015-04-02 13:19:00 +0000 UTC
networks=
exited=true
app-etcd=0
app-side=137'
}

@test "pod-list: a process that only has the number of pod-init is not it" {
	a_pod $A run
	live_pid
	echo "$process 1" >"$pod/pid"
	run -0 pod-list --status $A
	matches '^state=exited'
}

@test "pod-list: takes any unambiguous beginning of a UUID" {
	a_pod $A prepared
	a_pod $B prepared
	a_pod $C prepared
	run -0 pod-list -q 5 0a2f0e9c-2
	is "$C
$B"
	run -64 --separate-stderr pod-list -q 0a2f
	is 'pod-list: "0a2f": ambiguous uuid, 2 matches' "$stderr"
	run -66 --separate-stderr pod-list --status ff
	is 'pod-list: no matches found for "ff"' "$stderr"
	is ''
}

@test "D2 uuid: what is no UUID opens nothing" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	a_pod $A prepared
	for word in '' . .. ../prepared / -- "../../pods/prepared/$A" "$A/" \
		"${A^^}" $'\n' "$(printf '%0300d' 0)"; do
		echo "<$word>"
		run -66 --separate-stderr strace -o "$T/trace" -e trace=file \
			pod-list -q -- "$word"
		is ''
		run -1 grep -F "$A" "$T/trace"
	done
	run -64 --separate-stderr pod-list -rf
}

@test "pod-list: wrong combinations of options are refused" {
	for options in '--full' '--no-legend' '--table --status x' '-q --table' \
		'--status' '--status a b' '--format=json'; do
		# shellcheck disable=SC2086
		run -64 --separate-stderr pod-list $options
		is ''
		matches 'usage: pod-list' "$stderr"
	done
}

@test "pod-list: a pod of which little can be read is still listed" {
	a_pod $A prepared
	rm "$pod/run.json"
	a_pod $B prepared
	echo '{"apps":7,"net"' >"$pod/run.json"
	a_pod $C run '{apps: [{}, 7], net: 7}'
	rm "$pod/lock"
	a_pod $D run '{net: ["default"]}'
	: >"$pod/net.json"
	run -0 --separate-stderr pod-list --table --no-legend
	matches "^pod-list: pod \"$B\": run.json: [^
]*
pod-list: pod \"$D\": net.json: [^
]*\$" "$stderr"
	is 5 "${#lines[@]}"
	matches $'^0a2f0e9c\t-\t-' "${lines[0]}"
	run -0 --separate-stderr pod-list
	is 4 "${#lines[@]}"
}

@test "D8 escape: what a pod's files hold does not reach the terminal raw" {
	a_pod $A run '{apps: [{name: "a\u001b[31m", image: "x\ny\u009b",
		version: "\u202e"}], net: ["default"]}'
	live_pid
	echo '{"networks":[{"name":"n\u001b]52;\u0007","ip4":"\r"}]}' \
		>"$pod/net.json"
	for mode in --table '--table --full' "--status $A"; do
		# shellcheck disable=SC2086
		run -0 pod-list $mode
		run -1 grep -P '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' \
			<<<"$output"
	done
}

@test "pod-list: takes no lock and changes nothing" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	a_pod $A run
	dead_pid
	before=$(snapshot "$RKT_DIR")
	run -0 strace -o "$T/trace" pod-list --table
	is "$before" "$(snapshot "$RKT_DIR")"
	run -1 grep -E 'F_(OFD_)?SETLK|O_CREAT|O_WRONLY|O_RDWR' "$T/trace"
}

@test "pod-list: a pod that others may not see is a refusal, not an empty list" {
	own=$(mktemp -d /tmp/own.XXXXXX)
	chmod 755 "$own"
	mkdir -m 700 "$own/pods"
	RKT_DIR=$own run -77 --separate-stderr setpriv --reuid 65534 \
		--regid 65534 --clear-groups pod-list
	is "pod-list: $own/pods: Permission denied" "$stderr"
}
