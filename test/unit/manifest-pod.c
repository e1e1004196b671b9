/* SPDX-License-Identifier: Apache-2.0 */
/* manifest-pod - test of lib/manifest-pod and volume */

#include "rows.h"

#define ID16  "0123456789abcdef"
#define ID128 ID16 ID16 ID16 ID16 ID16 ID16 ID16 ID16
#define RUN   "{'exec':['/a'],'user':'0','group':'0'}"

static const struct row pods[] = {
	{ "'apps':[]", NULL },
	{ "'x':1", NULL },
	{ "'apps':[{'name':'a','image':{'id':'sha512-00'}}]", NULL },
	{ "'apps':[{'name':'a','image':{'name':'example.com/a'}}]", NULL },
	{ "'apps':[{'name':'a','image':{'id':'sha512-" ID128
	  "','name':'example.com/"
	  "a','labels':[{'name':'version','value':'1'}]},'app':" RUN
	  ",'readOnlyRootFS':true,'annotations':[{'name':'x','value':'y'}]}]",
	    NULL },
	{ "'apps':[{'name':'a','image':{'name':'x'}},{'name':'b','image':{'"
	  "name':'x'}}]",
	    NULL },
	{ "'apps':[{'name':'a','image':{'name':'x'},'app':null,'mounts':null}]",
	    NULL },
	{ "'apps':{}", "apps: is not a list" },
	{ "'apps':[[]]", "apps[0]: is not an object" },
	{ "'apps':[{}]", "apps[0].name: is missing" },
	{ "'apps':[{'name':'a'}]", "apps[0].image: is missing" },
	{ "'apps':[{'name':'a','image':'x'}]",
	    "apps[0].image: is not an object" },
	{ "'apps':[{'name':'a','image':{}}]",
	    "apps[0].image: has neither an id nor a name" },
	{ "'apps':[{'name':'a.b','image':{'name':'x'}}]",
	    "apps[0].name: 'a.b' may hold only a-z, 0-9 and -" },
	{ "'apps':[{'name':'..','image':{'name':'x'}}]",
	    "apps[0].name: '..' may hold only a-z, 0-9 and -" },
	{ "'apps':[{'name':'a','image':{'name':'x'}},{'name':'a','image':{'"
	  "name':'y'}}]",
	    "apps[1].name: 'a' is there twice" },
	{ "'apps':[{'name':'a','image':{'name':'X'}}]",
	    "apps[0].image.name: 'X' may hold only a-z, 0-9 and -._~/" },
	{ "'apps':[{'name':'a','image':{'id':'sha256-00'}}]",
	    "apps[0].image.id: 'sha256-00' is a sha256 id: ids are sha512 "
	    "since 0.2" },
	{ "'apps':[{'name':'a','image':{'id':'sha512-../x'}}]",
	    "apps[0].image.id: 'sha512-../x' is an image id that is not "
	    "lower-case hexadecimal" },
	{ "'apps':[{'name':'a','image':{'id':'sha512-" ID128 "0'}}]",
	    "apps[0].image.id: 'sha512-" ID16 ID16 ID16
	    "012345678...' is an image id that is too long" },
	{ "'apps':[{'name':'a','image':{'name':'x','labels':[{'name':'os','"
	  "value':'plan9'}]}}]",
	    "apps[0].image.labels: bad os 'plan9' (must be one of: [darwin "
	    "freebsd linux])" },
	{ "'apps':[{'name':'a','image':{'name':'x'},'app':{'group':'0'}}]",
	    "apps[0].app.user: is missing" },
	{ "'apps':[{'name':'a','image':{'name':'x'},'app':[]}]",
	    "apps[0].app: is not an object" },
	{ "'apps':[{'name':'a','image':{'name':'x'},'readOnlyRootFS':'yes'}]",
	    "apps[0].readOnlyRootFS: is neither true nor false" },
	{ "'apps':[{'name':'a','image':{'name':'x'},'annotations':[{'name':'x'}"
	  "]}]",
	    "apps[0].annotations[0].value: is missing" },

	{ "'apps':[{'app':'example.com/reduce-worker-1.0.0'}]", NULL },
	{ "'apps':[{'name':'w','app':'example.com/w','imageID':'sha512-00'}]",
	    NULL },
	{ "'apps':[{'app':'example.com/w','isolators':[]}]", NULL },
	{ "'apps':[{'app':'example.com/W'}]",
	    "apps[0].app: 'example.com/W' may hold only a-z, 0-9 and -._~/" },
	{ "'apps':[{'app':'a','imageID':'sha256-00'}]",
	    "apps[0].imageID: 'sha256-00' is a sha256 id: ids are sha512 since "
	    "0.2" },
	{ "'apps':[{'app':'x/a'},{'app':'y/a'}]",
	    "apps[1].name: 'a' is there twice" },
	{ "'apps':[{'app':'a','isolators':[{'name':'memory/"
	  "limit','val':'1G'}]}]",
	    "apps[0].isolators: can only be in the image or in an app object" },

	{ "'isolators':[{'name':'resource/memory','value':{'limit':'4G'}}]",
	    NULL },
	{ "'isolators':[{'name':'os/unix/"
	  "sysctl','value':{'net.ipv4.tcp_fin_timeout':'6'}}]",
	    NULL },
	{ "'isolators':[{'name':'resource/memory','value':{'limit':'4X'}}]",
	    "isolators[0].value.limit: '4X' is not a quantity" },
	{ "'annotations':[{'name':'ip-address','value':'10.1.2.3'}],'"
	  "userAnnotations':{'a':'b'},'userLabels':{'c':'d'}",
	    NULL },
	{ "'annotations':[{'name':'created','value':'x'}]",
	    "annotations.created: 'x' is not a date YYYY-MM-DDThh:mm:ssZ" },
	{ "'userLabels':{'c':1}", "userLabels.c: is not a string" },

	{ "'ports':[{'name':'http','hostPort':8080}]", NULL },
	{ "'ports':[{'name':'a','hostPort':1,'hostIP':'127.0.0.1'},{'name':'a',"
	  "'hostPort':2,'hostIP':'::1'}]",
	    NULL },
	{ "'ports':[{'name':'a','hostPort':65535,'podPort':{'name':'a','port':"
	  "53,'protocol':'udp','count':2,'socketActivated':true}}]",
	    NULL },
	{ "'ports':[{'hostPort':1}]", "ports[0].name: is missing" },
	{ "'ports':[{'name':'a'}]", "ports[0].hostPort: is missing" },
	{ "'ports':[{'name':'a','hostPort':0}]",
	    "ports[0].hostPort: 0 is not from 1 to 65535" },
	{ "'ports':[{'name':'a','hostPort':70000}]",
	    "ports[0].hostPort: 70000 is not from 1 to 65535" },
	{ "'ports':[{'name':'a','hostPort':1,'hostIP':'localhost'}]",
	    "ports[0].hostIP: 'localhost' is not an IP address" },
	{ "'ports':[{'name':'a','hostPort':1,'hostIP':''}]",
	    "ports[0].hostIP: is not an IP address" },
	{ "'ports':[{'name':'a','hostPort':1,'podPort':80}]",
	    "ports[0].podPort: is not an object" },
	{ "'ports':[{'name':'a','hostPort':1,'podPort':{'name':'a'}}]",
	    "ports[0].podPort.port: is missing" },
};

