/* plugins/gguf/read.c: reads GGUF files, with stricter checks than ggml.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  MIN_KEY = 8 + 1 + 4 + 1,       /* bytes of a key-value */
  MIN_TENSOR = 8 + 1 + 4 + 4 + 8 /* bytes of a tensor's description */
};

uint64_t
gguf_take (struct gguf_file *f, unsigned bytes)
{
  return (f->is_big_endian ? fmtconv_cursor_take_be : fmtconv_cursor_take_le) (&f->c, bytes);
}

/* Returns whether the version is supported, as read in one byte order. */
static int
is_supported (uint32_t version)
{
  return version == 2 || version == GGUF_VERSION;
}

/* Reads magic and version.  The version tells the byte order of everything after it. */
static int
read_version (struct gguf_file *f)
{
  const fmtconv_where where = { .source = f->c.source };
  uint32_t magic = (uint32_t) gguf_take (f, 4), version = (uint32_t) gguf_take (f, 4);
  if (fmtconv_ctx_failed (f->ctx))
    return fmtconv_ctx_failed (f->ctx);
  if (magic != 0x46554747)
    return fmtconv_fail_at (
        f->ctx, FMTCONV_E_FORMAT,
        &(fmtconv_where){ .source = f->c.source, .hint = "'fmtconv plugins' lists the supported formats" },
        "not a GGUF file: it does not begin with 'GGUF'");
  f->is_big_endian = is_supported (__builtin_bswap32 (version));
  if (f->is_big_endian || is_supported (version))
    return 0;
  return fmtconv_fail_at (f->ctx, FMTCONV_E_UNSUPPORTED, &where,
                          "GGUF version %u is not supported (2 and 3 are)", (unsigned) version);
}

/* Reads a count; checks it against the rest of the file, then the limit. */
static int
read_count (struct gguf_file *f, const char *what, unsigned least, uint64_t most, uint64_t *count)
{
  const fmtconv_where where = { .source = f->c.source, .offset = f->c.pos };
  *count = gguf_take (f, 8);
  if (fmtconv_ctx_failed (f->ctx))
    return fmtconv_ctx_failed (f->ctx);
  if (*count > (f->c.end - f->c.pos) / least)
    return fmtconv_fail_at (f->ctx, FMTCONV_E_FORMAT, &where,
                            "the file claims %llu %s, more than %llu bytes can hold",
                            (unsigned long long) *count, what, (unsigned long long) (f->c.end - f->c.pos));
  if (*count > most)
    return fmtconv_fail_at (f->ctx, FMTCONV_E_LIMIT, &where, "%llu %s, more than the limit of %llu",
                            (unsigned long long) *count, what, (unsigned long long) most);
  return 0;
}

/* Reads the head of a file, whose context, cursor, limits and keeps_places are set. */
static int
read_head (struct gguf_file *f)
{
  if (read_version (f) || read_count (f, "tensors", MIN_TENSOR, GGUF_MAX_TENSORS, &f->n_tensors)
      || read_count (f, "keys", MIN_KEY, GGUF_MAX_KEYS, &f->n_keys) || gguf_read_keys (f))
    return fmtconv_ctx_failed (f->ctx);
  gguf_choose_limits (f);
  return gguf_read_tensors (f);
}

int
gguf_read_source (fmtconv_ctx *ctx, fmtconv_source *source, int limits, struct gguf_file *f)
{
  *f = (struct gguf_file){ .ctx = ctx, .c = fmtconv_cursor_start (source), .limits = limits };
  return read_head (f);
}

int
gguf_read_places (fmtconv_ctx *ctx, fmtconv_source *source, struct gguf_file *f)
{
  *f = (struct gguf_file){
    .ctx = ctx, .c = fmtconv_cursor_start (source), .limits = GGUF_LIMITS_AUTO, .keeps_places = 1
  };
  return read_head (f);
}

int
gguf_read (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  const struct gguf_read_params *p = params;
  struct gguf_file one, *files = &one;
  size_t n = 1;
  fmtconv_attr *used = fmtconv_attr_object (ctx);
  if (gguf_read_source (ctx, fmtconv_input_open (in), p->limits, &one))
    return fmtconv_ctx_failed (ctx);
  if (fmtconv_attr_get_int (one.keys, GGUF_SPLIT_COUNT, 1) != 1 && !fmtconv_input_is_alone (in))
    files = gguf_read_split (ctx, in, &one, &n);
  for (size_t i = 0; files && i < n; i++)
    if (gguf_put_tensors (&files[i], &files[0], used, out))
      return fmtconv_ctx_failed (ctx);
  return files ? gguf_set_attributes (ctx, files[0].keys, used, fmtconv_model_attrs (out))
               : fmtconv_ctx_failed (ctx);
}

/* Recognizes the magic and a supported version, in both byte orders. */
int
gguf_probe (const fmtconv_peek *peek)
{
  uint32_t version;
  if (peek->head_len < 8 || memcmp (peek->head, "GGUF", 4))
    return 0;
  memcpy (&version, (const char *) peek->head + 4, sizeof version);
  return is_supported (version) || is_supported (__builtin_bswap32 (version)) ? 64 : 32;
}
