/* SPDX-License-Identifier: Apache-2.0 */
/* args - test of lib/args, args-value, pairs, and the texts of volume, port */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "args.h"
#include "scope.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum { ARGS_MAX = 24 };

/* A command line with blanks between its arguments; '' is an empty one. */
static int
split(char *line, char *argv[ARGS_MAX + 1])
{
	int argc = 0;

	for (char *save = NULL, *word = strtok_r(line, " ", &save);
	     word != NULL; word = strtok_r(NULL, " ", &save)) {
		assert(argc < ARGS_MAX);
		if (strcmp(word, "''") == 0)
			*word = '\0';
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	return argc;
}

static const struct {
	const char *line;
	const char *why;
} bad[] = {
	{ "", "must provide at least one image or specify the pod manifest" },
	{ "--interactive",
	    "must provide at least one image or specify the pod manifest" },
	{ "---",
	    "must provide at least one image or specify the pod manifest" },
	{ "''", "an empty image name" },
	{ "-- x", "an image is required before any app arguments" },
	{ "--- -- x", "an image is required before any app arguments" },
	{ "a -- x --- -- y",
	    "only one set of app arguments allowed per image" },
	{ "--nope a", "unknown flag: --nope" },
	{ "-x a", "unknown flag: --x" },
	{ "----net a", "unknown flag: ----net" },
	{ "--Net a", "unknown flag: --Net" },
	{ "--ne a", "unknown flag: --ne" },
	{ "--=x a", "unknown flag: --" },
	{ "--exec=/x a", "--exec must follow an image" },
	{ "-user 1 a", "--user must follow an image" },
	{ "--signature=x", "--signature must follow an image" },
	{ "--environment=A=1 a", "--environment must follow an image" },
	{ "a --exec", "flag needs an argument: --exec" },
	{ "--volume", "flag needs an argument: --volume" },
	{ "a --exec=", "invalid argument \"\" for --exec: is empty" },
	{ "a --signature=x --signature=y",
	    "invalid argument \"y\" for --signature: --signature given twice "
	    "for one image" },
	{ "--interactive=maybe a", "invalid argument \"maybe\" for "
				   "--interactive: is neither true nor false" },
	{ "--interactive a b", "interactive option only supports one image" },
	{ "--name=A a", "invalid argument \"A\" for --name: may hold only "
			"a-z, 0-9 and -" },
	{ "a --name=x b --name=x", "error: multiple apps with name x" },
	{ "--hostname=a_b a", "invalid argument \"a_b\" for --hostname: may "
			      "hold only letters, digits, - and ." },
	{ "--hostname=a\nb a", "invalid argument \"a\\x0ab\" for --hostname: "
			       "may hold only letters, digits, - and ." },

	{ "--net= a",
	    "invalid argument \"\" for --net: is not a network's name" },
	{ "--net=a,,b a",
	    "invalid argument \"a,,b\" for --net: is not a network's name" },
	{ "--net=../x a",
	    "invalid argument \"../x\" for --net: is not a network's name" },
	{ "--net=a,a a",
	    "invalid argument \"a,a\" for --net: \"a\" given twice" },
	{ "--net=host:A=B a",
	    "invalid argument \"host:A=B\" for --net: arguments are not "
	    "supported by special netname \"host\"" },
	{ "--net=x,all:A=B a",
	    "invalid argument \"x,all:A=B\" for --net: arguments are not "
	    "supported by special netname \"all\"" },
	{ "--net=none: a",
	    "invalid argument \"none:\" for --net: arguments are not "
	    "supported by special netname \"none\"" },
	{ "--net --private-net a", "--private-net: \"default\" given twice" },
	{ "--net=host,x a", "networks \"host\" and \"none\" stand alone" },
	{ "--net=none --net a", "networks \"host\" and \"none\" stand alone" },
	{ "--port=http:80 a", "--port flag requires --private-net" },
	{ "--net=host --port=http:80 a",
	    "--port flag does not work with 'host' networking" },
	{ "--net=none --port=http:80 a",
	    "--port flag does not work with 'none' networking" },
	{ "--net=none --mds-register a",
	    "--mds-register flag does not work with --net=none" },
	{ "--net --port=http a", "invalid argument \"http\" for --port: "
				 "\"http\" is not NAME:[HOSTIP:]HOSTPORT" },
	{ "--net --port=Http:80 a",
	    "invalid argument \"Http:80\" for --port: port name \"Http\" may "
	    "hold only a-z, 0-9 and -" },
	{ "--net --port=http:0 a",
	    "invalid argument \"http:0\" for --port: \"http:0\": the port is "
	    "not from 1 to 65535" },
	{ "--net --port=http: a",
	    "invalid argument \"http:\" for --port: \"http:\": the port is "
	    "not from 1 to 65535" },
	{ "--net --port=http:x:80 a",
	    "invalid argument \"http:x:80\" for --port: \"http:x:80\" has no "
	    "valid IP address" },
	{ "--net --port=http::80 a",
	    "invalid argument \"http::80\" for --port: \"http::80\" has no "
	    "valid IP address" },
	{ "--net --port=http:::1:80 a",
	    "invalid argument \"http:::1:80\" for --port: \"http:::1:80\" has "
	    "no valid IP address" },

	{ "--set-env=A a",
	    "invalid argument \"A\" for --set-env: must be specified as "
	    "key=value" },
	{ "--set-env==1 a",
	    "invalid argument \"=1\" for --set-env: must be specified as "
	    "key=value" },
	{ "--set-env=1A=1 a",
	    "invalid argument \"1A=1\" for --set-env: must begin with a "
	    "letter or _" },
	{ "--set-env=A=1 --set-env=A=2 a",
	    "invalid argument \"A=2\" for --set-env: key \"A\" already set" },
	{ "a --environment A=1 --environment A=1",
	    "invalid argument \"A=1\" for --environment: key \"A\" already "
	    "set" },
	{ "--set-env-file= a",
	    "invalid argument \"\" for --set-env-file: is empty" },
	{ "a --annotation=A=1",
	    "invalid argument \"A=1\" for --annotation: may hold only a-z, "
	    "0-9 and -._~/" },

	{ "a --user=0x0", "invalid argument \"0x0\" for --user: is not a "
			  "name, a number or an absolute path" },
	{ "a --user=-1", "invalid argument \"-1\" for --user: is not a name, "
			 "a number or an absolute path" },
	{ "a --group=4294967296",
	    "invalid argument \"4294967296\" for --group: is greater than "
	    "4294967294" },
	{ "a --supplementary-gids=1,,2",
	    "invalid argument \"1,,2\" for --supplementary-gids: is not a "
	    "list of numbers below 4294967295" },
	{ "a --supplementary-gids=-1",
	    "invalid argument \"-1\" for --supplementary-gids: is not a list "
	    "of numbers below 4294967295" },
	{ "a --working-dir=x", "invalid argument \"x\" for --working-dir: is "
			       "not an absolute path" },
	{ "a --memory=lots",
	    "invalid argument \"lots\" for --memory: is not a quantity" },
	{ "a --memory=4095", "invalid argument \"4095\" for --memory: memory "
			     "limit too low: 4096 bytes are the least" },
	{ "a --cpu=0", "invalid argument \"0\" for --cpu: cpu limit is zero" },
	{ "a --cpu=-1",
	    "invalid argument \"-1\" for --cpu: is not a quantity" },
	{ "a --cpu-shares=1", "invalid argument \"1\" for --cpu-shares: is "
			      "not a number from 2 to 262144" },
	{ "a --oom-score-adj=-1001",
	    "invalid argument \"-1001\" for --oom-score-adj: is not a number "
	    "from -1000 to 1000" },
	{ "a --oom-score-adj=--1",
	    "invalid argument \"--1\" for --oom-score-adj: is not a number "
	    "from -1000 to 1000" },
	{ "a --caps-retain=CAP_KILL,KILL",
	    "invalid argument \"CAP_KILL,KILL\" for --caps-retain: is not a "
	    "capability (CAP_...)" },
	{ "a --caps-retain=CAP_KILL --cap-remove=CAP_CHOWN",
	    "--caps-retain and --caps-remove exclude each other" },
	{ "a --seccomp=read", "invalid argument \"read\" for --seccomp: must "
			      "begin with mode=retain or mode=remove" },
	{ "a --seccomp=mode=retainer,read",
	    "invalid argument \"mode=retainer,read\" for --seccomp: must "
	    "begin with mode=retain or mode=remove" },
	{ "a --seccomp=mode=remove",
	    "invalid argument \"mode=remove\" for --seccomp: names no system "
	    "call" },
	{ "a --seccomp=mode=remove,errno=x,read",
	    "invalid argument \"mode=remove,errno=x,read\" for --seccomp: is "
	    "not the name of an error (E...)" },

	{ "--volume=x a",
	    "invalid argument \"x\" for --volume: unrecognized volume kind: "
	    "should be one of \"empty\", \"host\"" },
	{ "--volume=x,kind=tmpfs a",
	    "invalid argument \"x,kind=tmpfs\" for --volume: unrecognized "
	    "volume kind: should be one of \"empty\", \"host\"" },
	{ "--volume=X,kind=empty a",
	    "invalid argument \"X,kind=empty\" for --volume: volume name "
	    "\"X\" may hold only a-z, 0-9 and -" },
	{ "--volume=x,kind=host a",
	    "invalid argument \"x,kind=host\" for --volume: source for host "
	    "volume cannot be empty" },
	{ "--volume=x:srv a",
	    "invalid argument \"x:srv\" for --volume: source for host volume "
	    "must be absolute path" },
	{ "--volume=x: a",
	    "invalid argument \"x:\" for --volume: source for host volume "
	    "cannot be empty" },
	{ "--volume=x,kind=host,source=/a,kind=host a",
	    "invalid argument \"x,kind=host,source=/a,kind=host\" for "
	    "--volume: volume parameter \"kind\" given twice" },
	{ "--volume=x,kind=host,source=/a%00b a",
	    "invalid argument \"x,kind=host,source=/a%00b\" for --volume: "
	    "volume parameter \"source\" has a control character in its "
	    "value" },
	{ "--volume=x,kind=empty,size=1 a",
	    "invalid argument \"x,kind=empty,size=1\" for --volume: unknown "
	    "volume parameter \"size\"" },
	{ "--volume=x,kind=empty,mode=9 a",
	    "invalid argument \"x,kind=empty,mode=9\" for --volume: volume "
	    "parameter \"mode\": \"9\" is not an octal mode" },
	{ "--volume=x,kind=empty,uid=-1 a",
	    "invalid argument \"x,kind=empty,uid=-1\" for --volume: volume "
	    "parameter \"uid\": \"-1\" is not a number below 4294967295" },
	{ "--volume=x,kind=host,source=/a,readOnly=2 a",
	    "invalid argument \"x,kind=host,source=/a,readOnly=2\" for "
	    "--volume: volume parameter \"readOnly\": \"2\" is neither true "
	    "nor false" },
	{ "--volume=x:/a --volume=x:/b a",
	    "invalid argument \"x:/b\" for --volume: duplicate volume name "
	    "\"x\"" },
	{ "a --mount=volume=x",
	    "invalid argument \"volume=x\" for --mount: a mount is "
	    "volume=NAME,target=PATH" },
	{ "--mount=volume=x,target=a a",
	    "invalid argument \"volume=x,target=a\" for --mount: target "
	    "\"a\" is not an absolute path" },
	{ "--mount=volume=X,target=/a a",
	    "invalid argument \"volume=X,target=/a\" for --mount: volume "
	    "name \"X\" may hold only a-z, 0-9 and -" },
	{ "--mount=volume=x,target=/a,ro=1 a",
	    "invalid argument \"volume=x,target=/a,ro=1\" for --mount: "
	    "unknown mount parameter \"ro\"" },

	{ "--dns=example.com a",
	    "invalid argument \"example.com\" for --dns: is not an IP "
	    "address" },
	{ "--dns-search=a..b a",
	    "invalid argument \"a..b\" for --dns-search: is not a host "
	    "name" },
	{ "--dns-opt=a\nb a",
	    "invalid argument \"a\\x0ab\" for --dns-opt: has a blank, a "
	    "control character or a character that is not ASCII" },
	{ "--hosts-entry=a a",
	    "invalid argument \"a\" for --hosts-entry: is not IP=NAME" },
	{ "--hosts-entry=1.2.3.4=a\n a",
	    "invalid argument \"1.2.3.4=a\\x0a\" for --hosts-entry: may hold "
	    "only letters, digits, - and ." },

	{ "--pull-policy=always a",
	    "invalid argument \"always\" for --pull-policy: is none of new, "
	    "update and never" },
	{ "--store-only --no-store a",
	    "--no-store: the pull policy is never already" },
	{ "--pull-policy=new --local a",
	    "--local: the pull policy is new already" },
	{ "--local=x a", "invalid argument \"x\" for --local: is neither "
			 "true nor false" },
	{ "--pod-manifest=x a",
	    "conflicting flags set with --pod-manifest (see --help)" },
	{ "--pod-manifest=x --volume=v:/a",
	    "conflicting flags set with --pod-manifest (see --help)" },
	{ "--pod-manifest=x --inherit-env",
	    "conflicting flags set with --pod-manifest (see --help)" },
	{ "--pod-manifest=x --local",
	    "conflicting flags set with --pod-manifest (see --help)" },
};

static void
test_bad(void)
{
	bool good = true;

	for (size_t i = 0; i < COUNT(bad); i++) {
		autofree char *line = xstrdup(bad[i].line);
		autofree char *why = NULL;
		char *argv[ARGS_MAX + 1];
		struct args args;
		int argc = split(line, argv);

		if (args_parse(argc, argv, &args, &why) == 0)
			args_free(&args);
		else if (strcmp(why, bad[i].why) == 0)
			continue;
		(void)fprintf(stderr, "%s\n\tis: %s\n\twanted: %s\n",
		    bad[i].line, why != NULL ? why : "valid", bad[i].why);
		good = false;
	}
	assert(good);
}

/* Each of these must be read; what they mean is tested below. */
static const char *const valid[] = {
	"a",
	"a b c",
	"--- a --- b ---",
	"a -- -- --",
	"a -- --- b -- ---",
	"--net a",
	"--net=all a",
	"--net=default:IP=172.16.28.9,other a",
	"--net=none a",
	"a --net=host b",
	"--private-users a",
	"--private-users=false a",
	"--interactive=false a b",
	"--detach --no-overlay --mds-register --quiet a",
	"--store-only=false --no-store a",
	"--pull-policy=new a",
	"--local --store-only a",
	"--pod-manifest=/x --net --hostname=x",
	"--dns=8.8.8.8,::1 --dns=::2 --dns-search=a.b --dns-opt=ndots:2 a",
	"--hosts-entry=::2=host --hosts-entry=1.2.3.4=a.b,::1=c a",
	"--net --port=a:80 --port=a:127.0.0.1:81 --port=a:[::1]:82 a",
	"a --seccomp=mode=retain,errno=EPERM,read,@docker/default-whitelist",
	"a --seccomp mode=remove,reboot",
	"a --cap-retain CAP_KILL b --caps-remove=CAP_KILL,CAP_CHOWN",
	"a --memory=1Gi --cpu=500m --cpu-shares=2 --oom-score-adj=-1000",
	"a --supplementary-gids=0,1,4294967294 --user=1000 --group=/etc/x",
	"--volume=v,kind=empty,readOnly=true,mode=0777,uid=1,gid=2 a",
	"--volume=v,kind=host,source=/a%2cb,recursive=false a",
	"a --user-label=x=y --user-annotation=z!=1 --annotation=a=b",
};

/* Parses a line that is known to be right. */
static struct args
parse(const char *text)
{
	autofree char *line = xstrdup(text);
	char *argv[ARGS_MAX + 1];
	char *why = NULL;
	struct args args;
	int argc = split(line, argv);

	if (args_parse(argc, argv, &args, &why) < 0)
		(void)fprintf(stderr, "%s: %s\n", text, why);
	assert(why == NULL);
	return args;
}

static void
test_valid(void)
{
	for (size_t i = 0; i < COUNT(valid); i++) {
		struct args args = parse(valid[i]);

		args_free(&args);
		assert(args.images == NULL && args.nets.list == NULL);
	}
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The lines of the founding documents. */
static void
test_seeds(void)
{
	struct args args = parse("-volume database:/tmp https://a/m.aci "
				 "https://a/s.aci");

	assert(args.image_count == 2 && args.volume_count == 1);
	assert(same(args.images[1].image, "https://a/s.aci"));
	assert(same(args.volumes[0].name, "database"));
	assert(args.volumes[0].kind == VOLUME_HOST);
	assert(same(args.volumes[0].source, "/tmp"));
	assert(args.volumes[0].read_only == -1);
	assert(args.nets.count == 0);
	args_free(&args);

	args = parse("--volume work,kind=host,source=/opt/work,readOnly=true "
		     "a b --mount volume=work,target=/backup c");
	assert(args.image_count == 3 && args.mount_count == 0);
	assert(args.volumes[0].read_only == 1);
	assert(args.images[0].mount_count == 0);
	assert(args.images[1].mount_count == 1);
	assert(same(args.images[1].mounts[0].volume, "work"));
	assert(same(args.images[1].mounts[0].path, "/backup"));
	args_free(&args);

	args = parse("example.com/worker -- --loglevel verbose --- "
		     "example.com/syncer -- --interval 30s");
	assert(args.image_count == 2);
	assert(args.images[0].args.count == 2);
	assert(same(args.images[0].args.list[0], "--loglevel"));
	assert(args.images[0].args.list[2] == NULL);
	assert(same(args.images[1].args.list[1], "30s"));
	args_free(&args);

	args = parse("--inherit-env --set-env FOO=bar --set-env "
		     "EXAMPLE_OVERRIDE=over example.com/env-printer");
	assert(args.inherit_env && args.set_env.count == 2);
	assert(same(labels_get(&args.set_env, "FOO"), "bar"));
	args_free(&args);

	args = parse("--private-net coreos.com/etcd:v2.0.0");
	assert(args.nets.count == 1 && same(args.nets.list[0], "default"));
	args_free(&args);
}

/* Whose an option is, and that nothing empty is lost. */
static void
test_places(void)
{
	struct args args = parse("--name=pod --mount volume=v,target=/all a "
				 "--name=one --mount volume=v,target=/one "
				 "--exec=/x --net=n1,n2 -- '' -- '' --- b "
				 "--readonly-rootfs --interactive=false");

	assert(same(args.name, "pod") && same(args.images[0].name, "one"));
	assert(args.images[1].name == NULL);
	assert(args.mount_count == 1 && same(args.mounts[0].path, "/all"));
	assert(same(args.images[0].mounts[0].path, "/one"));
	assert(same(args.images[0].exec, "/x"));
	assert(args.images[0].args.count == 3);
	assert(same(args.images[0].args.list[0], ""));
	assert(same(args.images[0].args.list[1], "--"));
	assert(same(args.images[0].args.list[2], ""));
	assert(!args.images[0].read_only_root);
	assert(args.images[1].read_only_root);
	assert(args.nets.count == 2 && same(args.nets.list[1], "n2"));
	args_free(&args);
}

static void
test_values(void)
{
	struct args args = parse("a --set-env A=b=c --environment=E= "
				 "--caps-retain CAP_KILL --exec /1 --exec /2");

	assert(same(labels_get(&args.set_env, "A"), "b=c"));
	assert(same(labels_get(&args.images[0].environment, "E"), ""));
	assert(same(args.images[0].caps_retain, "CAP_KILL"));
	assert(same(args.images[0].exec, "/2"));
	args_free(&args);

	args = parse("--store-only --net --port=a:[::1]:82 --port=b:1 "
		     "--dns-search=x,y --volume=e,kind=empty,mode=1777,uid=5 "
		     "--volume=h,kind=host,source=/a%2cb,recursive=0 i");
	assert(same(args.pull_policy, "never") && args.port_count == 2);
	assert(same(args.ports[0].host_ip, "::1"));
	assert(args.ports[0].host_port == 82);
	assert(args.ports[1].host_ip == NULL && args.dns_search.count == 2);
	assert(args.volumes[0].kind == VOLUME_EMPTY);
	assert(args.volumes[0].mode == 01777 && args.volumes[0].uid == 5);
	assert(same(args.volumes[1].source, "/a,b"));
	assert(args.volumes[1].recursive == 0);
	args_free(&args);
}

int
main(void)
{
	test_bad();
	test_valid();
	test_seeds();
	test_places();
	test_values();
	return 0;
}