static const struct row volumes[] = {
	{ "'name':'v','kind':'empty'", NULL },
	{ "'name':'v','kind':'empty','mode':'1777','uid':1000,'gid':0,'"
	  "readOnly':true",
	    NULL },
	{ "'name':'v','kind':'empty','source':''", NULL },
	{ "'name':'v','kind':'host','source':'/srv'", NULL },
	{ "'name':'v','kind':'host','source':'/"
	  "srv','readOnly':false,'recursive':true",
	    NULL },
	{ "'kind':'host','source':'/srv','fulfills':['v']", NULL },
	{ "'kind':'empty'", "volumes[0].name: is missing" },
	{ "'name':'v'", "volumes[0].kind: is missing" },
	{ "'name':'v','kind':'tmpfs'",
	    "volumes[0].kind: 'tmpfs' is neither host nor empty" },
	{ "'name':'v','kind':''",
	    "volumes[0].kind: is neither host nor empty" },
	{ "'name':'v','kind':1", "volumes[0].kind: is not a string" },
	{ "'name':'V','kind':'empty'",
	    "volumes[0].name: 'V' may hold only a-z, 0-9 and -" },
	{ "'name':'../v','kind':'empty'",
	    "volumes[0].name: '../v' may hold only a-z, 0-9 and -" },
	{ "'name':'v','kind':'host'",
	    "volumes[0]: source for host volume cannot be empty" },
	{ "'name':'v','kind':'host','source':'srv'",
	    "volumes[0]: source for host volume must be absolute path" },
	{ "'name':'v','kind':'host','source':'/a\\nb'",
	    "volumes[0]: source for host volume has a control character or is "
	    "too long" },
	{ "'name':'v','kind':'host','source':'/a','mode':'0755'",
	    "volumes[0]: mode, uid and gid are for empty volumes only" },
	{ "'name':'v','kind':'host','source':'/a','uid':0",
	    "volumes[0]: mode, uid and gid are for empty volumes only" },
	{ "'name':'v','kind':'host','source':'/a','gid':1",
	    "volumes[0]: mode, uid and gid are for empty volumes only" },
	{ "'name':'v','kind':'empty','source':'/a'",
	    "volumes[0]: source for empty volume must be empty" },
	{ "'name':'v','kind':'empty','recursive':true",
	    "volumes[0]: recursive is for host volumes only" },
	{ "'name':'v','kind':'empty','mode':'755x'",
	    "volumes[0].mode: '755x' is not an octal mode" },
	{ "'name':'v','kind':'empty','mode':'0o755'",
	    "volumes[0].mode: '0o755' is not an octal mode" },
	{ "'name':'v','kind':'empty','mode':'10000'",
	    "volumes[0].mode: '10000' is not an octal mode" },
	{ "'name':'v','kind':'empty','mode':'-1'",
	    "volumes[0].mode: '-1' is not an octal mode" },
	{ "'name':'v','kind':'empty','mode':''",
	    "volumes[0].mode: is not an octal mode" },
	{ "'name':'v','kind':'empty','mode':493",
	    "volumes[0].mode: is not a string" },
	{ "'name':'v','kind':'empty','uid':-1",
	    "volumes[0].uid: -1 is not from 0 to 4294967294" },
	{ "'name':'v','kind':'empty','gid':4294967295",
	    "volumes[0].gid: 4294967295 is not from 0 to 4294967294" },
	{ "'name':'v','kind':'empty','gid':'0'",
	    "volumes[0].gid: is not a whole number" },
	{ "'name':'v','kind':'host','source':'/a','readOnly':'true'",
	    "volumes[0].readOnly: is neither true nor false" },
	{ "'name':'v','kind':'host','source':'/a','readonly':true",
	    "volumes[0].readonly: must be written readOnly" },
	{ "'name':'v','kind':'empty'},{'name':'v','kind':'host','source':'/a'",
	    "volumes[1].name: 'v' is there twice" },
	{ "'kind':'empty','fulfills':[]",
	    "volumes[0].fulfills: must have one entry" },
	{ "'kind':'empty','fulfills':['a','b']",
	    "volumes[0].fulfills: must have one entry" },
	{ "'kind':'empty','fulfills':['A']",
	    "volumes[0].fulfills[0]: 'A' may hold only a-z, 0-9 and -" },
	{ "'kind':'empty','fulfills':[1]",
	    "volumes[0].fulfills[0]: is not a string" },
};

