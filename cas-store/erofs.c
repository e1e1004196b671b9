/* SPDX-License-Identifier: Apache-2.0 */
/* erofs - an index: an EROFS image of metadata, whose data is in tar archives
 *
 * The layout is in format.h.  First every inode is placed, then all is written
 * from the beginning to the end.  What is known of an inode is read again for
 * that: the entries are in the order of the inodes, and memory is dearer.
 */

#include <endian.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "alloc.h"
#include "dirents.h"
#include "erofs.h"
#include "output.h"
#include "scope.h"
#include "shape.h"

struct writer {
	struct compose *compose;
	struct spill *spill;
	const unsigned char *uuid;
	uint32_t device_count;
	uint64_t blocks_at; /* the next block of its own for a body */
	uint64_t size;      /* of the index */
	struct output output;
	struct fault *fault;
};

/* What is known of an inode that is placed or written. */
struct file {
	uint32_t inode;
	struct entry entry;
	struct shape shape;
	uint64_t at; /* where it lies */
};

/* The data of a file, or of a piece of it, is inside its archive. */
static int
check_data(const struct writer *writer, const struct entry *entry,
    uint64_t where, uint64_t length)
{
	const struct compose *compose = writer->compose;
	uint64_t size;

	if (entry->device == 0 || entry->device > compose->device_count)
		return fault_set(writer->fault, EX_SOFTWARE,
		    "a file on device %u", entry->device);
	size = compose->devices[entry->device - 1].size;
	if (where % BLOCK == 0 && where <= size && length <= size - where &&
	    shape_align(length, BLOCK) <= size - where)
		return 0;
	return fault_set(writer->fault, EX_DATAERR,
	    "the data of a file is not in its archive");
}

static int
check_file(const struct writer *writer, const struct entry *entry)
{
	if (entry->type != '0' || entry->size == 0)
		return 0;
	if (!entry->sparse)
		return check_data(writer, entry, entry->data, entry->size);
	for (size_t i = 0; i < entry->extent_count; i++)
		if (check_data(writer, entry, entry->extents[i].where,
			entry->extents[i].length) < 0)
			return -1;
	return 0;
}

/* In the last device it is a file as any other. */
static void
take_spilled(const struct writer *writer, struct entry *entry, uint64_t at)
{
	entry->sparse = false;
	entry->extent_count = 0;
	entry->device = writer->compose->device_count + 1;
	entry->data = at;
}

/* Placing. */

static int
load(struct writer *writer, uint32_t inode, struct file *file)
{
	struct compose *compose = writer->compose;
	uint32_t at = tree_at(&compose->tree, inode)->entry;

	file->inode = inode;
	return entries_look(&compose->entries, at, &file->entry);
}

static int
shape(struct writer *writer, struct file *file)
{
	return shape_of(&writer->compose->tree, file->inode, &file->entry,
	    &file->shape, writer->fault);
}

static int
spill_if_needed(struct writer *writer, struct file *file)
{
	const struct entry *entry = &file->entry;
	struct spill *spill = writer->spill;
	uint64_t at = spill->size;

	if (entry->type != '0' || !entry->sparse || shape_has_table(entry))
		return 0;
	if (spill_add(spill, file->inode, entry,
		writer->compose->devices[entry->device - 1].fd) < 0)
		return -1;
	take_spilled(writer, &file->entry, at);
	return 0;
}

static int
place_inode(struct writer *writer, uint32_t inode, uint64_t *at)
{
	struct tree *tree = &writer->compose->tree;
	struct file file;

	if (load(writer, inode, &file) < 0 ||
	    check_file(writer, &file.entry) < 0 ||
	    spill_if_needed(writer, &file) < 0 || shape(writer, &file) < 0)
		return -1;
	file.at = shape_place(&file.shape, *at);
	tree_at(tree, inode)->place = (uint32_t)(file.at >> NID_BITS);
	*at = shape_align(
	    shape_end(&file.shape, file.at), (uint64_t)1 << NID_BITS);
	/* Of bodies it is only known yet how much room they take. */
	writer->blocks_at += shape_blocks(&file.shape);
	return 0;
}

