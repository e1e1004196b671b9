# SPDX-License-Identifier: Apache-2.0
# pod-prepare - a pod of arguments and images, checked before it is made
load helpers

# image [MKACI-OPTION...]: in the store, from an almost empty root.
image() {
	test -d "$BATS_FILE_TMPDIR/root" || {
		mkdir -p "$BATS_FILE_TMPDIR/root/bin"
		echo hello >"$BATS_FILE_TMPDIR/root/bin/app"
	}
	mkaci -x '["/bin/app","first"]' "$@" "$BATS_FILE_TMPDIR/root" \
		"$T/image.aci"
	put_aci "$T/image.aci"
}

# prepare ARG...: sets $pod to the directory of a new pod.
prepare() {
	run -0 --separate-stderr pod-prepare -q "$@"
	matches "^$UUID\$"
	pod=$RKT_DIR/pods/prepared/$output
}

# in_pod FILTER: of the pod's manifest.
in_pod() {
	jq -c "$1" "$pod/pod"
}

# no_pods: nothing is left of any.
no_pods() {
	is '' "$(find "$RKT_DIR/pods" -mindepth 2 2>/dev/null)"
}

# refused STATUS MESSAGE ARG...: with one line, and nothing made.
refused() {
	run "-$1" --separate-stderr pod-prepare -q "${@:3}"
	is ''
	is "pod-prepare: $2" "$stderr"
	no_pods
}

@test "pod-prepare: makes the directory that rkt-pod(5) describes" {
	key=$(image)
	key=${key::71}
	run -0 --separate-stderr pod-prepare example.com/app:1.0
	is '' "$stderr"
	is 1 "$(field .v)"
	uuid=$(field .prepare.uuid)
	matches "^$UUID\$" "$uuid"
	pod=$(field .prepare.path)
	is "$RKT_DIR/pods/prepared/$uuid" "$pod"
	is "d700 .
d755 app.upper
d700 app.work
f600 container
f600 lock
f600 pod
f600 run.json
f444 $key.0
f444 $key.index
d700 status" "$(cd "$pod" && find . -printf '%y%m %P\n' | sed 's/ $/ ./' |
		sort -k 2)"
	test "$pod/container" -ef "$pod/pod"
	test "$pod/$key.0" -ef "$RKT_DIR/cas/blob/sha512/${key:7:2}/$key"
	test "$pod/$key.index" -ef "$RKT_DIR/cas/index/$key"
}

@test "pod-prepare: takes the images from records on stdin" {
	image
	image -n example.com/other
	pipe() {
		cas-store get "$@" |
			pod-prepare -q --records example.com/app example.com/other
	}
	run -0 --separate-stderr pipe example.com/app example.com/other
	matches "^$UUID\$"
	run -0 --separate-stderr pipe example.com/other example.com/app
	matches "^$UUID\$"
	is '["app","other"]' \
		"$(jq -c '[.apps[].name]' "$RKT_DIR/pods/prepared/$output/pod")"
}

@test "pod-prepare: demands records of exactly the images it is to use" {
	image
	image -n example.com/other
	cas-store get example.com/app example.com/other >"$T/both"
	rm -rf "$RKT_DIR/pods"
	run -65 --separate-stderr pod-prepare -q --records example.com/app \
		<"$T/both"
	is 'pod-prepare: example.com/other: record: no such image in the arguments' \
		"$stderr"
	run -66 --separate-stderr pod-prepare --records example.com/app \
		example.com/third < <(head -n 1 "$T/both")
	is 'pod-prepare: example.com/third: no record of this image' "$stderr"
	is '{"v":1,"error":{"step":"prepare","status":66}}'
	no_pods
}

@test "pod-prepare: refuses a record that names no image of a store" {
	image
	cas-store get example.com/app >"$T/record"
	for change in 'del(.store)' '.store.key = "../../x"' \
		'.store.key = "sha512-" + ("0" * 64)' '.store.id = "sha512-00"' \
		'.store.root.kind = "zip"' '.store.root.path = "relative"' \
		'.store.root.devices = ["x"]' '.store.manifest = 7' \
		'.store.root.devices = [range(2000) | "/x"]' 'del(.image)'; do
		echo "$change"
		run -65 --separate-stderr pod-prepare -q --records \
			example.com/app < <(jq -c "$change" "$T/record")
		matches '^pod-prepare: .*record: ' "$stderr"
		no_pods
	done
	run -66 --separate-stderr pod-prepare -q --records example.com/app \
		< <(jq -c '.store.missing = ["example.com/base"]' "$T/record")
	is 'pod-prepare: example.com/app: dependency example.com/base is not in the store' \
		"$stderr"
}