static const struct row mounts[] = {
	{ "{'volume':'v','path':'/var/lib/db'}", NULL },
	{ "{'volume':'v','path':'/a'},{'volume':'v','path':'/b'}", NULL },
	{ "{'volume':'v','path':'db'}", NULL },
	{ "{'volume':'v','mountPoint':'work'}", NULL },
	{ "{'volume':'own','path':'/"
	  "a','appVolume':{'name':'own','kind':'empty'}}",
	    NULL },
	{ "{'path':'/a'}", "apps[0].mounts[0].volume: is missing" },
	{ "{'volume':'v'}", "apps[0].mounts[0].path: is missing" },
	{ "{'volume':'v','path':''}", "apps[0].mounts[0].path: is empty" },
	{ "{'volume':'v','path':'../a'}",
	    "apps[0].mounts[0].path: '../a' may hold only a-z, 0-9 and -" },
	{ "{'volume':'v','path':'/a\\u007f'}",
	    "apps[0].mounts[0].path: '/a\\x7f' is a path with a control "
	    "character" },
	{ "{'volume':'v','mountPoint':'/a'}",
	    "apps[0].mounts[0].mountPoint: '/a' may hold only a-z, 0-9 and -" },
	{ "{'volume':'w','path':'/a'}",
	    "apps[0].mounts[0]: 'w' is not one of the volumes" },
	{ "{'volume':'V','path':'/a'}",
	    "apps[0].mounts[0].volume: 'V' may hold only a-z, 0-9 and -" },
	{ "{'volume':'v','path':'/a'},{'volume':'v','path':'/a'}",
	    "apps[0].mounts[1]: '/a' is there twice" },
	{ "'v'", "apps[0].mounts[0]: is not an object" },
	{ "{'volume':'v','path':'/a','appVolume':{'name':'v','kind':'empty'}}",
	    "apps[0].mounts[0].appVolume: 'v' is there twice" },
	{ "{'volume':'v','path':'/a','appVolume':{'name':'w','kind':'empty'}}",
	    "apps[0].mounts[0].appVolume: 'w' is not the mount's volume" },
	{ "{'volume':'w','path':'/a','appVolume':{'name':'w','kind':'host'}}",
	    "apps[0].mounts[0].appVolume: source for host volume cannot be "
	    "empty" },
	{ "{'volume':'w','path':'/a','appVolume':[]}",
	    "apps[0].mounts[0].appVolume: is not an object" },
};

