/* SPDX-License-Identifier: Apache-2.0 */
/* metadata - what the metadata service tells a pod of itself */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "actype.h"
#include "alloc.h"
#include "broker.h"
#include "manifest.h"
#include "metadata.h"
#include "path.h"
#include "publish.h"
#include "reply.h"
#include "request.h"
#include "scope.h"

/* One request, and who asked. */
struct task {
	const struct request *request;
	int broker;
	const char *uuid;
	char *bytes; /* of the pod's manifest */
	size_t length;
	struct pod_manifest *pod;
	const struct pod_app *app; /* of which it is, or NULL */
};

struct route {
	const char *path;
	bool deep; /* names may follow */
	const char *method;
	/* With what follows: a name, or "". */
	void (*serve)(
	    const struct task *task, const char *name, struct reply *reply);
};

/* All of them, or the one of a name. */
static void
annotations(const struct labels *labels, const char *name, struct reply *reply)
{
	const char *value;

	if (*name == '\0') {
		json_t *json =
		    labels->count == 0 ? json_null() : labels_json(labels);

		reply_json(reply, json);
		json_decref(json);
		return;
	}
	if (acidentifier_check(name) != NULL) {
		reply->status = 400;
		return;
	}
	value = labels_get(labels, name);
	reply->status = 404;
	if (value != NULL)
		reply_text(reply, value);
}

static void
pod_annotations(const struct task *task, const char *name, struct reply *reply)
{
	annotations(&task->pod->annotations, name, reply);
}

static void
pod_manifest(const struct task *task, const char *name, struct reply *reply)
{
	(void)name;
	reply_bytes(reply, task->bytes, task->length);
}

static void
pod_uuid(const struct task *task, const char *name, struct reply *reply)
{
	(void)name;
	reply_text(reply, task->uuid);
}

/* The content of a form, for the broker; every form has one. */
static bool
read_content(const struct task *task, struct ask *ask, struct reply *reply)
{
	size_t length = 0;

	reply->status = 415;
	if (!task->request->form)
		return false;
	reply->status = 400;
	if (request_field(task->request, "content", ask->content, &length) != 1)
		return false;
	ask->length = (uint32_t)length;
	return true;
}

static void
hmac_sign(const struct task *task, const char *name, struct reply *reply)
{
	struct ask ask = { .kind = ASK_SIGN };
	struct answer answer;
	int file;

	(void)name;
	if (!read_content(task, &ask, reply))
		return;
	reply->status = 500;
	if (broker_ask(task->broker, &ask, &answer, &file) < 0)
		return;
	reply->status = answer.status;
	if (answer.status == 200)
		reply_base64(reply, answer.signature, sizeof answer.signature);
}

/* Version 0.5 called the UUID uid. */
static bool
read_uuid(const struct request *request, struct ask *ask)
{
	char value[REQUEST_MAX];
	size_t length;
	int found = request_field(request, "uuid", value, &length);

	if (found == 0)
		found = request_field(request, "uid", value, &length);
	if (found != 1 || length != UUID_SIZE - 1)
		return false;
	memcpy(ask->uuid, value, length);
	ask->uuid[length] = '\0';
	return uuid_valid(ask->uuid);
}

static void
hmac_verify(const struct task *task, const char *name, struct reply *reply)
{
	struct ask ask = { .kind = ASK_VERIFY };
	char value[REQUEST_MAX];
	struct answer answer;
	size_t length;
	int file;

	(void)name;
	if (!read_content(task, &ask, reply))
		return;
	reply->status = 400;
	if (!read_uuid(task->request, &ask) ||
	    request_field(task->request, "signature", value, &length) != 1 ||
	    !reply_unbase64(value, length, ask.signature, sizeof ask.signature))
		return;
	reply->status = 500;
	if (broker_ask(task->broker, &ask, &answer, &file) == 0)
		reply->status = answer.status;
}

/* The exact bytes, for the caller; NULL, with the reply's status set. */
static char *
read_image(const struct task *task, size_t *length, struct reply *reply)
{
	struct ask ask = { .kind = ASK_IMAGE };
	struct answer answer;
	autofd int file = -1;
	char *bytes;

	reply->status = 500;
	if (strlen(task->app->name) >= sizeof ask.app)
		return NULL;
	memcpy(ask.app, task->app->name, strlen(task->app->name));
	if (broker_ask(task->broker, &ask, &answer, &file) < 0)
		return NULL;
	reply->status = answer.status;
	bytes = file < 0 ? NULL : path_read_fd(file, MANIFEST_MAX, length);
	if (bytes == NULL && answer.status == 200)
		reply->status = 500;
	return bytes;
}

static void
image_manifest(const struct task *task, const char *name, struct reply *reply)
{
	size_t length;
	autofree char *bytes = read_image(task, &length, reply);

	(void)name;
	if (bytes != NULL)
		reply_bytes(reply, bytes, length);
}

static void
image_id(const struct task *task, const char *name, struct reply *reply)
{
	(void)name;
	reply_text(reply, task->app->image_id);
}