@test "pod-prepare: ends with 66, before anything is made, if an image is absent" {
	image
	run -66 --separate-stderr pod-prepare -q example.com/app \
		example.com/absent
	is ''
	matches 'example.com/absent' "$stderr"
	run -66 --separate-stderr pod-prepare -q --fetchable example.com/absent
	is ''
	is '' "$stderr"
	no_pods
}

@test "pod-prepare: --fetchable still says what is wrong but for absence" {
	image -m '.app.exec = []'
	run -64 --separate-stderr pod-prepare -q --fetchable example.com/app
	matches 'empty "exec"' "$stderr"
	run -1 --separate-stderr cas-store get -q sha512-00
	run -66 --separate-stderr pod-prepare -q --fetchable sha512-00
	is '' "$stderr"
}

@test "pod-prepare: --images prints the references and needs no store" {
	run -0 --separate-stderr pod-prepare --images --private-net \
		example.com/app:1,os=linux --name=x -- example.com/no --- \
		https://example.com/x.aci
	is "example.com/app:1,os=linux
https://example.com/x.aci"
	run -64 --separate-stderr pod-prepare --images $'example.com/a\nb'
	is 'pod-prepare: example.com/a\x0ab: a newline in it' "$stderr"
	run -0 ls -A "$RKT_DIR"
	is ''
}

@test "pod-prepare: wrong arguments are refused in rkt's words" {
	run -64 --separate-stderr pod-prepare
	matches '^pod-prepare: must provide at least one image' "$stderr"
	run -64 --separate-stderr pod-prepare --no-such=1 example.com/app
	matches '^pod-prepare: unknown flag: --no-such' "$stderr"
	run -64 --separate-stderr pod-prepare -rf example.com/app
	matches '^pod-prepare: unknown flag: --rf' "$stderr"
	run -64 --separate-stderr pod-prepare --exec=/bin/x example.com/app
	matches '^pod-prepare: --exec must follow an image' "$stderr"
	no_pods
}

@test "pod-prepare: appends arguments to exec, empty ones too" {
	image
	prepare example.com/app -- a '' '--' 'b c'
	is '["/bin/app","first","a","","--","b c"]' "$(in_pod '.apps[0].app.exec')"
}

@test "pod-prepare: --exec takes the place of the image's exec" {
	image
	prepare example.com/app --exec=/bin/other -- a
	is '["/bin/other","a"]' "$(in_pod '.apps[0].app.exec')"
}

@test "pod-prepare: an image without an app needs --exec, and runs as the caller" {
	image -m 'del(.app)'
	refused 64 'error: image example.com/app has no app section and --exec argument is not provided' \
		example.com/app
	prepare example.com/app --exec=/bin/sh
	is '[["/bin/sh"],"0","0"]' \
		"$(in_pod '.apps[0].app | [.exec, .user, .group]')"
}

@test "pod-prepare: an empty exec is refused" {
	image -m '.app.exec = []'
	refused 64 'image example.com/app has an empty "exec" (try --exec=BINARY)' \
		example.com/app
}

@test "pod-prepare: an image of another machine is refused" {
	image
	cas-store get example.com/app >"$T/record"
	jq '(.labels[] | select(.name == "arch")).value = "i386"' \
		"$(jq -r .store.manifest "$T/record")" >"$T/manifest"
	run -65 --separate-stderr pod-prepare -q --records example.com/app \
		< <(jq -c --arg m "$T/manifest" '.store.manifest = $m' "$T/record")
	matches '^pod-prepare: example.com/app: bad arch "i386"' "$stderr"
	no_pods
}

@test "pod-prepare: the environment's sources have the documented order" {
	image -m '.app.environment = [
		{name: "A", value: "image"}, {name: "B", value: "image"},
		{name: "C", value: "image"}, {name: "D", value: "image"},
		{name: "PATH", value: "/bin"}]'
	printf '%s\n' '# comment' '; comment' '' B=file C=file D=file 'E= x=y ' \
		>"$T/file"
	export A=caller F=caller RKT_CANARY=1
	prepare --inherit-env --set-env=C=set --set-env=D=set \
		--set-env-file="$T/file" example.com/app --environment=D=own
	is '{"A":"image","AC_APP_NAME":"app","B":"file","C":"set","D":"own","E":" x=y ","F":"caller","PATH":"/bin","container":"rkt"}' \
		"$(in_pod '.apps[0].app.environment | from_entries' |
			jq -cS '{A, AC_APP_NAME, B, C, D, E, F, PATH, container}')"
	is '[]' "$(in_pod '[.apps[0].app.environment[].name |
		select(startswith("RKT_"))]')"
}

