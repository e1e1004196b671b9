/* SPDX-License-Identifier: Apache-2.0 */
/* pod-netns - give a pod its network, then become PROG */
/*
 * pod-netns [--fail-status=N] POD PROG [ARG...]
 *
 * Takes the pod's lock and reads which networks it is to have.  The host's:
 * becomes PROG.  Else: reads what net.d says about them, writes net.json, makes
 * a network namespace, a user namespace that owns it unless told not to, and
 * for each network a wire to it: ourselves (a veth with an address that a
 * route, or a bridge's port, leases) or by CNI plugins. Keeps the networks'
 * rules, writes net.json again, leads ports of the host to the pod, goes over
 * to the namespace.
 */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "bridge.h"
#include "chain.h"
#include "escape.h"
#include "foreign.h"
#include "forward.h"
#include "masquerade.h"
#include "netns.h"
#include "network.h"
#include "num.h"
#include "pod-json.h"
#include "pod.h"
#include "portmap.h"
#include "prog.h"
#include "report.h"
#include "scope.h"
#include "usage.h"
#include "userns.h"
#include "wire.h"
#include "wish.h"

static const char usage[] =
    "usage: pod-netns [--fail-status=N] POD PROG [ARG...]\n"
    "Gives the pod the network that it was prepared for, then becomes PROG "
    "in it.\n"
    "  --fail-status=N  exit status if PROG was not run (125)\n"
    "  -h, --help       print this\n"
    "      --version    print the version\n";

/* Returns where the operands begin. */
static int
read_options(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "fail-status", required_argument, NULL, 'f' },
		USAGE_OPTIONS,
	};
	int option;

	while (
	    (option = usage_option(argc, argv, "+h", options, usage)) != -1) {
		switch (option) {
		case 'f':
			prog_fail_as(optarg);
			break;
		}
	}
	if (argc - optind < 2)
		usage_wrong(usage);
	return optind;
}

/* After the lease, so that the gc either sees that or is seen by us. */
static void
keep_rules(const struct wire *wire)
{
	const struct network *network = wire->network;
	bool guard = network->kind == NETWORK_PTP && wire->pod6.family != 0;
	autofd int lock = -1;

	if (!guard && !network->masquerade)
		return;
	lock = masquerade_lock(network->name);
	if (lock < 0)
		prog_die("network \"%s\": lock", network->name);
	if (network->masquerade &&
	    masquerade_keep(network->name, &network->ip4) < 0)
		prog_die("network \"%s\": masquerade", network->name);
	if (network->masquerade && wire->ip6_out &&
	    masquerade_keep(network->name, &network->ip6) < 0)
		prog_die("network \"%s\": masquerade, IPv6", network->name);
	if (guard && masquerade_guard(network->name, &network->ip6) < 0)
		prog_die("network \"%s\": guard, IPv6", network->name);
}

/* One of those that we make ourselves: is it other than planned? */
static bool
make_wire(struct wire *wire, struct netns *netns)
{
	const uint32_t planned = wire->place;

	if (wire->network->kind == NETWORK_BRIDGE)
		bridge_outside(wire, netns->fd);
	else
		wire_outside(wire, netns->fd);
	keep_rules(wire);
	wire_inside(&netns->inside, wire);
	return wire->place != planned;
}

/*
 * Interfaces are numbered, and routes are taken, in this order.  Is there more
 * to report than was planned?
 */
static bool
make_wires(const struct pod *pod, struct wire *wires, size_t count,
    struct netns *netns)
{
	bool changed = false;

	for (size_t i = 0; i < count; i++) {
		autofree char *why = NULL;
		autofree char *shown = NULL;

		if (wires[i].network->kind != NETWORK_PLUGINS) {
			changed = make_wire(&wires[i], netns) || changed;
			continue;
		}
		changed = true;
		if (foreign_make(&wires[i], pod->uuid, netns->fd, &why) == 0)
			continue;
		foreign_unmake(wires, i + 1, pod->uuid, netns->fd);
		shown = escape(why);
		prog_diex("network \"%s\": %s", wires[i].network->name, shown);
	}
	return changed;
}

