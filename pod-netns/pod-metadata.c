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

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "confine.h"
#include "connection.h"
#include "listener.h"
#include "num.h"
#include "prog.h"

static struct {
	bool listen, address;
	bool told; /* which status a failure has */
	uint16_t port;
} opts = { .port = HOST_PORT };

static _Noreturn void
usage(FILE *to, int status)
{
	(void)fputs(
	    "usage: pod-metadata [--listen [--listen-port=PORT] "
	    "[--fail-status=N] | --address]\n"
	    "Serves the connection that is its stdin, or those that come.\n"
	    "      --address      give lo the address 169.254.169.255\n"
	    "      --fail-status=N  exit status of any failure\n"
	    "      --listen       take connections on it, port 80, and on "
	    "127.0.0.1\n"
	    "      --listen-port=PORT  the port there (18112)\n"
	    "  -h, --help         print this\n"
	    "      --version      print the version\n",
	    to);
	prog_finish();
	exit(status);
}

static _Noreturn void
wrong_usage(void)
{
	usage(stderr, opts.told ? prog_status : EX_USAGE);
}

static uint64_t
number(const char *text, uint64_t most)
{
	uint64_t value;

	if (num_parse(text, 1, most, &value) < 0)
		wrong_usage();
	return value;
}

static void
read_options(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "address", no_argument, NULL, 'a' },
		{ "fail-status", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "listen", no_argument, NULL, 'l' },
		{ "listen-port", required_argument, NULL, 'p' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'a':
			opts.address = true;
			break;
		case 'f':
			prog_status = (int)number(optarg, 255);
			opts.told = true;
			break;
		case 'h':
			usage(stdout, 0);
		case 'l':
			opts.listen = true;
			break;
		case 'p':
			opts.port = (uint16_t)number(optarg, UINT16_MAX);
			break;
		case 'V':
			(void)puts("pod-metadata " RKT_VERSION);
			prog_finish();
			exit(0);
		default:
			wrong_usage();
		}
	}
	if (optind < argc || (opts.listen && opts.address))
		wrong_usage();
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
		if (!opts.told)
			prog_status = EX_USAGE;
		prog_die("stdin: no connection");
	}
	connection_serve(STDIN_FILENO, &caller);
	return 0;
}