@test "C18 environment: nothing of the caller's reaches the app unasked" {
	image
	for i in {1..50}; do
		export "CANARY_$i=1"
	done
	AC_APP_NAME=caller prepare example.com/app --environment=AC_APP_NAME=x
	is '["AC_APP_NAME=app","PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","container=rkt"]' \
		"$(in_pod '[.apps[0].app.environment[] | .name + "=" + .value] | sort')"
}

@test "pod-prepare: a bad environment file is named" {
	image
	printf 'A=1\nB\n' >"$T/line"
	printf 'A=1\nA=2\n' >"$T/twice"
	printf '1A=1\n' >"$T/name"
	printf 'A=\0\n' >"$T/nul"
	refused 65 "environment variable must be specified as name=value (file \"$T/line\")" \
		--set-env-file="$T/line" example.com/app
	refused 65 "environment variable \"A\" already set (file \"$T/twice\")" \
		--set-env-file="$T/twice" example.com/app
	refused 65 "$T/nul: a NUL byte in it" \
		--set-env-file="$T/nul" example.com/app
	refused 66 "$T/absent: No such file or directory" \
		--set-env-file="$T/absent" example.com/app
	run -65 --separate-stderr pod-prepare --set-env-file="$T/name" \
		example.com/app
	matches 'environment variable "1A"' "$stderr"
}

@test "pod-prepare: names an app after its image, or by --name" {
	image -n example.com/my_app.x
	prepare example.com/my_app.x
	is '"my-app-x"' "$(in_pod '.apps[0].name')"
	prepare --name=whole example.com/my_app.x --name=other
	is '"other"' "$(in_pod '.apps[0].name')"
	is '"whole"' "$(jq .name "$pod/run.json")"
	test -d "$pod/other.upper"
}

@test "pod-prepare: two apps of one name are refused" {
	image
	refused 64 'error: multiple apps with name app' \
		example.com/app example.com/app
	refused 64 'error: multiple apps with name app' \
		example.com/app --name=b example.com/app --name=app example.com/app
}

@test "pod-prepare: an image that two apps use is linked once" {
	image
	image -n example.com/other
	prepare example.com/app -- 1 --- example.com/app --name=two -- 2 --- \
		example.com/other
	is '["app","two","other"]' "$(in_pod '[.apps[].name]')"
	is '[["/bin/app","first","1"],["/bin/app","first","2"],["/bin/app","first"]]' \
		"$(in_pod '[.apps[].app.exec]')"
	run -0 find "$pod" -name '*.index'
	is 2 "${#lines[@]}"
}

@test "pod-prepare: options of an image override its manifest" {
	image -m '.app.user = "web" | .app.workingDirectory = "/a" |
		.app.supplementaryGIDs = [5]'
	prepare example.com/app --user=/bin/app --group=staff \
		--working-dir=/b --supplementary-gids=1,2 --readonly-rootfs \
		--annotation=example.com/a=1 --user-annotation=u=2 --user-label=l=3
	is '{"user":"/bin/app","group":"staff","workingDirectory":"/b","supplementaryGIDs":[1,2]}' \
		"$(in_pod '.apps[0].app | {user, group, workingDirectory, supplementaryGIDs}')"
	is '[true,[{"name":"example.com/a","value":"1"}],{"u":"2"},{"l":"3"}]' \
		"$(in_pod '.apps[0] | [.readOnlyRootFS, .annotations,
			.app.userAnnotations, .app.userLabels]')"
}

@test "pod-prepare: the pod's record of an image is whole" {
	key=$(image -l channel=beta)
	id=$(cas-store get "$key" | jq -r .store.id)
	is 135 "${#id}"
	prepare "${key::20}"
	is "{\"name\":\"example.com/app\",\"id\":\"$id\",\"labels\":{\"version\":\"1.0\",\"os\":\"linux\",\"arch\":\"amd64\",\"channel\":\"beta\"}}" \
		"$(in_pod '.apps[0].image | .labels |= from_entries')"
}

