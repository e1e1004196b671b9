/* SPDX-License-Identifier: Apache-2.0 */
/* metadata - where a pod finds the metadata service */

#include "metadata.h"
#include "alloc.h"
#include "pod.h"
#include "prog.h"
#include "ticket.h"

char *
metadata_url(const struct pod *pod, const json_t *run, bool own_network)
{
	struct ticket token;

	if (!json_is_true(json_object_get(run, "mdsRegister")))
		return NULL;
	if (ticket_read(pod->dir, &token) < 0)
		prog_die("pod %s: token", pod->uuid);
	return xasprintf("http://%s/%s",
	    own_network ? "169.254.169.255" : "127.0.0.1:18112", token.text);
}
