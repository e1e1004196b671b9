/* SPDX-License-Identifier: Apache-2.0 */
/* inflate - the tar out of what an image is distributed as
 *
 * ISA-L does gzip at two to three times zlib's speed; the other libraries are
 * used as they are.  All of them in the same frame, since each has its own idea
 * of what may stand behind a stream: here it is another stream of the kind, or
 * the end of the file.
 */

#include <bzlib.h>
#include <isa-l/igzip_lib.h>
#include <limits.h>
#include <lzma.h>
#include <string.h>
#include <sysexits.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "alloc.h"
#include "inflate.h"

/*
 * How much of what came before a stream may refer to is its maker's choice,
 * and our memory: a file that asks for more is refused.  So xz -8 (32 MiB) is
 * as far as it goes, and zstd --long=25.
 */
enum {
	XZ_MEMORY = 40 * 1024 * 1024,
	ZSTD_WINDOW_BITS = 25,
	USTAR_MAGIC = 257,
};

enum step { STEP_MORE, STEP_END, STEP_BAD, STEP_MEMORY };

struct codec {
	const char *name;
	size_t state_size;
	bool (*begin)(void *state); /* also: begin anew */
	enum step (*step)(struct inflate *, void *state);
	void (*end)(void *state);
	const char *magic;
	size_t magic_length;
};

/* What every state begins with. */
struct stream {
	bool inside; /* a compressed stream has begun and not ended */
	bool any;    /* one has ended */
};

struct gzip {
	struct stream stream;
	struct inflate_state isal;
};

struct bzip2 {
	struct stream stream;
	bz_stream bz;
};

struct xz {
	struct stream stream;
	lzma_stream lzma;
};

struct zstd {
	struct stream stream;
	ZSTD_DStream *zstd;
};

/* The libraries count in 32 bits. */
static unsigned
clamp(size_t n)
{
	return n > INT_MAX ? INT_MAX : (unsigned)n;
}

static bool
gzip_begin(void *state)
{
	struct gzip *gzip = state;

	isal_inflate_init(&gzip->isal);
	gzip->isal.crc_flag = ISAL_GZIP;
	return true;
}

static enum step
gzip_step(struct inflate *inflate, void *state)
{
	struct inflate_state *isal = &((struct gzip *)state)->isal;
	unsigned in = clamp(inflate->left_in), out = clamp(inflate->left_out);
	int result;

	/* The library takes what it only reads without const. */
	memcpy(&isal->next_in, &inflate->next_in, sizeof isal->next_in);
	isal->avail_in = in;
	isal->next_out = inflate->next_out;
	isal->avail_out = out;
	result = isal_inflate(isal);
	inflate->next_in = isal->next_in;
	inflate->left_in -= in - isal->avail_in;
	inflate->next_out = isal->next_out;
	inflate->left_out -= out - isal->avail_out;
	if (result < 0)
		return STEP_BAD;
	return isal->block_state == ISAL_BLOCK_FINISH ? STEP_END : STEP_MORE;
}

static void
gzip_end(void *state)
{
	(void)state;
}

static bool
bzip2_begin(void *state)
{
	bz_stream *bz = &((struct bzip2 *)state)->bz;

	(void)BZ2_bzDecompressEnd(bz);
	*bz = (bz_stream){ 0 };
	return BZ2_bzDecompressInit(bz, 0, 0) == BZ_OK;
}

static enum step
bzip2_step(struct inflate *inflate, void *state)
{
	bz_stream *bz = &((struct bzip2 *)state)->bz;
	unsigned in = clamp(inflate->left_in), out = clamp(inflate->left_out);
	int result;

	memcpy(&bz->next_in, &inflate->next_in, sizeof bz->next_in);
	bz->avail_in = in;
	bz->next_out = (char *)inflate->next_out;
	bz->avail_out = out;
	result = BZ2_bzDecompress(bz);
	inflate->next_in += in - bz->avail_in;
	inflate->left_in -= in - bz->avail_in;
	inflate->next_out += out - bz->avail_out;
	inflate->left_out -= out - bz->avail_out;
	if (result == BZ_STREAM_END)
		return STEP_END;
	return result == BZ_OK ? STEP_MORE : STEP_BAD;
}

static void
bzip2_end(void *state)
{
	(void)BZ2_bzDecompressEnd(&((struct bzip2 *)state)->bz);
}

static bool
xz_begin(void *state)
{
	return lzma_stream_decoder(&((struct xz *)state)->lzma, XZ_MEMORY, 0) ==
	       LZMA_OK;
}

static enum step
xz_step(struct inflate *inflate, void *state)
{
	lzma_stream *lzma = &((struct xz *)state)->lzma;
	lzma_ret result;

	lzma->next_in = inflate->next_in;
	lzma->avail_in = inflate->left_in;
	lzma->next_out = inflate->next_out;
	lzma->avail_out = inflate->left_out;
	result = lzma_code(lzma, LZMA_RUN);
	inflate->next_in = lzma->next_in;
	inflate->left_in = lzma->avail_in;
	inflate->next_out = lzma->next_out;
	inflate->left_out = lzma->avail_out;
	if (result == LZMA_STREAM_END)
		return STEP_END;
	if (result == LZMA_MEMLIMIT_ERROR)
		return STEP_MEMORY;
	return result == LZMA_OK || result == LZMA_BUF_ERROR ? STEP_MORE
							     : STEP_BAD;
}

static void
xz_end(void *state)
{
	lzma_end(&((struct xz *)state)->lzma);
}

