# SPDX-License-Identifier: Apache-2.0
# aci-config - what the directories of configuration come to
load helpers

setup() {
	fresh
	export RKT_USER_CONF=$T/user
	mkdir -p "$RKT_USER_CONF" {"$RKT_USER_CONF","$RKT_CONF","$RKT_SYSTEM_CONF"}/{auth,registry}.d
}

# basic DIR NAME PASSWORD HOST...: a file of auth.d.
basic() {
	jq -n '{rktKind: "auth", rktVersion: "v1", domains: $ARGS.positional[1:],
		type: "basic", credentials: {user: "me",
		password: $ARGS.positional[0]}}' --args "${@:3}" \
		>"$1/auth.d/$2.json"
	chmod 600 "$1/auth.d/$2.json"
}

docker() {
	jq -n '{rktKind: "dockerAuth", rktVersion: "v1",
		registries: $ARGS.positional[1:], credentials: {user: "me",
		password: $ARGS.positional[0]}}' --args "${@:3}" \
		>"$1/auth.d/$2.json"
	chmod 600 "$1/auth.d/$2.json"
}

@test "rkt config: without a file there is the data directory" {
	run -0 --separate-stderr rkt config
	is '' "$stderr"
	is "{\"stage0\":[{\"rktKind\":\"paths\",\"rktVersion\":\"v1\",\"data\":\"$RKT_DIR\"}]}" \
		"$(jq -c . <<<"$output")"
	run -0 rkt --dir=/elsewhere config
	is /elsewhere "$(field '.stage0[0].data')"
}

@test "rkt config: of a host the first directory has the word" {
	basic "$RKT_SYSTEM_CONF" a system a.example.com b.example.com c.example.com
	basic "$RKT_CONF" z local b.example.com:443 d.example.com
	basic "$RKT_USER_CONF" m user C.example.com
	docker "$RKT_CONF" d docker a.example.com
	basic "$RKT_SYSTEM_CONF" gone system d.example.com
	run -0 --separate-stderr aci-config --credentials
	is '' "$stderr"
	is 'user auth C.example.com
docker dockerAuth a.example.com
local auth b.example.com:443 d.example.com
system auth a.example.com' "$(jq -r '.stage0[1:][] | [.credentials.password,
		.rktKind, (.domains // .registries)[]] | join(" ")' <<<"$output")"
}

@test "rkt config: mirrors of registries are part of it" {
	echo '{"rktKind":"registry","rktVersion":"v1","registries":["docker.io"],"mirrors":[{"location":"mirror.example.com"}]}' \
		>"$RKT_CONF/registry.d/m.json"
	run -0 rkt config
	is '["docker.io"]["mirror.example.com"]' "$(jq -c '.stage0[1] |
		.registries, [.mirrors[].location]' <<<"$output" | tr -d '\n')"
}

@test "rkt config: credentials are printed only when asked for" {
	basic "$RKT_CONF" a SECRET1 a.example.com
	docker "$RKT_CONF" b SECRET2 a.example.com
	jq -n '{rktKind: "auth", rktVersion: "v1", domains: ["t.example.com"],
		type: "oauth", credentials: {token: "SECRET3"}}' \
		>"$RKT_CONF/auth.d/c.json"
	chmod 600 "$RKT_CONF/auth.d/c.json"
	run -0 rkt config
	run -1 grep SECRET <<<"$output"
	is 5 "$(rkt config | grep -c '(hidden)')"
	is 3 "$(rkt config --credentials | grep -c SECRET)"
	is 3 "$(rkt config -credentials | grep -c SECRET)"
}

@test "rkt config: what would be refused when it is used is refused, by its file" {
	basic "$RKT_CONF" a x a.example.com
	chmod 644 "$RKT_CONF/auth.d/a.json"
	run -78 --separate-stderr aci-config
	is "aci-config: $RKT_CONF/auth.d/a.json: holds credentials, and others may read or change it" \
		"$stderr"
	is ''
	chmod 600 "$RKT_CONF/auth.d/a.json"
	basic "$RKT_CONF" b y A.example.com
	run -78 --separate-stderr aci-config
	is "aci-config: $RKT_CONF/auth.d/b.json: \"A.example.com\" is there twice" \
		"$stderr"
	for text in '{' '[]' '{"rktKind":"auth"}' \
		'{"rktKind":"stage1","rktVersion":"v1"}' \
		'{"rktKind":"auth","rktVersion":"v2","domains":["a"]}'; do
		printf '%s' "$text" >"$RKT_CONF/auth.d/b.json"
		run -254 --separate-stderr rkt config
		matches "^rkt: $RKT_CONF/auth.d/b.json: " "$stderr"
		is ''
	done
}