/* The image's, and above them those that the pod gives the app. */
static void
app_annotations(const struct task *task, const char *name, struct reply *reply)
{
	const struct labels *own = &task->app->annotations;
	size_t length;
	autofree char *bytes = read_image(task, &length, reply);
	autofree char *why = NULL;
	struct image_manifest *image;

	if (bytes == NULL)
		return;
	image = image_manifest_parse(bytes, length, &why);
	reply->status = 500;
	if (image == NULL)
		return;
	for (size_t i = 0; i < own->count; i++)
		labels_set(
		    &image->annotations, own->list[i].name, own->list[i].value);
	annotations(&image->annotations, name, reply);
	image_manifest_free(image);
}

static const struct route pod_routes[] = {
	{ "annotations", true, "GET", pod_annotations },
	{ "manifest", false, "GET", pod_manifest },
	{ "uuid", false, "GET", pod_uuid },
	{ "hmac/sign", false, "POST", hmac_sign },
	{ "hmac/verify", false, "POST", hmac_verify },
	{ 0 },
};

static const struct route app_routes[] = {
	{ "annotations", true, "GET", app_annotations },
	{ "image/manifest", false, "GET", image_manifest },
	{ "image/id", false, "GET", image_id },
	{ 0 },
};

/* What follows prefix/ in path; NULL if that is not how it begins. */
static const char *
behind(const char *path, const char *prefix)
{
	const size_t length = strlen(prefix);

	if (strncmp(path, prefix, length) != 0 || path[length] != '/')
		return NULL;
	return path + length + 1;
}

static void
follow(const struct route *routes, const struct task *task, const char *path,
    struct reply *reply)
{
	for (; routes->path != NULL; routes++) {
		const char *name =
		    routes->deep ? behind(path, routes->path) : NULL;

		if (name == NULL && strcmp(path, routes->path) == 0)
			name = "";
		if (name == NULL)
			continue;
		if (strcmp(task->request->method, routes->method) == 0) {
			routes->serve(task, name, reply);
			return;
		}
		reply->status = 405;
		reply->allow = routes->method;
		return;
	}
	reply->status = 404;
}

/* NAME/… of one of the pod's apps. */
static void
follow_app(struct task *task, const char *path, struct reply *reply)
{
	const char *rest = strchrnul(path, '/');
	autofree char *name = xstrndup(path, (size_t)(rest - path));

	if (acname_check(name) != NULL) {
		reply->status = 400;
		return;
	}
	for (size_t i = 0; i < task->pod->app_count; i++)
		if (strcmp(task->pod->apps[i].name, name) == 0)
			task->app = &task->pod->apps[i];
	reply->status = 404;
	if (task->app != NULL && *rest == '/')
		follow(app_routes, task, rest + 1, reply);
}

static void
follow_all(struct task *task, const char *path, struct reply *reply)
{
	const char *version = behind(path, "acMetadata/v1");
	const char *pod = version == NULL ? NULL : behind(version, "pod");
	const char *apps = version == NULL ? NULL : behind(version, "apps");
	autofree char *why = NULL;

	reply->status = 404;
	if (pod == NULL && apps == NULL)
		return;
	task->pod = pod_manifest_parse(task->bytes, task->length, &why);
	if (task->pod == NULL)
		reply->status = 500;
	else if (pod != NULL)
		follow(pod_routes, task, pod, reply);
	else
		follow_app(task, apps, reply);
	pod_manifest_free(task->pod);
}

/* /TOKEN/…; of a request without one nothing more is looked at. */
static void
find_reply(const struct request *request, int broker, struct reply *reply)
{
	const char *token = request->path + 1;
	const char *rest = strchrnul(token, '/');
	struct ask ask = { .kind = ASK_POD };
	struct answer answer;
	autofd int file = -1;
	struct task task = { .request = request, .broker = broker };

	reply->status = 401;
	if ((size_t)(rest - token) >= sizeof ask.token)
		return;
	memcpy(ask.token, token, (size_t)(rest - token));
	if (broker_ask(broker, &ask, &answer, &file) < 0)
		answer.status = 500;
	reply->status = answer.status;
	if (file < 0)
		return;
	answer.uuid[UUID_SIZE - 1] = '\0';
	task.uuid = answer.uuid;
	task.bytes = path_read_fd(file, MANIFEST_MAX, &task.length);
	reply->status = 500;
	if (task.bytes == NULL)
		return;
	follow_all(&task, *rest == '/' ? rest + 1 : rest, reply);
	free(task.bytes);
}

void
metadata_serve(int connection, int broker)
{
	static struct request request;
	static char bytes[REQUEST_MAX];
	struct reply reply = { .status = REQUEST_MORE };
	size_t length = 0;

	while (reply.status == REQUEST_MORE) {
		const ssize_t n =
		    read(connection, bytes + length, sizeof bytes - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		length += (size_t)n;
		reply.status = request_parse(bytes, length, &request);
	}
	if (reply.status == REQUEST_WHOLE)
		find_reply(&request, broker, &reply);
	reply_send(connection, &reply);
}