@test "pod-prepare: isolators of the arguments take the place of the image's" {
	image -m '.app.isolators = [
		{name: "resource/memory", value: {limit: "1G"}},
		{name: "os/linux/no-new-privileges", value: true},
		{name: "os/linux/capabilities-remove-set", value: {set: ["CAP_KILL"]}}]'
	prepare example.com/app --memory=16M --cpu=500m --cpu-shares=7 \
		--oom-score-adj=-3 --caps-retain=CAP_CHOWN,CAP_SETUID
	is '{"os/linux/no-new-privileges":true,"resource/memory":{"limit":"16M"},"resource/cpu":{"limit":"500m"},"os/linux/cpu-shares":7,"os/linux/oom-score-adj":-3,"os/linux/capabilities-retain-set":{"set":["CAP_CHOWN","CAP_SETUID"]}}' \
		"$(in_pod '.apps[0].app.isolators | map({(.name): .value}) | add')"
	test ! -e "$pod/app.bpf"
}

@test "pod-prepare: capabilities retained and removed at once are refused" {
	image -m '.app.isolators = [
		{name: "os/linux/capabilities-retain-set", value: {set: ["CAP_KILL"]}},
		{name: "os/linux/capabilities-remove-set", value: {set: ["CAP_KILL"]}}]'
	refused 65 'app app: os/linux/capabilities-retain-set: excludes os/linux/capabilities-remove-set' \
		example.com/app
}

@test "pod-prepare: a capability that nobody knows is refused" {
	image
	refused 65 'app app: os/linux/capabilities-remove-set: unknown capability "CAP_FLY"' \
		example.com/app --caps-remove=CAP_KILL,CAP_FLY
}

@test "pod-prepare: compiles an app's own system call set" {
	image -m '.app.isolators = [{name: "os/linux/seccomp-remove-set",
		value: {set: ["@rkt/default-blacklist", "chdir"], errno: "ENOSYS"}}]'
	prepare example.com/app example.com/app --name=all \
		--seccomp=mode=retain,@appc.io/all example.com/app \
		--name=default --seccomp=mode=remove,@appc.io/empty
	own=$(stat -c %s "$pod/app.bpf")
	test "$own" -gt 80 && test $((own % 8)) = 0
	is 0 "$(stat -c %s "$pod/all.bpf")"
	test ! -e "$pod/default.bpf"
}

@test "pod-prepare: a system call or errno that nobody knows is refused" {
	image
	refused 65 'app app: os/linux/seccomp-retain-set: unknown system call "fly"' \
		example.com/app --seccomp=mode=retain,read,fly
	refused 65 'app app: os/linux/seccomp-remove-set: unknown system call "@rkt/none"' \
		example.com/app --seccomp=mode=remove,@rkt/none
	refused 65 'app app: os/linux/seccomp-remove-set: unknown errno' \
		example.com/app --seccomp=mode=remove,errno=EFLY,read
}

@test "pod-prepare: a mount point without a volume gets an empty one, with a warning" {
	image -m '.app.mountPoints = [{name: "data", path: "/var//lib/./app/",
		readOnly: true}]'
	prepare example.com/app
	is 'pod-prepare: no volume specified for mount point "data", implicitly creating an "empty" volume. This volume will be removed when the pod is garbage-collected.' \
		"$stderr"
	is '[{"volume":"app-data","path":"/var/lib/app"}]' \
		"$(in_pod '.apps[0].mounts')"
	is '[{"name":"data","path":"/var/lib/app","readOnly":true}]' \
		"$(in_pod '.apps[0].app.mountPoints')"
	is '["app-data","empty"]' "$(in_pod '.volumes[0] | [.name, .kind]')"
	is 755 "$(stat -c %a "$pod/volumes/app-data")"
}

@test "pod-prepare: mounts come from the app, then the pod, then by name" {
	image -m '.app.mountPoints = [{name: "data", path: "/data"},
		{name: "logs", path: "/logs"}]'
	mkdir "$T/host"
	prepare --volume=v1,kind=empty --volume=v2,kind=empty \
		"--volume=logs:$T/host" --mount=volume=v1,target=/data \
		--mount=volume=v1,target=/all example.com/app \
		--mount=volume=v2,target=//data/
	is '' "$stderr"
	is '[["v2","/data"],["v1","/all"],["logs","/logs"]]' \
		"$(in_pod '[.apps[0].mounts[] | [.volume, .path]]')"
	is "[\"host\",\"$T/host\"]" \
		"$(in_pod '.volumes[] | select(.name == "logs") | [.kind, .source]')"
}

