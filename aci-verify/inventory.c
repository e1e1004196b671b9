/* SPDX-License-Identifier: Apache-2.0 */
/* inventory - all key files there are, and what each is worth */

#include <err.h>
#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "alloc.h"
#include "escape.h"
#include "home.h"
#include "inventory.h"
#include "keystore.h"
#include "record.h"
#include "roster.h"
#include "scope.h"
#include "table.h"

/* What gpg says of those of the keys that count, or of those that do not. */
static json_t *
ask_gpg(const struct keystore *all, bool masked)
{
	struct keystore some = {
		.keys = xcalloc(all->count + 1, sizeof *some.keys),
	};
	autofree struct trusted_key *keys = some.keys;
	autofree char *failed = NULL;
	autofree char *why = NULL;
	struct home home;
	json_t *roster;

	for (size_t i = 0; i < all->count; i++)
		if (all->keys[i].broken == NULL &&
		    all->keys[i].masked == masked)
			keys[some.count++] = all->keys[i];
	if (some.count == 0)
		return json_array();
	if (home_make(&home, &some, &failed) < 0) {
		autofree char *where = escape(failed);

		err(EX_CANTCREAT, "%s", where);
	}
	roster = roster_read(&home, &some, &why);
	home_remove(&home);
	if (roster == NULL)
		errx(EX_UNAVAILABLE, "%s", why);
	return roster;
}

/* One file, with what gpg says of its key (NULL: nothing). */
static json_t *
item(const struct trusted_key *key, const json_t *known)
{
	const char *broken = key->broken;
	const char *state = record_string(known, "state");
	autofree char *fingerprint = escape(key->fingerprint);
	autofree char *path = escape(key->path);
	json_t *identities = json_object_get(known, "identities");
	json_t *object;

	identities =
	    identities != NULL ? json_incref(identities) : json_array();
	if (broken == NULL && known == NULL)
		broken = "holds another key";
	if (broken != NULL)
		state = "broken";
	else if (key->masked)
		state = "masked";
	object = json_pack("{ss ss ss so ss sb}", "prefix", key->prefix,
	    "fingerprint", fingerprint, "state", state, "identities",
	    identities, "file", path, "system", key->system);
	if (broken != NULL)
		(void)json_object_set_new(object, "why", json_string(broken));
	return object;
}

/* By prefix, fingerprint, and the file that counts first. */
static int
compare(const void *one, const void *other)
{
	const struct trusted_key *a = one, *b = other;
	int order = strcmp(a->prefix, b->prefix);

	if (order == 0)
		order = strcmp(a->fingerprint, b->fingerprint);
	return order != 0 ? order : a->system - b->system;
}

json_t *
inventory_read(const char *prefix)
{
	struct keystore store;
	autofree char *why = NULL;
	autojson json_t *good = NULL;
	autojson json_t *masked = NULL;
	json_t *list = json_array();

	if (keystore_survey(&store, &why) < 0)
		errx(EX_CONFIG, "%s", why);
	if (store.count > 0)
		qsort(store.keys, store.count, sizeof *store.keys, compare);
	good = ask_gpg(&store, false);
	masked = ask_gpg(&store, true);
	for (size_t i = 0; i < store.count; i++) {
		const struct trusted_key *key = &store.keys[i];

		if (prefix == NULL || strcmp(prefix, key->prefix) == 0)
			(void)json_array_append_new(list,
			    item(key, roster_find(key->masked ? masked : good,
					  key->fingerprint)));
	}
	keystore_free(&store);
	return list;
}

static void
add_row(struct table *table, const json_t *key)
{
	const char *prefix = record_string(key, "prefix");
	const char *identity = json_string_value(
	    json_array_get(json_object_get(key, "identities"), 0));

	table_add(table, *prefix == '\0' ? "*" : prefix);
	table_add(table, record_string(key, "fingerprint"));
	table_add(table, record_string(key, "state"));
	table_add(table, identity == NULL ? "-" : identity);
	table_add(table, record_string(key, "file"));
}

void
inventory_print(const json_t *inventory, bool legend)
{
	static const char *const headings[] = { "PREFIX", "FINGERPRINT",
		"STATE", "IDENTITY", "FILE" };
	enum { COLUMNS = sizeof headings / sizeof *headings };
	struct table table = { .columns = COLUMNS };

	for (size_t i = 0; legend && i < COLUMNS; i++)
		table_add(&table, headings[i]);
	for (size_t i = 0; i < json_array_size(inventory); i++)
		add_row(&table, json_array_get(inventory, i));
	table_print(&table);
	for (size_t i = 0; i < json_array_size(inventory); i++) {
		const json_t *key = json_array_get(inventory, i);
		const char *why = record_string(key, "why");

		if (why != NULL)
			warnx("%s: %s", record_string(key, "file"), why);
	}
}
