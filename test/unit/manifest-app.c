/* SPDX-License-Identifier: Apache-2.0 */
/* manifest-app - test of lib/manifest-app, port and isolator */

#include "rows.h"

static const struct row apps[] = {
	{ "'supplementaryGIDs':[0,1,4294967294]", NULL },
	{ "'supplementaryGIDs':[-1]",
	    "app.supplementaryGIDs[0]: -1 is not from 0 to 4294967294" },
	{ "'supplementaryGIDs':[0,4294967295]",
	    "app.supplementaryGIDs[1]: 4294967295 is not from 0 to "
	    "4294967294" },
	{ "'supplementaryGIDs':['1']",
	    "app.supplementaryGIDs[0]: is not a whole number" },
	{ "'supplementaryGIDs':[1.5]",
	    "app.supplementaryGIDs[0]: is not a whole number" },
	{ "'supplementaryGIDs':1", "app.supplementaryGIDs: is not a list" },
	{ "'workingDirectory':''", NULL },
	{ "'workingDirectory':'/a b/../c'", NULL },
	{ "'workingDirectory':'a'",
	    "app.workingDirectory: 'a' is not an absolute path" },
	{ "'workingDirectory':'/a\\tb'", "app.workingDirectory: '/a\\x09b' is "
					 "a path with a control character" },
	{ "'workingDirectory':['/']", "app.workingDirectory: is not a string" },

	{ "'eventHandlers':[{'name':'pre-start','exec':['/"
	  "a']},{'name':'post-stop','exec':['/b','c']}]",
	    NULL },
	{ "'eventHandlers':[{'name':'pre-start','exec':[]}]",
	    "app.eventHandlers[0].exec: is empty" },
	{ "'eventHandlers':[{'name':'pre-start'}]",
	    "app.eventHandlers[0].exec: is empty" },
	{ "'eventHandlers':[{'exec':['/a']}]",
	    "app.eventHandlers[0].name: is missing" },
	{ "'eventHandlers':[{'name':'pre-stop','exec':['/a']}]",
	    "app.eventHandlers[0].name: 'pre-stop' is neither pre-start nor "
	    "post-stop" },
	{ "'eventHandlers':[{'name':'pre-start','exec':['/"
	  "a']},{'name':'pre-start','exec':['/b']}]",
	    "app.eventHandlers[1].name: 'pre-start' is there twice" },
	{ "'eventHandlers':[[]]", "app.eventHandlers[0]: is not an object" },

	{ "'environment':[{'name':'A.b-c_1','value':'x=y\\nz'},{'name':'B','"
	  "value':''}]",
	    NULL },
	{ "'environment':{'A':'1','B':'2'}", NULL },
	{ "'environment':[{'name':'A','value':'1'},{'name':'A','value':'1'}]",
	    "app.environment[1].name: 'A' is there twice" },
	{ "'environment':[{'name':'1A','value':'1'}]",
	    "app.environment[0].name: '1A' must begin with a letter or _" },
	{ "'environment':[{'name':'A=B','value':'1'}]",
	    "app.environment[0].name: 'A=B' may hold only letters, digits, _, "
	    ". and -" },
	{ "'environment':[{'name':'A\\nB','value':'1'}]",
	    "app.environment[0].name: 'A\\x0aB' may hold only letters, digits, "
	    "_, . and -" },
	{ "'environment':[{'name':'','value':'1'}]",
	    "app.environment[0].name: is empty" },
	{ "'environment':[{'name':'A'}]",
	    "app.environment[0].value: is missing" },
	{ "'environment':[{'name':'A','value':1}]",
	    "app.environment[0].value: is not a string" },
	{ "'environment':['A=1']", "app.environment[0]: is not an object" },
	{ "'environment':{'A':true}", "app.environment.A: is not a string" },
	{ "'environment':{'':'x'}", "app.environment.: is empty" },

	{ "'mountPoints':[{'name':'db','path':'/var/lib/db'}]", NULL },
	{ "'mountPoints':[{'name':'a','path':'/"
	  "a','readOnly':true},{'name':'b','path':'/a/b','readOnly':false}]",
	    NULL },
	{ "'mountPoints':[{'path':'/a'}]",
	    "app.mountPoints[0].name: is missing" },
	{ "'mountPoints':[{'name':'a'}]",
	    "app.mountPoints[0].path: is missing" },
	{ "'mountPoints':[{'name':'a/b','path':'/a'}]",
	    "app.mountPoints[0].name: 'a/b' may hold only a-z, 0-9 and -" },
	{ "'mountPoints':[{'name':'a','path':''}]",
	    "app.mountPoints[0].path: is empty" },
	{ "'mountPoints':[{'name':'a','path':'a'}]",
	    "app.mountPoints[0].path: 'a' is not an absolute path" },
	{ "'mountPoints':[{'name':'a','path':'/a','readOnly':'yes'}]",
	    "app.mountPoints[0].readOnly: is neither true nor false" },
	{ "'mountPoints':[{'name':'a','path':'/a','readOnly':1}]",
	    "app.mountPoints[0].readOnly: is neither true nor false" },
	{ "'mountPoints':[{'name':'a','path':'/a','readonly':true}]",
	    "app.mountPoints[0].readonly: must be written readOnly" },
	{ "'mountPoints':[{'name':'a','path':'/a'},{'name':'a','path':'/b'}]",
	    "app.mountPoints[1].name: 'a' is there twice" },
	{ "'mountPoints':[{'name':'a','path':'/a'},{'name':'b','path':'/a'}]",
	    "app.mountPoints[1].path: '/a' is there twice" },

	{ "'ports':[{'name':'http','port':80}]", NULL },
	{ "'ports':[{'name':'a','port':1,'protocol':'udp','count':65535,'"
	  "socketActivated':true}]",
	    NULL },
	{ "'ports':[{'name':'a','port':65535,'count':1}]", NULL },
	{ "'ports':[{'port':80}]", "app.ports[0].name: is missing" },
	{ "'ports':[{'name':'a'}]", "app.ports[0].port: is missing" },
	{ "'ports':[{'name':'a','port':1},{'name':'b','port':0}]",
	    "app.ports[1].port: 0 is not from 1 to 65535" },
	{ "'ports':[{'name':'a','port':65536}]",
	    "app.ports[0].port: 65536 is not from 1 to 65535" },
	{ "'ports':[{'name':'a','port':'80'}]",
	    "app.ports[0].port: is not a whole number" },
	{ "'ports':[{'name':'a','port':80,'count':0}]",
	    "app.ports[0].count: 0 is not from 1 to 65535" },
	{ "'ports':[{'name':'a','port':65535,'count':2}]",
	    "app.ports[0].count: 2 ports from 65535 on pass 65535" },
	{ "'ports':[{'name':'a','port':80,'protocol':'TCP'}]",
	    "app.ports[0].protocol: 'TCP' may hold only a-z, 0-9 and -" },
	{ "'ports':[{'name':'a','port':80,'protocol':'tcp\\n'}]",
	    "app.ports[0].protocol: 'tcp\\x0a' may hold only a-z, 0-9 and -" },
	{ "'ports':[{'name':'a','port':80,'socketActivated':0}]",
	    "app.ports[0].socketActivated: is neither true nor false" },
	{ "'ports':[{'name':'a','port':80},{'name':'a','port':81}]",
	    "app.ports[1].name: 'a' is there twice" },

	{ "'userAnnotations':{'weird!':'normal?'},'userLabels':{'':''}", NULL },
	{ "'userAnnotations':{}", NULL },
	{ "'userAnnotations':[]", "app.userAnnotations: is not an object" },
	{ "'userAnnotations':{'a':1}",
	    "app.userAnnotations.a: is not a string" },
	{ "'userLabels':{'a\\nb':null}",
	    "app.userLabels.a\\x0ab: is not a string" },
};

