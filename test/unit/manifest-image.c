/* SPDX-License-Identifier: Apache-2.0 */
/* manifest-image - test of lib/manifest-image, schema and spot */

#include "actype.h"
#include "rows.h"

static const struct row whole[] = {
	{ IMAGE_PREFIX ",'name':'a'}", NULL },
	{ " " IMAGE_PREFIX ",'name':'a'} \n", NULL },
	{ IMAGE_PREFIX ",'name':'a','unknown':{'x':[1,2.5,null]}}", NULL },
	{ IMAGE_PREFIX ",'name':'a','app':null,'labels':null}", NULL },
	{ "{'acKind':'ImageManifest','acVersion':'1.0.0','name':'a'}", NULL },
	{ "", "line 1 column 0: '[' or '{' expected near end of file" },
	{ "{", "line 1 column 1: string or '}' expected near end of file" },
	{ "{}", "acKind: is missing" },
	{ "[]", "the manifest is not an object" },
	{ "null", "line 1 column 4: '[' or '{' expected near 'null'" },
	{ IMAGE_PREFIX ",'name':'a'",
	    "line 1 column 57: '}' expected near end of file" },
	{ IMAGE_PREFIX ",'name':'a',}",
	    "line 1 column 59: string or '}' expected near '}'" },
	{ IMAGE_PREFIX ",'name':'a'}x",
	    "line 1 column 59: end of file expected near 'x'" },
	{ IMAGE_PREFIX ",'name':'a'}{}",
	    "line 1 column 59: end of file expected near '{'" },
	{ IMAGE_PREFIX ",'name':'a','name':'a'}",
	    "line 1 column 64: duplicate object key near ''name''" },
	{ IMAGE_PREFIX ",'name':'a','x':{'y':1,'y':1}}",
	    "line 1 column 72: duplicate object key near ''y''" },
	{ "\xef\xbb\xbf{}",
	    "line 1 column 1: '[' or '{' expected near '\\xef\\xbb\\xbf'" },
	{ IMAGE_PREFIX ",'name':'a','x':NaN}",
	    "line 1 column 65: invalid token near 'NaN'" },
	{ IMAGE_PREFIX ",'name':'a','x':1e999}",
	    "line 1 column 67: real number overflow near '1e999'" },
	{ IMAGE_PREFIX ",'name':'a','x':99999999999999999999}",
	    "line 1 column 82: too big integer near '99999999999999999999'" },
	{ IMAGE_PREFIX ",'name':'a\xff'}",
	    "line 1 column 56: unable to decode byte 0xff near ''a'" },
	{ IMAGE_PREFIX ",'name':'\\ud800'}",
	    "line 1 column 62: invalid Unicode '\\x5cuD800' near "
	    "''\\x5cud800''" },
	{ IMAGE_PREFIX ",'name':'a\\u0000'}",
	    "line 1 column 63: \\x5cu0000 is not allowed without "
	    "JSON_ALLOW_NUL near ''a\\x5cu0000''" },
	{ IMAGE_PREFIX ",'name':'a\nb'}",
	    "line 1 column 56: unexpected newline near ''a'" },
	{ "{'acVersion':'0.8.11','name':'a'}", "acKind: is missing" },
	{ "{'acKind':null,'acVersion':'0.8.11','name':'a'}",
	    "acKind: is missing" },
	{ "{'acKind':1,'acVersion':'0.8.11','name':'a'}",
	    "acKind: is not a string" },
	{ "{'acKind':'','acVersion':'0.8.11','name':'a'}",
	    "acKind: is not ImageManifest" },
	{ "{'acKind':'PodManifest','acVersion':'0.8.11','name':'a'}",
	    "acKind: 'PodManifest' is not ImageManifest" },
	{ "{'acKind':'imagemanifest','acVersion':'0.8.11','name':'a'}",
	    "acKind: 'imagemanifest' is not ImageManifest" },
	{ "{'ackind':'ImageManifest','acVersion':'0.8.11','name':'a'}",
	    "ackind: must be written acKind" },
	{ "{'acKind':'ImageManifest','name':'a'}", "acVersion: is missing" },
	{ "{'acKind':'ImageManifest','acVersion':0.8,'name':'a'}",
	    "acVersion: is not a string" },
	{ "{'acKind':'ImageManifest','acVersion':'0.8','name':'a'}",
	    "acVersion: '0.8' is not a version X.Y.Z[-PRE][+BUILD]" },
	{ "{'acKind':'ImageManifest','acVersion':'0.0.0','name':'a'}",
	    "acVersion: '0.0.0' is 0.0.0, which means none" },
	{ "{'acKind':'ImageManifest','acVersion':'','name':'a'}",
	    "acVersion: is not a version X.Y.Z[-PRE][+BUILD]" },
	{ IMAGE_PREFIX "}", "name: is missing" },
	{ IMAGE_PREFIX ",'name':''}", "name: is empty" },
	{ IMAGE_PREFIX ",'name':5}", "name: is not a string" },
	{ IMAGE_PREFIX ",'Name':'a'}", "Name: must be written name" },
	{ IMAGE_PREFIX ",'name':'a','Name':'b'}",
	    "Name: must be written name" },
	{ IMAGE_PREFIX ",'name':'A'}",
	    "name: 'A' may hold only a-z, 0-9 and -._~/" },
	{ IMAGE_PREFIX ",'name':'a//b'}",
	    "name: 'a//b' has two separators side by side" },
	{ IMAGE_PREFIX ",'name':'../x'}",
	    "name: '../x' must begin with a-z or 0-9" },
	{ IMAGE_PREFIX ",'name':'a\\nb'}",
	    "name: 'a\\x0ab' may hold only a-z, 0-9 and -._~/" },
	{ IMAGE_PREFIX ",'name':'a\\u001b[2Jb'}",
	    "name: 'a\\x1b[2Jb' may hold only a-z, 0-9 and -._~/" },
	{ IMAGE_PREFIX ",'name':'a\\u202eb'}",
	    "name: 'a\\xe2\\x80\\xaeb' may hold only a-z, 0-9 and -._~/" },
};

