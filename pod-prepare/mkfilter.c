/* SPDX-License-Identifier: Apache-2.0 */
/* mkfilter - writes the default system call filter as a C header */
/*
 * Run by make: mkfilter >default-filter.h.  Only pod-enter includes it.
 */

#include <stdio.h>
#include <stdlib.h>

#include "bpf.h"
#include "prog.h"
#include "scope.h"
#include "syscalls.h"

int
main(void)
{
	struct verdicts verdicts;
	autofree struct sock_filter *code = NULL;
	size_t count;

	prog_start();
	syscalls_default(&verdicts);
	code = bpf_compile(&verdicts, &count);
	puts("static const struct sock_filter default_filter[] = {");
	for (size_t i = 0; i < count; i++)
		printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", code[i].code,
		    code[i].jt, code[i].jf, code[i].k);
	puts("};");
	prog_finish();
	return 0;
}