static const struct row isolators[] = {
	{ "", NULL },
	{ "{'name':'resource/cpu','value':{'limit':'500m'}}", NULL },
	{ "{'name':'resource/cpu','value':{'request':'30m','limit':1.5}}",
	    NULL },
	{ "{'name':'resource/memory','value':{'request':'1G'}}", NULL },
	{ "{'name':'resource/memory','value':{'limit':'2Gi','default':false}}",
	    NULL },
	{ "{'name':'resource/memory','value':{'limit':1073741824}}", NULL },
	{ "{'name':'resource/memory','value':{}}",
	    "app.isolators[0].value: has neither a request nor a limit" },
	{ "{'name':'resource/memory','value':{'limit':null}}",
	    "app.isolators[0].value: has neither a request nor a limit" },
	{ "{'name':'resource/memory','value':{'limit':'1G','default':true}}",
	    "app.isolators[0].value: default must not be true" },
	{ "{'name':'resource/memory','value':{'limit':'1G','default':'no'}}",
	    "app.isolators[0].value.default: is neither true nor false" },
	{ "{'name':'resource/memory','value':{'limit':'much'}}",
	    "app.isolators[0].value.limit: 'much' is not a quantity" },
	{ "{'name':'resource/memory','value':{'limit':''}}",
	    "app.isolators[0].value.limit: is not a quantity" },
	{ "{'name':'resource/memory','value':{'limit':'1\\n'}}",
	    "app.isolators[0].value.limit: '1\\x0a' is not a quantity" },
	{ "{'name':'resource/memory','value':{'limit':'-1'}}",
	    "app.isolators[0].value.limit: '-1' is out of range" },
	{ "{'name':'resource/memory','value':{'limit':-1}}",
	    "app.isolators[0].value.limit: '-1' is out of range" },
	{ "{'name':'resource/memory','value':{'limit':1e300}}",
	    "app.isolators[0].value.limit: '1e+300' is out of range" },
	{ "{'name':'resource/memory','value':{'limit':'9Ei'}}",
	    "app.isolators[0].value.limit: '9Ei' is out of range" },
	{ "{'name':'resource/memory','value':{'limit':[1]}}",
	    "app.isolators[0].value.limit: is not a string" },
	{ "{'name':'resource/memory','value':{'request':'x','limit':'1'}}",
	    "app.isolators[0].value.request: 'x' is not a quantity" },
	{ "{'name':'resource/memory','value':{'Limit':'1'}}",
	    "app.isolators[0].value.Limit: must be written limit" },
	{ "{'name':'resource/memory','value':'1G'}",
	    "app.isolators[0].value: is not an object" },
	{ "{'name':'resource/cpu','value':1}",
	    "app.isolators[0].value: is not an object" },
	{ "{'name':'resource/"
	  "block-bandwidth','value':{'default':true,'limit':'1G'}}",
	    NULL },
	{ "{'name':'resource/"
	  "block-iops','value':{'default':true,'limit':1000}}",
	    NULL },
	{ "{'name':'resource/"
	  "network-bandwidth','value':{'default':true,'limit':'1G'}}",
	    NULL },
	{ "{'name':'resource/"
	  "block-bandwidth','value':{'default':false,'limit':'1G'}}",
	    "app.isolators[0].value: default must be true" },
	{ "{'name':'resource/block-iops','value':{'limit':'1G'}}",
	    "app.isolators[0].value: default must be true" },
	{ "{'name':'resource/"
	  "network-bandwidth','value':{'default':true,'request':'1','limit':'"
	  "1G'}}",
	    "app.isolators[0].value: request is not possible" },
	{ "{'name':'resource/network-bandwidth','value':{'default':true}}",
	    "app.isolators[0].value: has no limit" },
	{ "{'name':'os/linux/"
	  "capabilities-retain-set','value':{'set':['CAP_KILL','CAP_PONIES']}}",
	    NULL },
	{ "{'name':'os/linux/"
	  "capabilities-remove-set','value':{'set':['CAP_SYS_ADMIN']}}",
	    NULL },
	{ "{'name':'os/linux/"
	  "capabilities-retain-set','value':{'set':['CAP_KILL']}},{'name':'os/"
	  "linux/capabilities-remove-set','value':{'set':['CAP_KILL']}}",
	    NULL },
	{ "{'name':'os/linux/capabilities-retain-set','value':{'set':[]}}",
	    "app.isolators[0].value.set: is empty" },
	{ "{'name':'os/linux/capabilities-retain-set','value':{}}",
	    "app.isolators[0].value.set: is missing" },
	{ "{'name':'os/linux/capabilities-retain-set','value':['CAP_KILL']}",
	    "app.isolators[0].value: is not an object" },
	{ "{'name':'os/linux/"
	  "capabilities-retain-set','value':{'set':'CAP_KILL'}}",
	    "app.isolators[0].value.set: is not a list" },
	{ "{'name':'os/linux/"
	  "capabilities-retain-set','value':{'set':['KILL']}}",
	    "app.isolators[0].value.set[0]: 'KILL' is not a capability "
	    "(CAP_...)" },
	{ "{'name':'os/linux/"
	  "capabilities-retain-set','value':{'set':['CAP_KILL','cap_kill']}}",
	    "app.isolators[0].value.set[1]: 'cap_kill' is not a capability "
	    "(CAP_...)" },
	{ "{'name':'os/linux/"
	  "capabilities-remove-set','value':{'set':['CAP_']}}",
	    "app.isolators[0].value.set[0]: 'CAP_' is not a capability "
	    "(CAP_...)" },
	{ "{'name':'os/linux/capabilities-remove-set','value':{'set':[7]}}",
	    "app.isolators[0].value.set[0]: is not a string" },
	{ "{'name':'os/linux/seccomp-retain-set','value':{'set':['@docker/"
	  "default-whitelist','mount']}}",
	    NULL },
	{ "{'name':'os/linux/"
	  "seccomp-remove-set','value':{'set':['clock_settime'],'errno':'"
	  "EACCESS'}}",
	    NULL },
	{ "{'name':'os/linux/"
	  "seccomp-retain-set','value':{'set':['read'],'errno':'eperm'}}",
	    "app.isolators[0].value.errno: 'eperm' is not the name of an error "
	    "(E...)" },
	{ "{'name':'os/linux/"
	  "seccomp-retain-set','value':{'set':['read'],'errno':'E'}}",
	    "app.isolators[0].value.errno: 'E' is not the name of an error "
	    "(E...)" },
	{ "{'name':'os/linux/"
	  "seccomp-retain-set','value':{'set':['read'],'errno':1}}",
	    "app.isolators[0].value.errno: is not a string" },
	{ "{'name':'os/linux/seccomp-retain-set','value':{'set':[]}}",
	    "app.isolators[0].value.set: is empty" },
	{ "{'name':'os/linux/seccomp-retain-set','value':{'set':['']}}",
	    "app.isolators[0].value.set[0]: is not a system call or a set "
	    "(@...)" },
	{ "{'name':'os/linux/seccomp-retain-set','value':{'set':['@']}}",
	    "app.isolators[0].value.set[0]: '@' is not a system call or a set "
	    "(@...)" },
	{ "{'name':'os/linux/seccomp-retain-set','value':{'set':['read "
	  "write']}}",
	    "app.isolators[0].value.set[0]: 'read write' is not a system call "
	    "or a set (@...)" },
	{ "{'name':'os/linux/"
	  "seccomp-remove-set','value':{'set':['read'],'errno':'EPERM'}},{'"
	  "name':'os/linux/seccomp-retain-set','value':{'set':['read']}}",
	    "app.isolators: has two system call filters" },
	{ "{'name':'os/linux/no-new-privileges','value':true}", NULL },
	{ "{'name':'os/linux/no-new-privileges','value':false}", NULL },
	{ "{'name':'os/linux/no-new-privileges','value':1}",
	    "app.isolators[0].value: is neither true nor false" },
	{ "{'name':'os/linux/no-new-privileges','value':'true'}",
	    "app.isolators[0].value: is neither true nor false" },
	{ "{'name':'os/linux/oom-score-adj','value':-1000}", NULL },
	{ "{'name':'os/linux/oom-score-adj','value':1001}",
	    "app.isolators[0].value: 1001 is not from -1000 to 1000" },
	{ "{'name':'os/linux/oom-score-adj','value':'10'}",
	    "app.isolators[0].value: is not a whole number" },
	{ "{'name':'os/linux/oom-score-adj','value':0.5}",
	    "app.isolators[0].value: is not a whole number" },
	{ "{'name':'os/linux/cpu-shares','value':2}", NULL },
	{ "{'name':'os/linux/cpu-shares','value':262144}", NULL },
	{ "{'name':'os/linux/cpu-shares','value':1}",
	    "app.isolators[0].value: 1 is not from 2 to 262144" },
	{ "{'name':'os/linux/cpu-shares','value':262145}",
	    "app.isolators[0].value: 262145 is not from 2 to 262144" },
	{ "{'name':'os/linux/"
	  "selinux-context','value':{'user':'user_u','role':'role_r','type':'"
	  "type_r','level':'s0-s0:c0,c1'}}",
	    NULL },
	{ "{'name':'os/linux/"
	  "selinux-context','value':{'user':'user_u','role':'a:b','type':'type_"
	  "r','level':'s0'}}",
	    "app.isolators[0].value.role: 'a:b' is not part of a security "
	    "context" },
	{ "{'name':'os/linux/"
	  "selinux-context','value':{'user':'','role':'r','type':'t','level':'"
	  "s0'}}",
	    "app.isolators[0].value.user: is empty" },
	{ "{'name':'os/linux/"
	  "selinux-context','value':{'user':'u','role':'r','level':'s0'}}",
	    "app.isolators[0].value.type: is missing" },
	{ "{'name':'os/linux/"
	  "selinux-context','value':{'user':'u','role':'r','type':'t','level':'"
	  "s0 x'}}",
	    "app.isolators[0].value.level: 's0 x' is not the level of a "
	    "security context" },
	{ "{'name':'os/linux/"
	  "apparmor-profile','value':{'profile':'rkt-default'}}",
	    NULL },
	{ "{'name':'os/linux/apparmor-profile','value':{'profile':''}}",
	    "app.isolators[0].value.profile: is empty" },
	{ "{'name':'os/linux/"
	  "apparmor-profile','value':{'profile':'a\\nchangeprofile b'}}",
	    "app.isolators[0].value.profile: 'a\\x0achangeprofile b' is not a "
	    "profile's name" },
	{ "{'name':'os/unix/sysctl','value':{'net.ipv4.tcp_rfc1337':'1','net/"
	  "ipv4/conf/eth0.1/x':'a\\tb'}}",
	    NULL },
	{ "{'name':'os/unix/sysctl','value':{'net.ipv4.tcp_rfc1337':1}}",
	    "app.isolators[0].value.net.ipv4.tcp_rfc1337: is not a string" },
	{ "{'name':'os/unix/sysctl','value':{'../../etc/passwd':'x'}}",
	    "app.isolators[0].value.../../etc/passwd: is not a kernel "
	    "setting" },
	{ "{'name':'os/unix/sysctl','value':{'/kernel/core_pattern':'x'}}",
	    "app.isolators[0].value./kernel/core_pattern: is not a kernel "
	    "setting" },
	{ "{'name':'os/unix/sysctl','value':{'a+b':'x'}}",
	    "app.isolators[0].value.a+b: is not a kernel setting" },
	{ "{'name':'os/unix/sysctl','value':{'':'x'}}",
	    "app.isolators[0].value.: is not a kernel setting" },
	{ "{'name':'os/unix/sysctl','value':{'a':'x\\ny'}}",
	    "app.isolators[0].value.a: has a control character" },
	{ "{'name':'os/unix/sysctl','value':{'b':'1','a':'caf\\u00e9'}}",
	    NULL },
	{ "{'name':'os/unix/sysctl','value':[]}",
	    "app.isolators[0].value: is not an object" },
	{ "{'name':'os/unix/sysctl','val':{'a':'x\\ny'}}",
	    "app.isolators[0].val.a: has a control character" },
	{ "{'name':'resource/network-ponies','value':0}", NULL },
	{ "{'name':'example.com/own','value':{'x':[1]}}", NULL },
	{ "{'name':'example.com/own'}", "app.isolators[0].value: is missing" },
	{ "{'name':'example.com/own','value':null}",
	    "app.isolators[0].value: is missing" },
	{ "{'value':1}", "app.isolators[0].name: is missing" },
	{ "{'name':'','value':1}", "app.isolators[0].name: is empty" },
	{ "{'name':7,'value':1}", "app.isolators[0].name: is not a string" },
	{ "{'name':'Resource/cpu','value':1}",
	    "app.isolators[0].name: 'Resource/cpu' may hold only a-z, 0-9 and "
	    "-._~/" },
	{ "'x'", "app.isolators[0]: is not an object" },
	{ "{'name':'a','value':1},{'name':'a','value':1}",
	    "app.isolators[1].name: 'a' is there twice" },
	{ "{'name':'memory/limit','value':'lots'}",
	    "app.isolators[0].value.limit: 'lots' is not a quantity" },
	{ "{'name':'cpu/shares','value':'-1'}",
	    "app.isolators[0].value: is not a whole number" },
	{ "{'name':'cpu/shares','value':'1'}",
	    "app.isolators[0].value: 1 is not from 2 to 262144" },
	{ "{'name':'capabilities/bounding-set','value':''}",
	    "app.isolators[0].value.set: is empty" },
	{ "{'name':'capabilities/bounding-set','value':'CAP_KILL chown'}",
	    "app.isolators[0].value.set[1]: 'chown' is not a capability "
	    "(CAP_...)" },
	{ "{'name':'memory/limit','value':'1G'},{'name':'resource/"
	  "memory','value':{'limit':'2G'}}",
	    "app.isolators[1].name: 'resource/memory' is there twice" },
};