/* Where the inodes begin; a spill may become one more archive. */
static uint64_t
inodes_begin(const struct writer *writer)
{
	return shape_align(
	    SLOTS + (uint64_t)SLOT * (writer->compose->device_count + 1),
	    1 << NID_BITS);
}

static int
place_all(struct writer *writer)
{
	const struct tree *tree = &writer->compose->tree;
	uint64_t at = inodes_begin(writer);

	for (uint32_t i = TREE_ROOT; i < tree->count; i++)
		if (tree_at(tree, i)->place != 0 &&
		    place_inode(writer, i, &at) < 0)
			return -1;
	at = shape_align(at, BLOCK);
	writer->size = at + writer->blocks_at;
	writer->blocks_at = at;
	writer->device_count =
	    writer->compose->device_count + (writer->spill->fd >= 0);
	/* The root's number is of 16 bits, others and blocks of 32. */
	if (tree_at(tree, TREE_ROOT)->place > UINT16_MAX ||
	    writer->size >> NID_BITS > UINT32_MAX)
		return fault_set(writer->fault, EX_DATAERR,
		    "too many archives or files for an index");
	return 0;
}

/* Writing. */

static int
put(struct writer *writer, const void *bytes, uint64_t length)
{
	return output_put(&writer->output, bytes, length) < 0
		   ? fault_errno(writer->fault, "index")
		   : 0;
}

static int
pad(struct writer *writer, uint64_t to)
{
	return output_pad(&writer->output, to) < 0
		   ? fault_errno(writer->fault, "index")
		   : 0;
}

/* An archive's slot; its tag is for people. */
static void
fill_slot(const struct writer *writer, uint32_t i, unsigned char *bytes)
{
	const struct compose *compose = writer->compose;
	bool spilled = i == compose->device_count;
	uint64_t size =
	    spilled ? writer->spill->size : compose->devices[i].size;
	struct slot slot = {
		.blocks = htole32((uint32_t)(size >> BLOCK_BITS)),
	};

	memcpy(slot.tag, spilled ? "spill" : compose->devices[i].blob + 7,
	    spilled ? sizeof "spill" : sizeof slot.tag);
	memcpy(bytes, &slot, sizeof slot);
}

static int
put_super(struct writer *writer)
{
	const struct tree *tree = &writer->compose->tree;
	size_t size = sizeof(struct superblock) + SLOT * writer->device_count;
	autofree unsigned char *bytes = xcalloc(size < BLOCK ? BLOCK : size, 1);
	struct superblock super = {
		.magic = htole32(MAGIC),
		.compat = htole32(COMPAT_SB_CHECKSUM | COMPAT_MTIME),
		.block_bits = BLOCK_BITS,
		.root_nid = htole16((uint16_t)tree_at(tree, TREE_ROOT)->place),
		.inodes = htole64(tree->reached),
		.blocks = htole32((uint32_t)(writer->size >> BLOCK_BITS)),
		.incompat = htole32(INCOMPAT_CHUNKED | INCOMPAT_DEVICES),
		.devices = htole16((uint16_t)writer->device_count),
		.device_slot = htole16(SLOTS / SLOT),
	};

	memcpy(super.uuid, writer->uuid, sizeof super.uuid);
	for (uint32_t i = 0; i < writer->device_count; i++)
		fill_slot(writer, i, bytes + sizeof super + (size_t)i * SLOT);
	memcpy(bytes, &super, sizeof super);
	return pad(writer, SUPER) < 0 ? -1 : put(writer, bytes, size);
}