@test "pod-prepare: empty volumes have their mode and owner" {
	image
	prepare --volume=v,kind=empty,mode=1770,uid=7,gid=8 example.com/app \
		--mount=volume=v,target=/v
	is '1770 7:8' "$(stat -c '%a %u:%g' "$pod/volumes/v")"
}

@test "C20 volume: a source that is absent or a symbolic link is refused" {
	image
	ln -s /etc "$T/link"
	refused 66 "volume \"v\": $T/absent: No such file or directory" \
		"--volume=v,kind=host,source=$T/absent" example.com/app
	refused 65 "volume \"v\": $T/link: a symbolic link" \
		"--volume=v,kind=host,source=$T/link" example.com/app
}

@test "C20 volume: equal targets, dangling mounts and .. are refused" {
	image -m '.app.mountPoints = [{name: "a", path: "/x"},
		{name: "b", path: "/x/"}]'
	image -n example.com/plain
	volumes=("--volume=a,kind=empty" "--volume=b,kind=empty")
	refused 65 'app app: two volumes for mount target "/x"' \
		"${volumes[@]}" example.com/app
	refused 65 'app plain: two volumes for mount target "/x"' \
		"${volumes[@]}" example.com/plain \
		--mount=volume=a,target=/x --mount=volume=b,target=/./x
	refused 65 'dangling mount point "/x": volume "c" not found' \
		"${volumes[@]}" example.com/plain --mount=volume=c,target=/x
	refused 65 'app plain: mount target "/x/../../etc" is not a plain absolute path' \
		"${volumes[@]}" example.com/plain \
		--mount=volume=a,target=/x/../../etc
}

@test "pod-prepare: ports must be one app's, and one on the host" {
	image -m '.app.ports = [{name: "web", port: 80, protocol: "tcp"},
		{name: "tls", port: 443, protocol: "tcp"}]'
	refused 64 'port name "nope" could not be found in any apps' \
		--private-net --port=nope:8080 example.com/app
	refused 64 'port name "web" defined multiple apps' \
		--private-net --port=web:8080 example.com/app example.com/app --name=b
	refused 64 'port tcp-127.0.0.1:8080 already mapped to pod port 80' \
		--private-net --port=web:8080 --port=tls:127.0.0.1:8080 example.com/app
	prepare --private-net --port=web:127.0.0.1:8080 --port=tls:8443 \
		example.com/app
	is '[["web","127.0.0.1",8080],["tls",null,8443]]' \
		"$(in_pod '[.ports[] | [.name, .hostIP, .hostPort]]')"
}

@test "pod-prepare: network, terminal and names go into run.json" {
	image
	prepare example.com/app
	is "{\"net\":[\"host\"],\"interactive\":false,\"detach\":false,\"hostname\":\"rkt-${pod##*/}\"}" \
		"$(jq -c 'del(.apps)' "$pod/run.json")"
	is '[{"name":"app","image":"example.com/app","version":"1.0"}]' \
		"$(jq -c '.apps | map(del(.id))' "$pod/run.json")"
	prepare --private-net --interactive --hostname=box --dns=192.0.2.1 \
		--dns-search=example.com --hosts-entry=192.0.2.2=db \
		--no-overlay example.com/app
	is '{"net":["default"],"interactive":true,"detach":false,"hostname":"box","noOverlay":true,"dns":["192.0.2.1"],"dnsSearch":["example.com"],"hosts":["192.0.2.2=db"]}' \
		"$(jq -c 'del(.apps)' "$pod/run.json")"
}

@test "pod-prepare: --pod-manifest takes apps by id or name, and completes them" {
	image -m '.app.mountPoints = [{name: "data", path: "/data"}]'
	id=$(cas-store get example.com/app | jq -r .store.id)
	jq -n --arg id "$id" '{acKind: "PodManifest", acVersion: "0.8.11",
		apps: [{name: "one", image: {id: $id}},
			{name: "two", image: {name: "example.com/app",
				labels: [{name: "version", value: "1.0"}]},
			app: {exec: ["/x"], user: "1", group: "2"},
			mounts: [{volume: "shared", path: "/y"}]}],
		volumes: [{name: "shared", kind: "empty"}]}' >"$T/pod"
	prepare --pod-manifest="$T/pod"
	is "[\"$id\",\"$id\"]" "$(in_pod '[.apps[].image.id]')"
	is '[["/bin/app","first"],["/x"]]' "$(in_pod '[.apps[].app.exec]')"
	is '[["one-data"],["shared"]]' "$(in_pod '[.apps[] | [.mounts[].volume]]')"
	run -0 --separate-stderr pod-prepare --images --pod-manifest="$T/pod"
	is "$id