static const struct row members[] = {
	{ "'labels':[]", NULL },
	{ "'labels':[{'name':'version','value':'1.0.0'}]", NULL },
	{ "'labels':[{'name':'os','value':'linux'},{'name':'arch','value':'"
	  "amd64'}]",
	    NULL },
	{ "'labels':[{'name':'os','value':'freebsd'},{'name':'arch','value':'"
	  "arm'}]",
	    NULL },
	{ "'labels':[{'name':'arch','value':'z80'}]", NULL },
	{ "'labels':[{'name':'version','value':''}]", NULL },
	{ "'labels':[{'name':'version','val':'0.1'}]", NULL },
	{ "'labels':{}", NULL },
	{ "'labels':'x'", "labels: is not a list" },
	{ "'labels':[1]", "labels[0]: is not an object" },
	{ "'labels':[null]", "labels[0]: is not an object" },
	{ "'labels':[{}]", "labels[0].name: is missing" },
	{ "'labels':[{'name':'x'}]", "labels[0].value: is missing" },
	{ "'labels':[{'name':'x','value':1}]",
	    "labels[0].value: is not a string" },
	{ "'labels':[{'name':'x','Value':'1'}]",
	    "labels[0].Value: must be written value" },
	{ "'labels':[{'name':'name','value':'x'}]",
	    "labels[0].name: 'name' is not a label's name" },
	{ "'labels':[{'name':'X','value':'x'}]",
	    "labels[0].name: 'X' may hold only a-z, 0-9 and -._~/" },
	{ "'labels':[{'name':'','value':'x'}]", "labels[0].name: is empty" },
	{ "'labels':[{'name':'a','value':'1'},{'name':'b','value':'1'},{'name':"
	  "'a','value':'1'}]",
	    "labels[2].name: 'a' is there twice" },
	{ "'labels':[{'name':'os','value':'OS/360'}]",
	    "labels: bad os 'OS/360' (must be one of: [darwin freebsd "
	    "linux])" },
	{ "'labels':[{'name':'os','value':'linux\\n'}]",
	    "labels: bad os 'linux\\x0a' (must be one of: [darwin freebsd "
	    "linux])" },
	{ "'labels':[{'name':'os','value':'freebsd'},{'name':'arch','value':'"
	  "armv7b'}]",
	    "labels: bad arch 'armv7b' for freebsd (must be one of: [amd64 "
	    "i386 arm])" },

	{ "'annotations':[{'name':'authors','value':'Somebody <a@b.c>\\n'}]",
	    NULL },
	{ "'annotations':[{'name':'created','value':'2014-10-27T19:32:27."
	  "67021798Z'}]",
	    NULL },
	{ "'annotations':[{'name':'homepage','value':'https://"
	  "example.com'},{'name':'documentation','value':'http://example.com/"
	  "x'}]",
	    NULL },
	{ "'annotations':[{'name':'appc.io/executor/"
	  "supports-systemd-notify','value':'true'}]",
	    NULL },
	{ "'annotations':[{'name':'name','value':'x'}]", NULL },
	{ "'annotations':{'created':'2014-10-27T19:32:27Z','authors':'x'}",
	    NULL },
	{ "'annotations':1", "annotations: is not a list" },
	{ "'annotations':[{'name':'a','value':'b'},{'name':'a','value':'b'}]",
	    "annotations[1].name: 'a' is there twice" },
	{ "'annotations':[{'name':'a b','value':'b'}]",
	    "annotations[0].name: 'a b' may hold only a-z, 0-9 and -._~/" },
	{ "'annotations':{'A':'b'}",
	    "annotations.A: 'A' may hold only a-z, 0-9 and -._~/" },
	{ "'annotations':{'a':1}", "annotations.a: is not a string" },
	{ "'annotations':[{'name':'created','value':'yesterday'}]",
	    "annotations.created: 'yesterday' is not a date "
	    "YYYY-MM-DDThh:mm:ssZ" },
	{ "'annotations':[{'name':'homepage','value':'ftp://x'}]",
	    "annotations.homepage: 'ftp://x' is not an http or https URL" },
	{ "'annotations':[{'name':'documentation','value':''}]",
	    "annotations.documentation: is not an http or https URL" },
	{ "'annotations':[{'name':'appc.io/executor/"
	  "supports-systemd-notify','value':'yes'}]",
	    "annotations.appc.io/executor/supports-systemd-notify: 'yes' is "
	    "neither true nor false" },

	{ "'dependencies':[]", NULL },
	{ "'dependencies':[{'imageName':'example.com/base'}]", NULL },
	{ "'dependencies':[{'imageName':'a','imageID':'sha512-fa1c','labels':[{"
	  "'name':'os','value':'linux'}],'size':22017258}]",
	    NULL },
	{ "'dependencies':[{'imageName':'a'},{'imageName':'a'}]", NULL },
	{ "'dependencies':[{'app':'example.com/old'}]", NULL },
	{ "'dependencies':{}", "dependencies: is not a list" },
	{ "'dependencies':['a']", "dependencies[0]: is not an object" },
	{ "'dependencies':[{}]", "dependencies[0].imageName: is missing" },
	{ "'dependencies':[{'imageName':''}]",
	    "dependencies[0].imageName: is empty" },
	{ "'dependencies':[{'imageName':'a'},{'imageName':'A'}]",
	    "dependencies[1].imageName: 'A' may hold only a-z, 0-9 and -._~/" },
	{ "'dependencies':[{'app':'-'}]",
	    "dependencies[0].app: '-' must begin with a-z or 0-9" },
	{ "'dependencies':[{'imageName':'a','imageID':'sha512-...'}]",
	    "dependencies[0].imageID: 'sha512-...' is an image id that is not "
	    "lower-case hexadecimal" },
	{ "'dependencies':[{'imageName':'a','imageID':'sha256-00'}]",
	    "dependencies[0].imageID: 'sha256-00' is a sha256 id: ids are "
	    "sha512 since 0.2" },
	{ "'dependencies':[{'imageName':'a','imageID':''}]",
	    "dependencies[0].imageID: is not an image id (sha512-...)" },
	{ "'dependencies':[{'imageName':'a','size':-1}]",
	    "dependencies[0].size: -1 is not from 0 to 9223372036854775807" },
	{ "'dependencies':[{'imageName':'a','size':1.0}]",
	    "dependencies[0].size: is not a whole number" },
	{ "'dependencies':[{'imageName':'a','size':'1'}]",
	    "dependencies[0].size: is not a whole number" },
	{ "'dependencies':[{'imageName':'a','labels':[{'name':'name','value':'"
	  "b'}]}]",
	    "dependencies[0].labels[0].name: 'name' is not a label's name" },

	{ "'pathWhitelist':['/etc/a','/opt/','/with\\nnewline']", NULL },
	{ "'pathWhitelist':'/a'", "pathWhitelist: is not a list" },
	{ "'pathWhitelist':['/a','b']",
	    "pathWhitelist[1]: 'b' is not an absolute path" },
	{ "'pathWhitelist':['']", "pathWhitelist[0]: is not an absolute path" },
	{ "'pathWhitelist':[1]", "pathWhitelist[0]: is not a string" },

	{ "'app':[]", "app: is not an object" },
	{ "'app':'x'", "app: is not an object" },
	{ "'app':{}", "app.user: is missing" },
	{ "'app':{'user':'0'}", "app.group: is missing" },
	{ "'app':{'user':'0','group':'0'}", NULL },
	{ "'app':{'user':'root','group':'/etc/group','exec':[]}", NULL },
	{ "'app':{'exec':'/a','user':'0','group':'0'}",
	    "app.exec: is not a list" },
	{ "'app':{'exec':['/a',1],'user':'0','group':'0'}",
	    "app.exec[1]: is not a string" },
	{ "'app':{'exec':['a',''],'user':'0','group':'0'}", NULL },
	{ "'app':{'Exec':['/a'],'user':'0','group':'0'}",
	    "app.Exec: must be written exec" },
	{ "'app':{'user':'','group':'0'}", "app.user: is empty" },
	{ "'app':{'user':0,'group':'0'}", "app.user: is not a string" },
	{ "'app':{'user':'0x0','group':'0'}",
	    "app.user: '0x0' is not a name, a number or an absolute path" },
	{ "'app':{'user':'-1','group':'0'}",
	    "app.user: '-1' is not a name, a number or an absolute path" },
	{ "'app':{'user':' 0','group':'0'}",
	    "app.user: ' 0' is not a name, a number or an absolute path" },
	{ "'app':{'user':'4294967296','group':'0'}",
	    "app.user: '4294967296' is greater than 4294967294" },
	{ "'app':{'user':'1000:0','group':'0'}",
	    "app.user: '1000:0' is not a name, a number or an absolute path" },
	{ "'app':{'user':'0','group':'root\\n'}",
	    "app.group: 'root\\x0a' is not a name, a number or an absolute "
	    "path" },
	{ "'app':{'user':'0','group':'4294967295'}",
	    "app.group: '4294967295' is greater than 4294967294" },
};