static uint32_t
inode_u(const struct writer *writer, const struct file *file)
{
	const struct entry *entry = &file->entry;

	if (file->shape.layout == LAYOUT_CHUNK)
		return CHUNK_INDEXES | file->shape.chunk_bits;
	if (shape_blocks(&file->shape) > 0)
		return (uint32_t)(writer->blocks_at >> BLOCK_BITS);
	if (entry->type == '3' || entry->type == '4')
		return (entry->minor & 0xff) | entry->major << 8 |
		       (entry->minor & ~0xffU) << 12;
	return 0;
}

static int
put_xattrs(struct writer *writer, const struct entry *entry)
{
	const struct xattr_header header = { 0 };

	if (entry->xattr_count == 0)
		return 0;
	if (put(writer, &header, sizeof header) < 0)
		return -1;
	for (size_t i = 0; i < entry->xattr_count; i++) {
		const struct xattr *x = &entry->xattrs[i];
		const char *rest = NULL;
		uint8_t prefix = shape_prefix(x->name, &rest);
		struct xattr_entry head = {
			.name_length = (uint8_t)strlen(rest),
			.prefix = prefix,
			.value_size = htole16((uint16_t)x->size),
		};

		if (put(writer, &head, sizeof head) < 0 ||
		    put(writer, rest, strlen(rest)) < 0 ||
		    put(writer, x->value, x->size) < 0 ||
		    pad(writer, shape_align(writer->output.written, 4)) < 0)
			return -1;
	}
	return 0;
}

/* The block of a file's chunk; *extent is the piece to look at next. */
static uint32_t
chunk_block(const struct entry *entry, uint64_t offset, size_t *extent)
{
	const struct extent *e;

	if (!entry->sparse)
		return (uint32_t)((entry->data + offset) >> BLOCK_BITS);
	while (
	    *extent < entry->extent_count &&
	    entry->extents[*extent].offset + entry->extents[*extent].length <=
		offset)
		(*extent)++;
	if (*extent == entry->extent_count)
		return NO_BLOCK;
	e = &entry->extents[*extent];
	if (e->offset > offset)
		return NO_BLOCK;
	return (uint32_t)((e->where + offset - e->offset) >> BLOCK_BITS);
}

static int
put_chunks(struct writer *writer, const struct file *file)
{
	const struct shape *shape = &file->shape;
	size_t extent = 0;

	if (pad(writer, shape_table(shape, file->at)) < 0)
		return -1;
	for (uint64_t i = 0; i < shape->chunks; i++) {
		uint64_t offset = i << (BLOCK_BITS + shape->chunk_bits);
		struct chunk_index index = {
			.device = htole16((uint16_t)file->entry.device),
			.block =
			    htole32(chunk_block(&file->entry, offset, &extent)),
		};

		if (put(writer, &index, sizeof index) < 0)
			return -1;
	}
	return 0;
}

/* The bytes of a directory or link text; the caller frees them. */
static unsigned char *
make_body(const struct writer *writer, const struct file *file)
{
	uint64_t size = file->shape.body;
	unsigned char *body = xcalloc((size_t)shape_align(size, BLOCK), 1);

	if (file->entry.type == '2')
		memcpy(body, file->entry.link, (size_t)size);
	else
		dirents_fill(&writer->compose->tree, file->inode, body);
	return body;
}

static int
put_tail(struct writer *writer, const struct file *file)
{
	autofree unsigned char *body = make_body(writer, file);

	return put(writer, body + shape_blocks(&file->shape),
	    file->shape.body % BLOCK);
}

/* Of a directory 2 and those in it, of which each has its "..". */
static uint32_t
link_count(const struct tree *tree, uint32_t inode)
{
	uint32_t count = 2, id = tree_at(tree, inode)->names;

	if (!tree_is_dir(tree, inode))
		return tree_at(tree, inode)->nlink;
	for (; id != 0; id = names_at(&tree->names, id)->right)
		count += tree_is_dir(tree, names_at(&tree->names, id)->inode);
	return count;
}

