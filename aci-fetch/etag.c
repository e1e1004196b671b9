/* SPDX-License-Identifier: Apache-2.0 */
/* etag - the name that a server has given to a state of something */

#include <stddef.h>
#include <string.h>

#include "etag.h"

bool
etag_usable(const char *etag)
{
	if (etag == NULL || *etag == '\0' || strlen(etag) > ETAG_MAX)
		return false;
	for (; *etag != '\0'; etag++)
		if (*etag < ' ' || *etag > '~')
			return false;
	return true;
}

bool
etag_strong(const char *etag)
{
	return etag_usable(etag) && *etag == '"' && strlen(etag) > 2 &&
	       etag[strlen(etag) - 1] == '"';
}