example.com/app,version=1.0"
	run -64 --separate-stderr pod-prepare --pod-manifest="$T/pod" example.com/app
	matches 'conflicting flags set with --pod-manifest' "$stderr"
	echo '{}' >"$T/pod"
	run -65 --separate-stderr pod-prepare --pod-manifest="$T/pod"
	run -66 --separate-stderr pod-prepare --pod-manifest="$T/absent"
}

@test "pod-prepare: --uuid-file-save holds the UUID, or nothing is left" {
	image
	prepare --uuid-file-save="$T/uuid" example.com/app
	is "${pod##*/}" "$(cat "$T/uuid")"
	rm -r "$RKT_DIR/pods"
	refused 73 "$T/no/uuid: No such file or directory" \
		--uuid-file-save="$T/no/uuid" example.com/app
}

@test "pod-prepare: works with unpacked trees" {
	mount -t tmpfs tmpfs "$RKT_DIR"
	key=$(image)
	key=${key::71}
	prepare example.com/app
	test "$pod/$key.tree" -ef "$RKT_DIR/cas/tree/$key/marker"
	rm -r "$RKT_DIR/pods"
	cas-store get example.com/app >"$T/record"
	mv "$RKT_DIR/cas/tree/$key/rootfs" "$RKT_DIR/cas/tree/$key/gone"
	run -66 --separate-stderr pod-prepare -q --records example.com/app \
		<"$T/record"
	is 'pod-prepare: example.com/app: no longer in the store' "$stderr"
	no_pods
}

@test "pod-prepare: an image that leaves the store meanwhile is refused cleanly" {
	key=$(image)
	cas-store get example.com/app >"$T/record"
	rm "$RKT_DIR/cas/index/${key::71}"
	run -66 --separate-stderr pod-prepare -q --records example.com/app \
		<"$T/record"
	is 'pod-prepare: example.com/app: no longer in the store' "$stderr"
	is ''
	no_pods
}

@test "pod-prepare: pods on another file system than the store are refused" {
	image
	mkdir -m 700 "$RKT_DIR/pods"
	mount -t tmpfs -o mode=700 tmpfs "$RKT_DIR/pods"
	refused 73 'example.com/app: the store and the pods are on two file systems' \
		example.com/app
}

@test "pod-prepare: a UUID that cannot be told is no pod" {
	image
	run -74 --separate-stderr sh -c \
		'pod-prepare -q example.com/app >/dev/full'
	matches '^pod-prepare: stdout: No space left' "$stderr"
	no_pods
}

@test "pod-prepare: leaves nothing behind whichever call fails" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	image -m '.app.mountPoints = [{name: "data", path: "/data"}]'
	cas-store get example.com/app >"$T/record"
	for call in mkdirat linkat renameat2 write fcntl; do
		for ((n = 1; n < 12; n++)); do
			status=0
			# The first two of write are a warning, fcntl's of start.
			strace -o "$T/trace" -e "inject=$call:error=ENOSPC:when=$n" \
				pod-prepare -q --records --uuid-file-save="$T/uuid" \
				example.com/app <"$T/record" >"$T/out" 2>"$T/err" ||
				status=$?
			test "$status" != 0 || rm -r "$RKT_DIR"/pods/prepared/*
			grep -q INJECTED "$T/trace" || break
			echo "$call $n: $status"
			no_pods
			test "$call" = write || test "$call" = fcntl ||
				test "$status" = 73 || test "$status" = 74
		done
		test "$n" -gt 1
	done
}

@test "pod-prepare: killed at any call, it leaves an embryo or a pod in prepare" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	image
	cas-store get example.com/app >"$T/record"
	for call in mkdirat:1 mkdirat:2 mkdirat:5 linkat:1 linkat:2 linkat:3 \
		renameat2:1 renameat2:2; do
		strace -o "$T/trace" \
			-e "inject=${call%:*}:signal=KILL:when=${call#*:}" \
			pod-prepare -q --records example.com/app <"$T/record" || :
		grep -q 'killed by SIGKILL' "$T/trace"
		test ! -e "$RKT_DIR/pods/prepared" ||
			rmdir "$RKT_DIR/pods/prepared"
		run pod-list
		for line in "${lines[@]}"; do
			is 'aborted prepare' "$(field .pod.state "$line")"
		done
		rm -rf "$RKT_DIR"/pods/*/*
	done
}

