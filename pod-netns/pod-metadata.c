/* SPDX-License-Identifier: Apache-2.0 */
/* pod-metadata - tells pods about themselves, by HTTP */
/*
 * pod-metadata
 * pod-metadata --listen [--listen-port=PORT] [--fail-status=N]
 * pod-metadata --address
 *
 * Serves the one connection that is its stdin, in two processes: one reads the
 * request and has no rights, the other has the pods' files open for it.  Or
 * takes connections itself, and does this for each.
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "confine.h"
#include "connection.h"
#include "listener.h"
#include "num.h"
#include "prog.h"
#include "usage.h"

static struct {
	bool listen, address;
	uint16_t port;
} opts = { .port = HOST_PORT };

static const char usage[] =
    "usage: pod-metadata [--listen [--listen-port=PORT] [--fail-status=N] | "
    "--address]\n"
    "Serves the connection that is its stdin, or those that come.\n"
    "      --address      give lo the address 169.254.169.255\n"
    "      --fail-status=N  exit status of any failure\n"
    "      --listen       take connections on it, port 80, and on 127.0.0.1\n"
    "      --listen-port=PORT  the port there (18112)\n"
    "  -h, --help         print this\n"
    "      --version      print the version\n";

static uint64_t
number(const char *text, uint64_t most)
{
	uint64_t value;

	if (num_parse(text, 1, most, &value) < 0)
		usage_wrong(usage);
	return value;
}

static void
read_options(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "address", no_argument, NULL, 'a' },
		{ "fail-status", required_argument, NULL, 'f' },
		{ "listen", no_argument, NULL, 'l' },
		{ "listen-port", required_argument, NULL, 'p' },
		USAGE_OPTIONS,
	};
	int option;

	while ((option = usage_option(argc, argv, "h", options, usage)) != -1) {
		switch (option) {
		case 'a':
			opts.address = true;
			break;
		case 'f':
			prog_fail_as(optarg);
			break;
		case 'l':
			opts.listen = true;
			break;
		case 'p':
			opts.port = (uint16_t)number(optarg, UINT16_MAX);
			break;
		}
	}
	if (optind < argc || (opts.listen && opts.address))
		usage_wrong(usage);
}

int
main(int argc, char *argv[])
{
	struct caller caller;

	prog_start();
	confine_note();
	read_options(argc, argv);
	if (opts.listen)
		listener_run(opts.port);
	if (opts.address) {
		listener_address();
		return 0;
	}
	if (connection_caller(STDIN_FILENO, &caller) < 0) {
		prog_status = prog_status_or(EX_USAGE);
		prog_die("stdin: no connection");
	}
	connection_serve(STDIN_FILENO, &caller);
	return 0;
}
