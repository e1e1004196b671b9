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
	is 'pod-list: ambiguous uuid, 2 matches' "$stderr"
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
		'--status' '--status a b' '--format=json' '--table --format=xml' \
		'--status --uuid-file=f x' '--uuid-file=f' '--wait x' \
		'--table --wait' '--status --manifest x' '--manifest --full x' \
		'--status --wait=never x' '--status --pretty-print x' \
		'--manifest --pretty-print=maybe x' --manifest '-fu'; do
		# shellcheck disable=SC2086
		run -64 --separate-stderr pod-list $options
		is ''
		matches 'usage: pod-list|^pod-list: --(wait|format): ' "$stderr"
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

@test "pod-list: --format=json has what rkt's has" {
	a_pod $A run "$two | .name = \"web\" | .net = [\"default\"]"
	dead_pid
	echo 3 >"$pod/status/side"
	touch -d '2015-04-02 13:20:00.5 UTC' "$pod/status/side"
	echo '{"networks":[{"name":"default","ifName":"eth0","ip4":"172.16.28.3"}]}' \
		>"$pod/net.json"
	jq -nc --arg id "sha512-$hex" '{acKind: "PodManifest",
		acVersion: "0.8.11", apps: [{name: "etcd", image: {id: $id},
		mounts: [{volume: "data", path: "/d"}, {volume: "own", path: "/o"}],
		app: {user: "0", group: "0", exec: ["/etcd"], userLabels: {a: "b"},
		userAnnotations: {c: "d"}}}], volumes: [{name: "data", kind: "host",
		source: "/srv", readOnly: true}, {name: "own", kind: "empty"}]}' \
		>"$pod/pod"
	touch -r "$pod/lock" "$pod/pod"
	run -0 --separate-stderr pod-list --table --format=json
	is '' "$stderr"
	is 1 "${#lines[@]}"
	is "$(jq -nS --arg id "sha512-$hex" --arg own "$pod/volumes/own" \
		--arg uuid $A '[{name: $uuid, pod_name: "web", state: "exited",
		networks: [{netName: "default", ifName: "eth0",
		ip: "172.16.28.3"}], app_names: ["etcd", "side"],
		created_at: 1427980719, started_at: 1427980740, apps: [
		{name: "etcd", state: "unknown", image_id: $id,
		created_at: 1427980719070000000, started_at: 1427980740000000000,
		user_labels: {a: "b"}, user_annotations: {c: "d"},
		mounts: [{name: "data", container_path: "/d", host_path: "/srv",
		read_only: true}, {name: "own", container_path: "/o",
		host_path: $own, read_only: false}]},
		{name: "side", state: "exited", image_id: $id, exit_code: 3,
		created_at: 1427980719070000000, started_at: 1427980740000000000,
		finished_at: 1427980800500000000}]}]')" "$(jq -S . <<<"$output")"
	is "$(pod-list --status --format=json $A)" \
		"$(jq -c '.[0]' <<<"$output")"
	run -0 pod-list --table --format=json-pretty
	test "${#lines[@]}" -gt 20
	is '[' "${lines[0]}"
	a_pod $B prepared
	a_pod $C run
	live_pid
	run -0 pod-list --table --format=json
	is '["unknown","exited","created","running"]' \
		"$(jq -c '[.[].apps[].state]' <<<"$output")"
}

@test "pod-list: no pod at all is an empty list" {
	run -0 pod-list --table --format=json
	is '[]'
}

@test "pod-list: a pod's own name stands behind what scripts count on" {
	a_pod $A prepared "$two | .name = \"web\""
	a_pod $C prepared
	run -0 --separate-stderr pod-list --table
	matches $'^UUID\t.*NETWORKS\tPOD NAME\n' "$output"
	matches $'^0a2f0e9c\tetcd\tcoreos.com/etcd:v2.0.4\tprepared\t.*\tweb$' \
		"${lines[1]}"
	run -0 pod-list
	is web "$(jq -rn 'first(inputs).pod.name' <<<"$output")"
}

@test "pod-list: --manifest is the pod's, as it is or for people" {
	a_pod $A run
	printf '{"acKind":"PodManifest",  "b":1,"a":[]}' >"$pod/pod"
	echo $A >"$T/uuid"
	run -0 pod-list --manifest --pretty-print=false 0a
	is '{"acKind":"PodManifest",  "b":1,"a":[]}'
	run -0 pod-list --manifest --uuid-file="$T/uuid"
	is '{
  "acKind": "PodManifest",
  "b": 1,
  "a": []
}'
	is "$output" "$(pod-list --manifest --pretty-print $A)"
	echo '{' >"$pod/pod"
	run -65 --separate-stderr pod-list --manifest $A
	matches "^pod-list: pod \"$A\": pod: " "$stderr"
	rm "$pod/pod"
	run -66 --separate-stderr pod-list --manifest $A
	is ''
}