static bool
zstd_begin(void *state)
{
	struct zstd *zstd = state;

	if (zstd->zstd == NULL)
		zstd->zstd = ZSTD_createDStream();
	return zstd->zstd != NULL &&
	       ZSTD_isError(ZSTD_initDStream(zstd->zstd)) == 0 &&
	       ZSTD_isError(ZSTD_DCtx_setParameter(
		   zstd->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_BITS)) == 0;
}

static enum step
zstd_step(struct inflate *inflate, void *state)
{
	ZSTD_inBuffer in = { inflate->next_in, inflate->left_in, 0 };
	ZSTD_outBuffer out = { inflate->next_out, inflate->left_out, 0 };
	size_t result =
	    ZSTD_decompressStream(((struct zstd *)state)->zstd, &out, &in);

	inflate->next_in += in.pos;
	inflate->left_in -= in.pos;
	inflate->next_out += out.pos;
	inflate->left_out -= out.pos;
	if (result == 0)
		return STEP_END;
	if (ZSTD_isError(result) == 0)
		return STEP_MORE;
	return ZSTD_getErrorCode(result) ==
			   ZSTD_error_frameParameter_windowTooLarge ||
		       ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation
		   ? STEP_MEMORY
		   : STEP_BAD;
}

static void
zstd_end(void *state)
{
	(void)ZSTD_freeDStream(((struct zstd *)state)->zstd);
}

static const struct codec codecs[] = {
	{ "gzip", sizeof(struct gzip), gzip_begin, gzip_step, gzip_end,
	    "\x1f\x8b", 2 },
	{ "bzip2", sizeof(struct bzip2), bzip2_begin, bzip2_step, bzip2_end,
	    "BZh", 3 },
	{ "xz", sizeof(struct xz), xz_begin, xz_step, xz_end, "\xfd\x37zXZ\0",
	    6 },
	{ "zstd", sizeof(struct zstd), zstd_begin, zstd_step, zstd_end,
	    "\x28\xb5\x2f\xfd", 4 },
};

int
inflate_start(struct inflate *inflate, const unsigned char *head, size_t length,
    struct fault *fault)
{
	*inflate = (struct inflate){ 0 };
	for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
		const struct codec *codec = &codecs[i];

		if (length < codec->magic_length ||
		    memcmp(head, codec->magic, codec->magic_length) != 0)
			continue;
		inflate->codec = codec;
		inflate->state = xcalloc(1, codec->state_size);
		return 0;
	}
	/* Without entries it is an end marker: builders make such layers. */
	if (length >= INFLATE_MAGIC &&
	    (memcmp(head + USTAR_MAGIC, "ustar", 5) == 0 ||
		(*head == 0 && memcmp(head, head + 1, INFLATE_MAGIC - 1) == 0)))
		return 0;
	return fault_set(fault, EX_DATAERR,
	    "neither a tar archive nor one compressed with gzip, bzip2, xz or "
	    "zstd");
}

bool
inflate_is_plain(const struct inflate *inflate)
{
	return inflate->codec == NULL;
}

static int
refuse(const struct inflate *inflate, struct fault *fault, const char *why)
{
	return fault_set(
	    fault, EX_DATAERR, "%s: %s", inflate->codec->name, why);
}

/* zstd has frames that hold nothing for the reader; chunked layers end so. */
static bool
is_skippable(const struct inflate *inflate)
{
	return inflate->codec->begin == zstd_begin &&
	       (*inflate->next_in & 0xf0) ==
		   (ZSTD_MAGIC_SKIPPABLE_START & 0xf0);
}

/* At the border of two streams: may another one begin here? */
static int
begin_stream(struct inflate *inflate, struct fault *fault)
{
	const struct codec *codec = inflate->codec;
	struct stream *stream = inflate->state;

	if (stream->any && *inflate->next_in != (unsigned char)*codec->magic &&
	    !is_skippable(inflate))
		return refuse(inflate, fault, "garbage after its end");
	if (!codec->begin(inflate->state))
		return fault_set(
		    fault, EX_OSERR, "%s: cannot begin", codec->name);
	stream->inside = true;
	return 0;
}

int
inflate_run(struct inflate *inflate, bool at_end, struct fault *fault)
{
	struct stream *stream = inflate->state;

	for (;;) {
		size_t in = inflate->left_in, out = inflate->left_out;

		if (!stream->inside) {
			if (in == 0)
				return 0;
			if (begin_stream(inflate, fault) < 0)
				return -1;
		}
		switch (inflate->codec->step(inflate, inflate->state)) {
		case STEP_BAD:
			return refuse(inflate, fault, "damaged");
		case STEP_MEMORY:
			return refuse(
			    inflate, fault, "needs more than 32 MiB of memory");
		case STEP_END:
			stream->inside = false;
			stream->any = true;
			break;
		case STEP_MORE:
			if (inflate->left_out == 0)
				return 0;
			if (inflate->left_in == in && inflate->left_out == out)
				return at_end
					   ? refuse(inflate, fault, "truncated")
					   : 0;
			break;
		}
	}
}

bool
inflate_done(const struct inflate *inflate)
{
	const struct stream *stream = inflate->state;

	return !stream->inside && inflate->left_in == 0;
}

void
inflate_stop(struct inflate *inflate)
{
	if (inflate->codec != NULL)
		inflate->codec->end(inflate->state);
	free(inflate->state);
	inflate->state = NULL;
}
