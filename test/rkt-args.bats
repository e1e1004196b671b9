# SPDX-License-Identifier: Apache-2.0
# rkt-args - the command line of run, prepare and run-prepared: args.tsv says of
# each line what it makes of a pod, or why it is refused
load helpers

# An image with a port, APP in the table; variables, pod.json: files that it names.
setup() {
	fresh
	busybox_aci "$T/image.aci" -n example.com/app -z none -m \
		'.app.ports = [{name: "http", port: 80, protocol: "tcp"}]'
	id=$(put_aci "$T/image.aci")
	cd "$T" || return
	echo FROM=file >variables
	jq -nc --arg id "$id" '{acKind: "PodManifest", acVersion: "0.8.11",
		apps: [{name: "app", image: {id: $id}, app: {user: "0",
		group: "0", exec: ["/bin/true"]}}]}' >pod.json
	export INHERITED=yes
}

# files UUID: the pod's files, and the file that --uuid-file-save makes.
files() {
	local dir=$RKT_DIR/pods/prepared/$1
	jq -n --slurpfile pod "$dir/pod" --slurpfile run "$dir/run.json" \
		--arg uuid "$(cat uuid 2>/dev/null)" \
		'{pod: $pod[0], run: $run[0], uuid: $uuid}'
}

# row ARGUMENTS WANTED: is it so?
row() {
	local words uuid status=0
	eval "words=(${1//APP/example.com/app})"
	rm -f uuid
	uuid=$(pod-prepare -q -- "${words[@]}" 2>stderr) || status=$?
	case $2 in
	refused:*)
		test "$status" -ne 0 && test -z "$uuid" &&
			grep -Fqx "pod-prepare: ${2#refused: }" stderr
		;;
	*)
		test "$status" -eq 0 &&
			files "$uuid" | jq -e "$2" >stdout
		;;
	esac
}

@test "args: each line of the table makes the pod, or the refusal, that it should" {
	rows=0 bad=0
	while IFS=$'\t' read -r arguments wanted; do
		case $arguments in '#'*) continue ;; esac
		rows=$((rows + 1))
		row "$arguments" "$wanted" || {
			bad=$((bad + 1))
			printf '%s\n\twanted: %s\n' "$arguments" "$wanted"
			head -n 3 stderr
		}
	done <"$BATS_TEST_DIRNAME/args.tsv"
	is 0 "$bad"
	is 149 "$rows"
}

@test "run-prepared: what the table's last choice was can be said again" {
	uuid=$(pod-prepare -q --net --dns=1.2.3.4 --hostname=one example.com/app \
		-- 'cat /proc/sys/kernel/hostname /etc/hosts')
	is "$uuid" "$(pod-prepare --late --net=host "${uuid::8}" --dns=host \
		--hostname two --hosts-entry=10.1.2.3=there)"
	run -0 files "$uuid"
	is '["host"]["host"]"two"["10.1.2.3=there"]' \
		"$(jq -c '.run | .net, .dns, .hostname, .hosts' <<<"$output" |
			tr -d '\n')"
	run -0 rkt run-prepared --hostname=three "$uuid"
	matches '^three'
}

@test "run-prepared: without an option nothing of the pod is written" {
	uuid=$(pod-prepare -q example.com/app)
	before=$(snapshot "$RKT_DIR/pods")
	run -0 pod-prepare --late "$uuid"
	is "$before" "$(snapshot "$RKT_DIR/pods")"
}

@test "run-prepared: what a pod can no longer be told is refused" {
	uuid=$(pod-prepare -q --net --port=http:8080 example.com/app)
	before=$(snapshot "$RKT_DIR/pods")
	for word in --volume=v,kind=empty --set-env=A=1 --name=x --exec=/x \
		--port=http:81 --inherit-env --pod-manifest=pod.json; do
		run -64 --separate-stderr pod-prepare --late "$uuid" "$word"
		matches "^pod-prepare: unknown flag: ${word%%=*}" "$stderr"
	done
	for net in host none; do
		run -64 --separate-stderr pod-prepare --late --net=$net "$uuid"
		is "pod-prepare: --port flag does not work with '$net' networking" \
			"$stderr"
	done
	run -64 --separate-stderr pod-prepare --late "$uuid" "$uuid"
	matches "^pod-prepare: must provide one pod's UUID" "$stderr"
	run -64 --separate-stderr pod-prepare --late "$uuid" -- x
	run -66 --separate-stderr pod-prepare --late 0000
	is 'pod-prepare: no matches found for "0000"' "$stderr"
	is "$before" "$(snapshot "$RKT_DIR/pods")"
	two=$(pod-prepare -q example.com/app example.com/app --name=two)
	run -64 --separate-stderr pod-prepare --late "$two" --interactive
	is 'pod-prepare: interactive option only supports one image' "$stderr"
}

@test "run-prepared: a pod that is prepared or has ended is run, none that runs" {
	uuid=$(rkt prepare example.com/app -- true)
	run -0 rkt run-prepared "${uuid::8}"
	run -0 rkt run-prepared "$uuid"
	uuid=$(rkt run --detach example.com/app -- 'sleep 1000')
	run -254 --separate-stderr rkt run-prepared "$uuid"
	is "rkt: pod \"$uuid\" is not prepared" "$stderr"
	rkt stop --force "$uuid"
	run -254 --separate-stderr rkt run-prepared
	matches "must provide one pod's UUID" "$stderr"
}