static const struct row whole[] = {
	{ "{'acKind':'ContainerRuntimeManifest','acVersion':'0.3.0','uuid':'x',"
	  "'apps':[{'app':'example.com/"
	  "a','mounts':[{'volume':'work','mountPoint':'work'}]}],'volumes':[{'"
	  "name':'work','kind':'host','source':'/opt/work','readOnly':true}]}",
	    NULL },
	{ "{'acKind':'ImageManifest','acVersion':'0.8.11','apps':[]}",
	    "acKind: 'ImageManifest' is not PodManifest" },
	{ "{'acKind':'PodManifest','apps':[]}", "acVersion: is missing" },
	{ "[]", "the manifest is not an object" },
};

/* The whole of what a template lacks. */
static const struct row unready[] = {
	{ "", "apps: is empty" },
	{ "{'name':'a','image':{'name':'x'},'app':" RUN "}",
	    "apps[0].image.id: is not a whole image id" },
	{ "{'name':'a','image':{'id':'sha512-00'},'app':" RUN "}",
	    "apps[0].image.id: is not a whole image id" },
	{ "{'name':'a','image':{'id':'sha512-" ID128 "'}}",
	    "apps[0].app: is missing" },
	{ "{'name':'a','image':{'id':'sha512-" ID128
	  "'},'app':{'user':'0','group':'0'}}",
	    "apps[0].app.exec: is empty" },
	{ "{'name':'a','image':{'id':'sha512-" ID128 "'},'app':" RUN
	  ",'mounts':[{'volume':'v','path':'db'}]}",
	    "apps[0].mounts: not every path is absolute" },
	{ "{'name':'a','image':{'id':'sha512-" ID128 "'},'app':" RUN "}",
	    "ports[0].name: 'http' is no app's port" },
	{ "{'name':'a','image':{'id':'sha512-" ID128 "'},'app':{'exec':['/"
	  "a'],'user':'0','group':'0','ports':[{'name':'http','port':80}]},'"
	  "mounts':[{'volume':'v','path':'/db'}]}",
	    NULL },
};