static int
put_head(struct writer *writer, const struct file *file)
{
	const struct tree *tree = &writer->compose->tree;
	const struct entry *entry = &file->entry;
	const struct shape *shape = &file->shape;
	uint32_t type = entry_type(entry);
	struct disk_inode disk = {
		.format = htole16((uint16_t)(1 | shape->layout << 1)),
		.mode = htole16(
		    (uint16_t)(type | (type == S_IFLNK ? 0777 : entry->mode))),
		.size = htole64(entry->type == '0' ? entry->size : shape->body),
		.u = htole32(inode_u(writer, file)),
		.ino = htole32(file->inode),
		.uid = htole32(entry->uid),
		.gid = htole32(entry->gid),
		.mtime = htole64((uint64_t)entry->mtime),
		.mtime_nsec = htole32(entry->mtime_nsec),
		.nlink = htole32(link_count(tree, file->inode)),
	};

	if (shape->xattr_size > 0)
		disk.xattr_count =
		    htole16((uint16_t)((shape->xattr_size -
					   sizeof(struct xattr_header)) /
					   4 +
				       1));
	return put(writer, &disk, sizeof disk);
}

/* The same file as it was placed. */
static int
reload(struct writer *writer, uint32_t inode, struct file *file)
{
	uint64_t at = 0;

	if (load(writer, inode, file) < 0)
		return -1;
	if (spill_has(writer->spill, inode, &at))
		take_spilled(writer, &file->entry, at);
	if (shape(writer, file) < 0)
		return -1;
	file->at = (uint64_t)tree_at(&writer->compose->tree, inode)->place
		   << NID_BITS;
	(void)shape_place(&file->shape, file->at);
	return 0;
}

static int
put_inode(struct writer *writer, uint32_t inode)
{
	struct file file;

	if (reload(writer, inode, &file) < 0 || pad(writer, file.at) < 0 ||
	    put_head(writer, &file) < 0 || put_xattrs(writer, &file.entry) < 0)
		return -1;
	writer->blocks_at += shape_blocks(&file.shape);
	if (file.shape.layout == LAYOUT_CHUNK)
		return put_chunks(writer, &file);
	if (file.shape.layout == LAYOUT_INLINE)
		return put_tail(writer, &file);
	return 0;
}

/* The blocks of what does not lie behind its inode; files have none. */
static int
put_blocks(struct writer *writer, uint32_t inode)
{
	uint32_t type = tree_at(&writer->compose->tree, inode)->type << 12;
	autofree unsigned char *body = NULL;
	struct file file;

	if (type != S_IFDIR && type != S_IFLNK)
		return 0;
	if (reload(writer, inode, &file) < 0)
		return -1;
	if (shape_blocks(&file.shape) == 0)
		return 0;
	body = make_body(writer, &file);
	return put(writer, body, shape_blocks(&file.shape));
}

static int
put_each(
    struct writer *writer, int (*visit)(struct writer *writer, uint32_t inode))
{
	const struct tree *tree = &writer->compose->tree;

	for (uint32_t i = TREE_ROOT; i < tree->count; i++)
		if (tree_at(tree, i)->place != 0 && visit(writer, i) < 0)
			return -1;
	return 0;
}

static int
put_all(struct writer *writer)
{
	if (put_super(writer) < 0 || put_each(writer, put_inode) < 0 ||
	    pad(writer, shape_align(writer->output.written, BLOCK)) < 0)
		return -1;
	return put_each(writer, put_blocks);
}

int
erofs_write(int fd, struct compose *compose, struct spill *spill,
    const unsigned char uuid[16], struct fault *fault)
{
	struct writer writer = {
		.compose = compose,
		.spill = spill,
		.uuid = uuid,
		.fault = fault,
	};
	int result;

	if (place_all(&writer) < 0)
		return -1;
	output_start(&writer.output, fd);
	result = put_all(&writer);
	if (output_end(&writer.output) < 0 && result == 0)
		result = fault_errno(fault, "index");
	return result;
}