/* Old forms, and what they become. */
static const struct {
	const char *old;
	const char *now;
} olds[] = {
	{ "{'exec':['/a'],'user':'0','group':'0','environment':{'A':'1'}}",
	    "{'exec':['/"
	    "a'],'user':'0','group':'0','environment':[{'name':'A','value':'1'}"
	    "]}" },
	{ "{'user':'0','group':'0','isolators':[{'name':'memory/"
	  "limit','val':'1G'}]}",
	    "{'user':'0','group':'0','isolators':[{'name':'resource/"
	    "memory','value':{'limit':'1G'}}]}" },
	{ "{'user':'0','group':'0','isolators':[{'name':'cpu/"
	  "shares','value':'20'}]}",
	    "{'user':'0','group':'0','isolators':[{'name':'os/linux/"
	    "cpu-shares','value':20}]}" },
	{ "{'user':'0','group':'0','isolators':[{'name':'capabilities/"
	  "boundingSet','val':'CAP_KILL CAP_CHOWN'}]}",
	    "{'user':'0','group':'0','isolators':[{'name':'os/linux/"
	    "capabilities-retain-set','value':{'set':['CAP_KILL','CAP_CHOWN']}}"
	    "]}" },
	{ "{'user':'0','group':'0','isolators':[{'name':'privateNetwork','val':"
	  "'true'}]}",
	    "{'user':'0','group':'0','isolators':[{'name':'private-network','"
	    "value':'true'}]}" },
	{ "{'user':'0','group':'0','isolators':[{'name':'resource/"
	  "cpu','value':{'request':250,'limit':'500'}}]}",
	    "{'user':'0','group':'0','isolators':[{'name':'resource/"
	    "cpu','value':{'request':'250m','limit':'500m'}}]}" },
	{ "{'user':'0','group':'0','ports':[{'name':'a','port':80}],'"
	  "mountPoints':[],'workingDirectory':''}",
	    "{'user':'0','group':'0','ports':[{'name':'a','port':80,'protocol':"
	    "'tcp'}]}" },
};

static void
test_olds(void)
{
	for (size_t i = 0; i < COUNT(olds); i++) {
		autofree char *raw =
		    xasprintf("{'acKind':'ImageManifest',"
			      "'acVersion':'0.3.0','name':'a','app':%s}",
			olds[i].old);
		autofree char *text = double_quotes(raw);
		autofree char *wanted = double_quotes(olds[i].now);
		autofree char *why = NULL;
		autojson json_t *now = json_parse(wanted, strlen(wanted), &why);
		autojson json_t *json = NULL;
		struct image_manifest *image =
		    image_manifest_parse(text, strlen(text), &why);

		assert(image != NULL && now != NULL);
		json = app_json(image->app);
		assert(json_equal(json, now));
		image_manifest_free(image);
	}
}

int
main(void)
{
	test_rows(APP_PREFIX, "}}", apps, COUNT(apps), false);
	test_rows(APP_PREFIX "'isolators':[", "]}}", isolators,
	    COUNT(isolators), false);
	test_olds();
	return 0;
}