static const struct row unfit[] = {
	{ "", "missing os label in the image manifest" },
	{ "{'name':'os','value':'linux'}",
	    "missing arch label in the image manifest" },
	{ "{'name':'arch','value':'amd64'}",
	    "missing os label in the image manifest" },
	{ "{'name':'os','value':'freebsd'},{'name':'arch','value':'amd64'}",
	    "bad os 'freebsd' (must be one of: [linux])" },
	{ "{'name':'os','value':'linux'},{'name':'arch','value':'s390x'}",
	    "bad arch 's390x' for linux (must be one of: [amd64])" },
	{ "{'name':'os','value':'linux'},{'name':'arch','value':'amd64'}",
	    NULL },
};

/* On a machine of another kind, the last rows would say something else. */
static void
test_unfit(void)
{
	for (size_t i = 0; i < COUNT(unfit); i++) {
		autofree char *raw =
		    xasprintf(NAME_PREFIX "'labels':[%s]}", unfit[i].json);
		autofree char *text = double_quotes(raw);
		autofree char *why = NULL;
		autofree char *wrong = NULL;
		struct image_manifest *image =
		    image_manifest_parse(text, strlen(text), &why);

		assert(image != NULL);
		wrong = image_manifest_unfit(image);
		assert(row_holds(&unfit[i], wrong));
		image_manifest_free(image);
	}
}

