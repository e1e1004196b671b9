/* SPDX-License-Identifier: Apache-2.0 */
/* pod-netns - give a pod its network, then become PROG */
/*
 * pod-netns [--fail-status=N] POD PROG [ARG...]
 *
 * Takes the pod's lock and reads its choice of network.  The host's: becomes
 * PROG.  None: makes a network namespace with lo alone.  The default one: makes
 * a namespace, writes net.json, makes a veth between it and the host, takes an
 * address by the route to it, keeps the network's rule, sees that packets are
 * forwarded, goes over to the namespace, sets up the pod's end.
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "escape.h"
#include "forward.h"
#include "masquerade.h"
#include "netns.h"
#include "network.h"
#include "num.h"
#include "path.h"
#include "pod.h"
#include "prog.h"
#include "publish.h"
#include "record.h"
#include "scope.h"
#include "wire.h"

/* The pod's own choices, as pod-prepare(1) writes them. */
enum { RUN_MAX = 64 * 1024 };

enum choice { NET_HOST, NET_NONE, NET_DEFAULT };

static void
usage(FILE *out)
{
	(void)fputs("usage: pod-netns [--fail-status=N] POD PROG [ARG...]\n"
		    "Gives the pod the network that it was prepared for, then "
		    "becomes PROG in it.\n"
		    "  --fail-status=N  exit status if PROG was not run (125)\n"
		    "  -h, --help       print this\n"
		    "      --version    print the version\n",
	    out);
}

static _Noreturn void
wrong_usage(void)
{
	usage(stderr);
	_exit(prog_status);
}

static void
set_fail_status(const char *text)
{
	uint64_t status;

	if (num_parse(text, 1, 255, &status) < 0)
		prog_diex("--fail-status: not a number from 1 to 255");
	prog_status = (int)status;
}

/* Returns where the operands begin. */
static int
read_options(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "fail-status", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		switch (option) {
		case 'f':
			set_fail_status(optarg);
			break;
		case 'h':
			usage(stdout);
			prog_finish();
			_exit(0);
		case 'V':
			(void)puts("pod-netns " RKT_VERSION);
			prog_finish();
			_exit(0);
		default:
			wrong_usage();
		}
	}
	if (argc - optind < 2)
		wrong_usage();
	return optind;
}

static enum choice
choice_of(const char *name)
{
	autofree char *shown = escape(name);

	if (strcmp(name, "host") == 0)
		return NET_HOST;
	if (strcmp(name, "none") == 0)
		return NET_NONE;
	if (strcmp(name, "default") == 0)
		return NET_DEFAULT;
	prog_diex("network \"%s\": not default, none or host", shown);
}

static enum choice
read_choice(const struct pod *pod)
{
	size_t length = 0;
	autofree char *bytes =
	    path_read(pod->dir, "run.json", RUN_MAX, &length);
	autofree char *why = NULL;
	autojson json_t *run = NULL;
	const json_t *net;

	if (bytes == NULL)
		prog_die("pod %s: run.json", pod->uuid);
	run = json_parse(bytes, length, &why);
	if (run == NULL)
		prog_diex("pod %s: run.json: %s", pod->uuid, why);
	net = record_get(run, "net");
	if (net == NULL || (json_is_array(net) && json_array_size(net) == 0))
		return NET_HOST;
	if (!json_is_string(json_array_get(net, 0)))
		prog_diex(
		    "pod %s: run.json: net: not a list of names", pod->uuid);
	if (json_array_size(net) > 1)
		prog_diex("pod %s: more than one network", pod->uuid);
	return choice_of(json_string_value(json_array_get(net, 0)));
}

/*
 * For rkt list, and for who finds the pod after a crash: hence written before
 * what it names is made.
 */
static void
write_record(const struct pod *pod, const struct network *network,
    const struct wire *wire)
{
	autofree char *host = xstrdup(address_text(wire->host));
	autofree char *masquerade = NULL;
	autofree char *text = NULL;
	char subnet[SUBNET_TEXT];

	subnet_format(&network->subnet, subnet);
	masquerade = network->masquerade
			 ? xasprintf(",\"masquerade\":\"%s\"", subnet)
			 : xstrdup("");
	text = xasprintf("{\"networks\":[{\"name\":\"%s\",\"ifName\":\"%s\","
			 "\"hostIf\":\"%s\",\"ip4\":\"%s\","
			 "\"gateway\":\"%s\"%s}]}\n",
	    network->name, WIRE_POD_NAME, wire->host_name,
	    address_text(wire->pod), host, masquerade);
	if (publish_file(pod->dir, "net.json", text, strlen(text), 0644,
		PUBLISH_REPLACE) < 0)
		prog_die("pod %s: net.json", pod->uuid);
}

/* After the lease, so that the gc either sees that or is seen by us. */
static void
keep_masquerade(const struct network *network)
{
	autofd int lock = masquerade_lock(network->name);

	if (lock < 0)
		prog_die("network \"%s\": lock", network->name);
	if (masquerade_keep(network->name, &network->subnet) < 0)
		prog_die("network \"%s\": masquerade", network->name);
}

static void
enter_default(const struct pod *pod, int host)
{
	struct network network;
	struct wire wire = { .index = 0 };
	autofd int netns = -1;

	network_default(&network);
	wire_plan(&wire, &network, pod->uuid);
	write_record(pod, &network, &wire);
	netns = netns_make(host);
	if (wire_outside(&wire, &network, netns))
		write_record(pod, &network, &wire);
	if (network.masquerade)
		keep_masquerade(&network);
	forward_answers();
	netns_enter(netns);
	wire_inside(&wire, &network);
}

static void
enter_none(int host)
{
	autofd int netns = netns_make(host);

	netns_enter(netns);
	wire_loopback();
}

/* Descriptors 0 to 2, the lock and, if we left it, the host's network. */
static void
hand_over(int host)
{
	unsigned first = CHAIN_LOCK + 1;

	if (host >= 0) {
		if (dup3(host, CHAIN_HOST_NET, 0) < 0)
			prog_die("descriptor %d", CHAIN_HOST_NET);
		(void)close(CHAIN_OWNER);
		first = CHAIN_HOST_NET + 1;
	}
	if (close_range(first, ~0U, 0) < 0)
		prog_die("close_range");
}

int
main(int argc, char *argv[])
{
	struct pod pod;
	char *why = NULL;
	enum choice choice;
	int host = -1;

	prog_start_chain();
	argv += read_options(argc, argv);
	if (pod_enter_chain(argv[0], &pod, &why) < 0)
		prog_diex("%s", escape(why));
	choice = read_choice(&pod);
	if (choice != NET_HOST)
		host = netns_current();
	if (choice == NET_DEFAULT)
		enter_default(&pod, host);
	if (choice == NET_NONE)
		enter_none(host);
	hand_over(host);
	prog_chain(argv + 1);
}
