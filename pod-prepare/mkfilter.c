/* SPDX-License-Identifier: Apache-2.0 */
/* mkfilter - writes system call filters as a C header */
/*
 * Run by make: "mkfilter default", for pod-enter alone, is what every app gets
 * whose image has no set of its own; "mkfilter confine", for lib/confine.c, has
 * one filter for each list of lib/confine-calls.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf.h"
#include "confine-calls.h"
#include "prog.h"
#include "scope.h"
#include "syscalls.h"

static void
print(const char *name, const struct verdicts *verdicts)
{
	size_t count = 0;
	autofree struct sock_filter *code = bpf_compile(verdicts, &count);

	(void)printf("static const struct sock_filter %s_filter[] = {\n", name);
	for (size_t i = 0; i < count; i++)
		(void)printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", code[i].code,
		    code[i].jt, code[i].jf, code[i].k);
	(void)puts("};");
}

int
main(int argc, char *argv[])
{
	struct verdicts verdicts;

	prog_start();
	if (argc == 2 && strcmp(argv[1], "default") == 0) {
		syscalls_default(&verdicts);
		print("default", &verdicts);
	} else {
		for (const struct confine_calls *c = confine_calls;
		     c->name != NULL; c++) {
			autofree char *unknown =
			    syscalls_only(c->words, &verdicts);

			if (unknown != NULL)
				prog_diex("no such system call: %s", unknown);
			print(c->name, &verdicts);
		}
	}
	prog_finish();
	return 0;
}
