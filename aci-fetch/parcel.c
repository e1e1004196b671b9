/* SPDX-License-Identifier: Apache-2.0 */
/* parcel - the files of one image of docker or OCI kind, as a record has them
 */

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "filter.h"
#include "parcel.h"
#include "prog.h"
#include "scope.h"
#include "store.h"

struct parcel *
parcel_new(void)
{
	struct parcel *parcel = xcalloc(1, sizeof *parcel);

	parcel->manifest.fd = -1;
	parcel->config.fd = -1;
	for (size_t i = 0; i < OCI_LAYERS_MAX; i++)
		parcel->layers[i].fd = -1;
	return parcel;
}

void
parcel_free(struct parcel *parcel)
{
	if (parcel == NULL)
		return;
	spool_close(&parcel->manifest);
	spool_close(&parcel->config);
	for (size_t i = 0; i < OCI_LAYERS_MAX; i++)
		spool_close(&parcel->layers[i]);
	for (size_t i = 0; i < parcel->signature_count; i++)
		spool_close(&parcel->signatures[i]);
	free(parcel->digest);
	free(parcel->type);
	oci_manifest_free(parcel->oci);
	strings_free(&parcel->diff_ids);
	free(parcel);
}

bool
parcel_has_layer(const struct parcel *parcel, int cas, size_t index)
{
	const struct oci_blob *layers = parcel->oci->layers;
	autofree char *path = store_blob(parcel->diff_ids.list[index]);
	struct stat blob;

	if (fstatat(cas, path, &blob, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	for (size_t i = 0; i < index; i++)
		if (strcmp(layers[i].digest, layers[index].digest) == 0)
			return true;
	return false;
}

/* The file of the layer at index, which may be there twice, by a new name. */
static char *
layer_path(struct parcel *parcel, size_t index)
{
	const struct oci_blob *layers = parcel->oci->layers;
	struct spool twin;
	size_t first = 0;

	while (strcmp(layers[first].digest, layers[index].digest) != 0)
		first++;
	if (parcel->layers[first].fd < 0)
		return NULL;
	/* Each name belongs to the pipe, which removes it once. */
	twin = parcel->layers[first];
	twin.path = NULL;
	spool_name(&twin);
	return twin.path;
}

static json_t *
layer_member(struct parcel *parcel, size_t index)
{
	const struct oci_blob *layer = &parcel->oci->layers[index];
	autofree char *path = layer_path(parcel, index);
	json_t *member = json_pack("{ss,ss,sI}", "digest", layer->digest,
	    "mediaType", layer->type, "size", (json_int_t)layer->size);

	if (path != NULL)
		(void)json_object_set_new(member, "path", json_string(path));
	else
		(void)json_object_set_new(member, "diffID",
		    json_string(parcel->diff_ids.list[index]));
	return member;
}

json_t *
parcel_member(struct parcel *parcel, const char *url)
{
	json_t *layers = json_array();
	json_t *signatures = json_array();
	json_t *member;

	spool_name(&parcel->manifest);
	spool_name(&parcel->config);
	for (size_t i = 0; i < parcel->oci->layer_count; i++)
		(void)json_array_append_new(layers, layer_member(parcel, i));
	for (size_t i = 0; i < parcel->signature_count; i++) {
		spool_name(&parcel->signatures[i]);
		(void)json_array_append_new(
		    signatures, json_string(parcel->signatures[i].path));
	}
	member = json_pack("{ss,ss,ss,ss,ss,so,so}", "url", url, "digest",
	    parcel->digest, "manifest", parcel->manifest.path, "config",
	    parcel->config.path, "mediaType", parcel->type, "layers", layers,
	    "signatures", signatures);
	if (member == NULL)
		filter_failx(EX_DATAERR, "stdout: not UTF-8");
	return member;
}