/* What only a program can write: too deep, too long, too many. */
static void
test_limits(void)
{
	enum { DEEP = 100000, MANY = 8193 };
	autofree char *deep = xcalloc(DEEP + 1, 1);
	autofree char *big = xcalloc(MANIFEST_MAX + 2, 1);
	autofree char *many = NULL;
	autofree char *why = NULL;
	size_t length;

	memset(deep, '[', DEEP);
	why = manifest_why(deep, DEEP, false);
	assert(strstr(why, "nested too deep") != NULL);
	free(why);

	many = double_quotes(NAME_PREFIX "'labels':[");
	length = strlen(many);
	memcpy(big, many, length);
	for (int i = 0; i < MANY; i++)
		length += (size_t)sprintf(big + length,
		    "%s{\"name\":\"a%d\","
		    "\"value\":\"\"}",
		    i == 0 ? "" : ",", i);
	length += (size_t)sprintf(big + length, "]}");
	why = manifest_why(big, length, false);
	assert(strcmp(why, "labels: has more than 8192 elements") == 0);
	free(why);

	memset(big, ' ', MANIFEST_MAX + 1);
	memcpy(big, "{}", 2);
	why = manifest_why(big, MANIFEST_MAX, false);
	assert(strcmp(why, "acKind: is missing") == 0);
	free(why);
	why = manifest_why(big, MANIFEST_MAX + 1, false);
	assert(strcmp(why, "manifest of more than 4 MiB") == 0);
}

int
main(void)
{
	test_rows("", "", whole, COUNT(whole), false);
	test_rows(NAME_PREFIX, "}", members, COUNT(members), false);
	if (strcmp(host_arch(), "amd64") == 0)
		test_unfit();
	test_limits();
	return 0;
}