@test "pod-prepare: syncs nothing" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	image
	run -0 strace -f -o "$T/trace" pod-prepare -q example.com/app
	run -1 grep -E 'sync|fdatasync' "$T/trace"
}

@test "pod-prepare: needs no root in a directory of one's own" {
	image
	own=$(mktemp -d /tmp/own.XXXXXX)
	cas-store get example.com/app | sed "s,$RKT_DIR/,$own/,g" >"$T/record"
	cp -a "$RKT_DIR/cas" "$own"
	chown -R 65534:65534 "$own"
	RKT_DIR=$own
	run -0 --separate-stderr setpriv --reuid 65534 --regid 65534 \
		--clear-groups pod-prepare -q --records example.com/app <"$T/record"
	is 65534 "$(stat -c %u "$RKT_DIR/pods/prepared/$output/pod")"
}

@test "pod-prepare: 5,000 volumes and 128 KiB of environment fit" {
	image
	args=()
	for ((i = 0; i < 5000; i++)); do
		args+=("--volume=v$i,kind=host,source=/tmp")
	done
	prepare "${args[@]}" "--set-env=BIG=$(printf '%0130000d' 0)" \
		example.com/app --mount=volume=v4999,target=/x
	is 5000 "$(in_pod '.volumes | length')"
}

# stubs NAME...: in a directory with pod-prepare, and each says what it is
# told, and which signals it ignores.
stubs() {
	mkdir -p "$T/bin"
	cp "$RKT_BIN/pod-prepare" "$T/bin"
	for name; do
		printf '#!/bin/sh\nprintf "%%s\\n" "${0##*/}" "$@"\n%s\n' \
			'grep SigIgn /proc/self/status' >"$T/bin/$name"
		chmod +x "$T/bin/$name"
	done
}

@test "pod-prepare: --start becomes the pod, by pod-netns if it has a network" {
	image
	stubs pod-netns pod-enter
	ignored=$(grep SigIgn /proc/self/status)
	run -0 --separate-stderr "$T/bin/pod-prepare" --start example.com/app
	uuid=$(ls "$RKT_DIR/pods/prepared")
	is "pod-enter
--fail-status=125
$uuid
$ignored"
	rm -r "$RKT_DIR/pods/prepared/$uuid"
	run -0 "$T/bin/pod-prepare" --start --fail-status=9 --net=none \
		example.com/app
	uuid=$(ls "$RKT_DIR/pods/prepared")
	is "pod-netns
--fail-status=9
$uuid
pod-enter
--fail-status=9
$uuid
$ignored"
	run -0 "$T/bin/pod-prepare" --start --private-users=no example.com/app
	matches '^pod-netns' "$output"
}

@test "pod-prepare: --else becomes who fetches, with all words as they were" {
	image
	stubs pod-enter
	ignored=$(grep SigIgn /proc/self/status)
	run -0 --separate-stderr "$T/bin/pod-prepare" --start \
		--else pod-enter --word ' ' -- --net=none example.com/absent \
		-- 'a  b' '' --- example.com/app
	is '' "$stderr"
	is "pod-enter
--word

--net=none
example.com/absent
--
a  b

---
example.com/app
$ignored" "$(sed 's/^ $//' <<<"$output")"
	no_pods
	run -127 --separate-stderr "$T/bin/pod-prepare" --start --else \
		"$T/nobody" -- example.com/absent
	is "pod-prepare: $T/nobody: No such file or directory" "$stderr"
	run -0 "$T/bin/pod-prepare" --start --else /bin/false -- example.com/app
	matches '^pod-enter' "$output"
}