@test "pod-list: --uuid-file names the pod" {
	a_pod $A prepared
	echo $A >"$T/uuid"
	run -0 pod-list --status --uuid-file "$T/uuid"
	matches '^state=prepared'
	is "$output" "$(pod-list -status -uuid-file="$T/uuid")"
	for text in '' 0a2f x$A $A$A "$(printf '%0999d' 0)" ../$A; do
		printf %s "$text" >"$T/uuid"
		run -66 --separate-stderr pod-list --status --uuid-file="$T/uuid"
		is "pod-list: uuid file $T/uuid: holds no UUID" "$stderr"
		is ''
	done
	run -66 --separate-stderr pod-list --status --uuid-file="$T/none"
	is "pod-list: uuid file $T/none: No such file or directory" "$stderr"
}

# later NAME COMMAND [ARG...]: in the background, its output in $T/NAME.
later() {
	"${@:2}" >"$T/$1" 2>"$T/$1.err" 3>&- 9>&- &
	waiter=$!
}

@test "pod-list: --wait ends when the pod has ended, and not before" {
	a_pod $A run
	live_pid
	later end pod-list --status --wait $A
	later limited pod-list --status --wait=1h 0a2f0e9c-1
	limited=$waiter
	run -75 --separate-stderr pod-list --status --wait=50ms $A
	is "pod-list: pod \"$A\" has not ended after 50ms" "$stderr"
	is ''
	jobs %% >/dev/null
	test ! -s "$T/end"
	kill "$process"
	wait_for test -s "$T/end"
	wait "$limited"
	is exited "$(sed -n 's/^state=//p' "$T/end")"
	is exited "$(sed -n 's/^state=//p' "$T/limited")"
	run -0 pod-list --status --wait $A
	run -0 pod-list --status --wait=0s $A
}

@test "pod-list: --wait follows a pod from its preparation to its end" {
	a_pod $A prepare
	mkdir -p "$RKT_DIR"/pods/{prepared,run,exited-garbage}
	exec 9<>"$pod/lock"
	python3 -c 'import fcntl, struct
fcntl.fcntl(9, 37, struct.pack("hhqqi4x", 1, 0, 0, 0, 0))'
	later ready pod-list --status --wait-ready $A
	later end pod-list --status --wait $A
	mv "$pod" "$RKT_DIR/pods/prepared/"
	run -75 pod-list --status --wait-ready=30ms $A
	pod=$RKT_DIR/pods/run/$A
	mv "$RKT_DIR/pods/prepared/$A" "$pod"
	run -75 --separate-stderr pod-list --status --wait-ready=30ms $A
	is "pod-list: pod \"$A\" is not ready after 30ms" "$stderr"
	test ! -s "$T/ready"
	sleep 60 3>&- 9>&- &
	process=$!
	echo "$process $(awk '{ print $22 }' "/proc/$process/stat")" >"$T/pid"
	mv "$T/pid" "$pod/pid"
	wait_for test -s "$T/ready"
	is running "$(sed -n 's/^state=//p' "$T/ready")"
	kill "$process"
	run -75 pod-list --status --wait=100ms $A
	test ! -s "$T/end"
	exec 9>&-
	wait_for test -s "$T/end"
	is exited "$(sed -n 's/^state=//p' "$T/end")"
}

@test "pod-list: --wait sleeps: it is woken, it does not ask" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	a_pod $A run
	live_pid
	later end strace -f -o "$T/trace" pod-list --status --wait $A
	wait_for grep -q 'poll(' "$T/trace"
	before=$(wc -l <"$T/trace")
	sleep 1
	is "$before" "$(wc -l <"$T/trace")"
	kill "$process"
	wait_for test -s "$T/end"
}

@test "pod-list: --wait tells of a pod that is removed meanwhile" {
	a_pod $A prepared
	later end pod-list --status --wait $A
	wait_for eval "grep -q inotify /proc/$waiter/fdinfo/*"
	rm -r "$pod"
	wait_for test -s "$T/end.err"
	is "pod-list: pod \"$A\": No such file or directory" "$(cat "$T/end.err")"
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