/* Without IPv6 on the host, or a way out for it, its networks have none. */
static void
look_at_host(struct networks *networks, bool *ip6_out)
{
	bool has4 = false, has6 = false;

	*ip6_out = false;
	if (!forward_has_ipv6())
		for (size_t i = 0; i < networks->count; i++)
			networks->list[i].ip6 = (struct subnet){ 0 };
	for (size_t i = 0; i < networks->count; i++) {
		has4 = has4 || networks->list[i].kind != NETWORK_PLUGINS;
		has6 = has6 || networks->list[i].ip6.family != 0;
	}
	if (has4)
		(void)forward_answers(AF_INET);
	if (has6)
		*ip6_out = forward_answers(AF_INET6);
}

/* The network of a user namespace; -1: it goes on with the host's users. */
static int
make_users(const struct pod *pod, const struct wishes *wishes)
{
	const char *why;
	int netns = userns_make(pod, &why);

	if (netns < 0 && wishes->users_asked)
		prog_diex("a user namespace: %s", why);
	if (netns < 0)
		warnx("no user namespace: %s", why);
	return netns;
}

/* Returns what holds its ports of the host; -1: it has none. */
static int
enter_networks(
    const struct pod *pod, const json_t *run, struct wishes *wishes, int host)
{
	static struct networks networks;
	autofree struct wire *wires = xcalloc(NETWORKS_MAX, sizeof *wires);
	struct portmap portmap;
	struct netns netns;
	bool ip6_out = false;
	int owned;

	networks_read(&networks, wishes);
	if (networks.count > 0)
		look_at_host(&networks, &ip6_out);
	for (size_t i = 0; i < networks.count; i++) {
		wire_plan(&wires[i], &networks.list[i], pod->uuid, (unsigned)i);
		wires[i].ip6_out = ip6_out && networks.list[i].ip6.family != 0;
	}
	portmap_claim(&portmap, pod, run, wires, networks.count);
	if (networks.count > 0)
		report_write(pod, wires, networks.count);
	owned = wishes->users ? make_users(pod, wishes) : -1;
	netns_make(host, owned, &netns);
	wire_loopback(&netns.inside);
	if (make_wires(pod, wires, networks.count, &netns))
		report_write(pod, wires, networks.count);
	portmap_make(&portmap);
	netns_enter(netns.fd);
	if (owned >= 0)
		userns_allow_ping(pod);
	netlink_close(&netns.inside);
	scope_close(&netns.fd);
	return portmap.purse.kept;
}

/*
 * Descriptors 0 to 2, the lock, what holds its ports if it has any, and, if we
 * left it, the host's network.  Those two are above their places so far.
 */
static void
hand_over(int host, int owner)
{
	unsigned first = CHAIN_LOCK + 1;

	if (host >= 0) {
		if (dup3(host, CHAIN_HOST_NET, 0) < 0 ||
		    (owner >= 0 && dup3(owner, CHAIN_OWNER, 0) < 0))
			prog_die("descriptor %d", CHAIN_HOST_NET);
		if (owner < 0)
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
	struct wishes wishes;
	json_t *run;
	int host = -1, owner = -1;

	prog_start_chain();
	argv += read_options(argc, argv);
	if (chain_enter(argv[0], &pod, &why) < 0)
		prog_diex("%s", escape(why));
	run = pod_json(&pod, "run.json");
	wishes_read(&pod, run, &wishes);
	if (wishes.host && wishes.users_asked)
		prog_diex("a user namespace needs a network of the pod's own, "
			  "and it has the host's");
	if (wishes.host || !wishes.users)
		userns_refuse(&pod);
	if (!wishes.host) {
		host = netns_current();
		owner = enter_networks(&pod, run, &wishes, host);
	}
	json_decref(run);
	hand_over(host, owner);
	prog_chain(argv + 1);
}