@test "pod-prepare: with --fail-status every failure ends so" {
	image -m '.app.exec = []'
	run -9 --separate-stderr pod-prepare --start --fail-status=9 \
		example.com/app
	is '' "$output"
	matches 'empty "exec"' "$stderr"
	run -9 --separate-stderr pod-prepare --start --fail-status=9 \
		example.com/absent
	is 'pod-prepare: example.com/absent: not in the store' "$stderr"
	run -9 --separate-stderr pod-prepare --start --fail-status=9 --no-such
	RKT_DIR=$T/absent/dir run -9 --separate-stderr pod-prepare --start \
		--fail-status=9 example.com/app
	for bad in 0 256 x ''; do
		run -125 --separate-stderr pod-prepare --start \
			--fail-status="$bad" example.com/app
		matches 'pod-prepare: --fail-status: not a number from 1 to 255' \
			"$stderr"
	done
	no_pods
}

@test "pod-prepare: --start and --else that make no sense are wrong usage" {
	for words in '--else x -- example.com/app' '--start --else x' \
		'--start --else -- example.com/app' \
		'--start --records example.com/app' \
		'--start --images example.com/app' '--start --late 00'; do
		echo "$words"
		# shellcheck disable=SC2086
		run --separate-stderr pod-prepare --fail-status=9 $words
		matches '^pod-prepare: --(else|start): ' "$stderr"
		test "$status" = 9
	done
	no_pods
}

@test "pod-prepare: --uuid-file-save writes to what is there, and removes only its own" {
	image
	ln -s /dev/full "$T/full"
	run -74 pod-prepare -q --uuid-file-save="$T/full" example.com/app
	test -L "$T/full"
	seq 100 >"$T/old"
	prepare --uuid-file-save="$T/old" example.com/app
	is "$output" "$(cat "$T/old")"
	mkfifo "$T/fifo"
	cat "$T/fifo" >"$T/said" &
	prepare --uuid-file-save="$T/fifo" example.com/app
	wait
	is "$output" "$(cat "$T/said")"
	ln -s made "$T/link"
	prepare --uuid-file-save="$T/link" example.com/app
	is "$output" "$(cat "$T/made")"
	rm -r "$RKT_DIR"/pods/prepared/*
	for file in old new; do
		run -74 sh -c 'exec pod-prepare -q --uuid-file-save="$1" \
			example.com/app >/dev/full' sh "$T/$file"
		no_pods
	done
	test -f "$T/old"
	test ! -e "$T/new"
}

@test "pod-prepare: -- ends its own options, as rkt prepare and rkt run say it" {
	image
	prepare -- example.com/app
	for word in --start --images --late --records --fail-status=7 \
		--else=x --fetchable; do
		run -64 --separate-stderr pod-prepare -q -- $word example.com/app
		matches "^pod-prepare: unknown flag: ${word%%=*}" "$stderr"
		for verb in prepare run; do
			run -254 --separate-stderr rkt $verb $word example.com/app
			matches "^rkt: unknown flag: ${word%%=*}" "$stderr"
		done
	done
	is "$pod" "$(find "$RKT_DIR/pods" -mindepth 2 -maxdepth 2)"
}

@test "rkt prepare: whose UUID nobody can read leaves no pod" {
	image
	run -254 --separate-stderr sh -c 'exec rkt prepare example.com/app >/dev/full'
	is 'rkt: stdout: No space left on device' "$stderr"
	no_pods
}

@test "rkt run: without the programs that start a pod, it leaves none" {
	image
	mkdir "$T/bin"
	cp "$BIN"/{rkt,pod-prepare} "$T/bin"
	for net in host none; do
		PATH=/usr/bin:/bin run -254 --separate-stderr "$T/bin/rkt" run \
			--net=$net example.com/app
		matches '^rkt: pod-(enter|netns): No such file or directory' "$stderr"
		no_pods
	done
}

@test "pod-prepare: a limit of the sizes of files is an error like another" {
	image
	for verb in prepare run; do
		run -0 sh -c '{ (ulimit -f 0; exec rkt "$@"); echo $?; } 2>&1 |
			cat' sh $verb example.com/app
		matches 'File too large' "${lines[0]}"
		is 254 "${lines[1]}"
		no_pods
	done
}

@test "pod-prepare: the first pod makes the places of all, for a disk that is full later" {
	image
	mkdir -p "$RKT_DIR/pods/garbage" # as an earlier version left it
	prepare example.com/app
	is 'embryo exited-garbage garbage prepare prepared run' \
		"$(find "$RKT_DIR/pods" -mindepth 1 -maxdepth 1 -printf '%f\n' |
			sort | xargs)"
}
