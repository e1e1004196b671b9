# SPDX-License-Identifier: Apache-2.0
# manifests - a table of manifests, and what is said of each
load helpers

@test "G5 B11 manifests: each wrong one is refused by its member's name" {
	local invalid valid wrong
	mkdir "$T/dir"
	run -0 --separate-stderr python3 "$TEST/manifests.py" \
		"$TEST/manifests.tsv" "$T/dir"
	read -r invalid valid wrong <<<"${lines[-1]}"
	test "$wrong" = 0 || {
		echo "$output"
		return 1
	}
	is '' "$stderr"
	test "$invalid" -ge 1000
	test "$valid" -ge 250
	# No row is there twice.
	is '' "$(sort "$TEST/manifests.tsv" | uniq -d | grep -v '^#')"
}

@test "G5 manifests: what aci-make --check refuses cas-put refuses" {
	local member
	mkdir "$T/root"
	for member in 'app.user = ""' 'labels[0].value = 1' 'name = "A"'; do
		mkaci -z none -x '["/x"]' -m ".$member" "$T/root" "$T/bad.aci"
		run -65 --separate-stderr put_aci "$T/bad.aci"
		is ''
		[[ $stderr == *"manifest: ${member%% =*}: "* ]]
	done
}