static void
test_unready(void)
{
	for (size_t i = 0; i < COUNT(unready); i++) {
		autofree char *raw = xasprintf(POD_PREFIX
		    "'volumes':[{'name':'v','kind':'empty'}],"
		    "'ports':[{'name':'http','hostPort':80}],'apps':[%s]}",
		    unready[i].json);
		autofree char *text = double_quotes(raw);
		autofree char *why = NULL;
		autofree char *wrong = NULL;
		struct pod_manifest *pod =
		    pod_manifest_parse(text, strlen(text), &why);

		assert(pod != NULL);
		wrong = pod_manifest_unready(pod);
		assert(row_holds(&unready[i], wrong));
		pod_manifest_free(pod);
	}
}

/* The form of rkt 0.3, with names made of the images', and what it becomes. */
static void
test_seed(void)
{
	static const char old[] =
	    "{'acKind':'PodManifest','acVersion':'0.5.0','apps':["
	    "{'app':'example.com/"
	    "reduce-worker-1.0.0','mounts':[{'volume':'work','mountPoint':'"
	    "work'}]},"
	    "{'app':'example.com/"
	    "worker-backup-1.0.0','mounts':[{'volume':'work','mountPoint':'"
	    "backup'}]},"
	    "{'app':'example.com/reduce-worker-register-1.0.0'}],"
	    "'volumes':[{'name':'work','kind':'host','source':'/opt/tenant1/"
	    "work','readOnly':true}]}";
	static const char now[] =
	    "{'acKind':'PodManifest','acVersion':'0.8.11','apps':["
	    "{'name':'reduce-worker-1-0-0','image':{'name':'example.com/"
	    "reduce-worker-1.0.0'},'mounts':[{'volume':'work','path':'work'}]},"
	    "{'name':'worker-backup-1-0-0','image':{'name':'example.com/"
	    "worker-backup-1.0.0'},'mounts':[{'volume':'work','path':'backup'}]"
	    "},"
	    "{'name':'reduce-worker-register-1-0-0','image':{'name':'example."
	    "com/reduce-worker-register-1.0.0'}}],"
	    "'volumes':[{'name':'work','kind':'host','source':'/opt/tenant1/"
	    "work','readOnly':true}]}";
	autofree char *text = double_quotes(old);
	autofree char *wanted = double_quotes(now);
	autofree char *why = NULL;
	autojson json_t *is = NULL;
	autojson json_t *json = json_parse(wanted, strlen(wanted), &why);
	struct pod_manifest *pod = pod_manifest_parse(text, strlen(text), &why);

	assert(pod != NULL && json != NULL);
	is = pod_manifest_json(pod);
	assert(json_equal(is, json));
	pod_manifest_free(pod);
}

int
main(void)
{
	test_rows(POD_PREFIX, "}", pods, COUNT(pods), true);
	test_rows(
	    POD_PREFIX "'volumes':[{", "}]}", volumes, COUNT(volumes), true);
	test_rows(POD_PREFIX
	    "'volumes':[{'name':'v','kind':'empty'}],"
	    "'apps':[{'name':'a','image':{'name':'x'},'mounts':[",
	    "]}]}", mounts, COUNT(mounts), true);
	test_rows("", "", whole, COUNT(whole), true);
	test_unready();
	test_seed();
	return 0;
}
