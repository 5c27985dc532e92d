/* plugins/gguf/read-keys.c: reads the key-values at the head of a file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  JSON_DEPTH = 32
};

static int
limit (const struct gguf_file *f, uint64_t at, const char *what)
{
  return fmtconv_fail_at (f->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = f->c.source, .offset = at },
                          "%s", what);
}

/* Reads a number of items of `unit` bytes; checks it against the rest of the file, then the limit. */
static int
take_length (struct gguf_file *f, uint64_t unit, uint64_t most, const char *too_long, uint64_t *n)
{
  uint64_t at = f->c.pos;
  *n = gguf_take (f, 8);
  if (fmtconv_ctx_failed (f->ctx))
    return fmtconv_ctx_failed (f->ctx);
  if (*n > (f->c.end - f->c.pos) / unit)
    return fmtconv_fail_at (f->ctx, FMTCONV_E_FORMAT,
                            &(fmtconv_where){ .source = f->c.source,
                                              .offset = at,
                                              .hint = "the file is truncated; get a complete copy" },
                            "a length of %llu, but the file ends after %llu bytes", (unsigned long long) *n,
                            (unsigned long long) (f->c.end - f->c.pos));
  return *n > most ? limit (f, at, too_long) : 0;
}

/* Reads a key, which must be printable ASCII and unique; NULL: an error. */
static const char *
take_key (struct gguf_file *f)
{
  uint64_t n, at = f->c.pos;
  if (take_length (f, 1, GGUF_MAX_KEY, "a key of more than 65535 bytes", &n))
    return NULL;
  const char *key = fmtconv_cursor_take_text (&f->c, n);
  if (!key)
    return NULL;
  for (const char *p = key; *p; p++)
    if (*p < ' ' || *p > '~')
      {
        gguf_fail (f, at, NULL, fmtconv_ctx_printf (f->ctx, "the key '%s' is not printable ASCII", key));
        return NULL;
      }
  if (!n)
    {
      gguf_fail (f, at, NULL, "a key is empty");
      return NULL;
    }
  if (fmtconv_attr_get (f->keys, key))
    {
      gguf_fail (f, at, NULL, fmtconv_ctx_printf (f->ctx, "the key '%s' occurs twice", key));
      return NULL;
    }
  return key;
}

/* Reads values that stay in the file.  Those of a big-endian file are swapped in memory when they are written. */
static fmtconv_attr *
take_packed (struct gguf_file *f, const struct gguf_type *type, uint64_t n)
{
  uint64_t at = f->c.pos;
  fmtconv_attr *packed = (f->is_big_endian ? fmtconv_cursor_take_packed_be
                                           : fmtconv_cursor_take_packed) (&f->c, type->kind, type->bits, n);
  if (packed && f->is_big_endian && packed->v.packed->bytes > GGUF_MAX_STRING + 8)
    {
      limit (f, at, "an array in big-endian order is longer than 64 MiB");
      return NULL;
    }
  return packed;
}

/* Reads a string, which need not be text. */
static int
take_string (struct gguf_file *f, const char *key)
{
  uint64_t n, at = f->c.pos;
  if (take_length (f, 1, GGUF_MAX_STRING, "a string is longer than 64 MiB", &n))
    return fmtconv_ctx_failed (f->ctx);
  if (gguf_after (key, GGUF_CONFIG))
    {
      fmtconv_attr_set (f->keys, key, fmtconv_cursor_take_json (&f->c, n, JSON_DEPTH));
      return fmtconv_ctx_failed (f->ctx);
    }
  f->c.pos = at;
  fmtconv_attr *one = take_packed (f, &gguf_types[GGUF_STRING], 1);
  if (one && one->v.packed->is_text)
    fmtconv_attr_set (f->keys, key, fmtconv_attr_unpack (one)->first);
  else if (one)
    {
      fmtconv_attr *bytes = fmtconv_attr_object (f->ctx);
      fmtconv_attr_set (bytes, GGUF_BYTES, one);
      fmtconv_attr_set (f->keys, key, bytes);
    }
  return fmtconv_ctx_failed (f->ctx);
}

static double
float_of (uint64_t raw, unsigned bits)
{
  uint32_t low = (uint32_t) raw;
  float f;
  double d;
  memcpy (&f, &low, sizeof f);
  memcpy (&d, &raw, sizeof d);
  return bits == 32 ? (double) f : d;
}

static int
take_number (struct gguf_file *f, const char *key, const struct gguf_type *type)
{
  uint64_t at = f->c.pos, raw = gguf_take (f, type->bits ? type->bits / 8 : 1);
  unsigned unused = 64 - type->bits;
  switch (type->kind)
    {
    case FMTCONV_ATTR_BOOL:
      if (raw > 1)
        return gguf_fail (f, at, NULL,
                          fmtconv_ctx_printf (f->ctx, "key '%s': a bool is neither 0 nor 1", key));
      fmtconv_attr_set_bool (f->keys, key, raw != 0);
      break;
    case FMTCONV_ATTR_INT:
      fmtconv_attr_set_typed_int (f->keys, key, (int64_t) (raw << unused) >> unused, type->bits);
      break;
    case FMTCONV_ATTR_UINT:
      fmtconv_attr_set_typed_uint (f->keys, key, raw, type->bits);
      break;
    default:
      fmtconv_attr_set_typed_float (f->keys, key, float_of (raw, type->bits), type->bits);
    }
  return fmtconv_ctx_failed (f->ctx);
}

static int
take_type (struct gguf_file *f, const char *key, uint32_t *type)
{
  uint64_t at = f->c.pos;
  *type = (uint32_t) gguf_take (f, 4);
  if (fmtconv_ctx_failed (f->ctx) || *type < GGUF_N_TYPES)
    return fmtconv_ctx_failed (f->ctx);
  return gguf_fail (
      f, at, NULL,
      fmtconv_ctx_printf (f->ctx, "key '%s': the value type %u does not exist", key, (unsigned) *type));
}

/* Reads the head of an array; its items stay in the file. */
static int
take_array (struct gguf_file *f, const char *key)
{
  uint32_t type;
  uint64_t at = f->c.pos, n;
  if (take_type (f, key, &type))
    return fmtconv_ctx_failed (f->ctx);
  if (type == GGUF_ARRAY)
    return gguf_fail (f, at, NULL, fmtconv_ctx_printf (f->ctx, "key '%s': an array of arrays", key));
  const struct gguf_type *t = &gguf_types[type];
  uint64_t item = type == GGUF_STRING ? 8 : t->bits ? t->bits / 8 : 1;
  if (take_length (f, item, GGUF_MAX_ITEMS, "an array of more than 67108864 values", &n))
    return fmtconv_ctx_failed (f->ctx);
  fmtconv_attr *array = take_packed (f, t, n);
  if (array)
    fmtconv_attr_set (f->keys, key, array);
  return fmtconv_ctx_failed (f->ctx);
}

static int
read_alignment (struct gguf_file *f, uint64_t at)
{
  const fmtconv_attr *a = fmtconv_attr_get (f->keys, GGUF_ALIGN);
  f->alignment = a ? a->v.u : GGUF_ALIGNMENT;
  if (a && (a->kind != FMTCONV_ATTR_INT || a->bits != 32 || !a->is_unsigned))
    return gguf_fail (f, at, NULL, GGUF_ALIGN " is not a u32");
  if (f->alignment < GGUF_MIN_ALIGNMENT || f->alignment > GGUF_MAX_ALIGNMENT
      || (f->alignment & (f->alignment - 1)))
    return gguf_fail (f, at, NULL,
                      fmtconv_ctx_printf (f->ctx, GGUF_ALIGN " is %llu, not a power of two from 8 to 65536",
                                          (unsigned long long) f->alignment));
  return 0;
}

/* Checks a key that is needed as text.  It may be absent, as in files of stable-diffusion.cpp. */
static int
check_architecture (struct gguf_file *f, uint64_t at)
{
  const fmtconv_attr *a = fmtconv_attr_get (f->keys, GGUF_ARCHITECTURE);
  return a && a->kind != FMTCONV_ATTR_STRING
             ? gguf_fail (f, at, NULL, GGUF_ARCHITECTURE " is not a string of UTF-8")
             : 0;
}

int
gguf_read_keys (struct gguf_file *f)
{
  uint64_t start = f->c.pos;
  f->keys = fmtconv_attr_object (f->ctx);
  if (f->keeps_places && !(f->places = fmtconv_ctx_alloc (f->ctx, (size_t) f->n_keys + 1, sizeof *f->places)))
    return fmtconv_ctx_failed (f->ctx);
  for (uint64_t i = 0; i < f->n_keys; i++)
    {
      uint32_t type;
      const uint64_t at = f->c.pos;
      const char *key = take_key (f);
      const uint64_t value = f->c.pos;
      f->has_shapes = f->has_shapes || (key && gguf_after (key, GGUF_SHAPE));
      if (!key || take_type (f, key, &type))
        return fmtconv_ctx_failed (f->ctx);
      if (type == GGUF_STRING  ? take_string (f, key)
          : type == GGUF_ARRAY ? take_array (f, key)
                               : take_number (f, key, &gguf_types[type]))
        return fmtconv_ctx_failed (f->ctx);
      if (f->places)
        f->places[i] = (struct gguf_place){ .key = key, .at = at, .value = value, .end = f->c.pos };
    }
  if (fmtconv_ctx_failed (f->ctx) || check_architecture (f, start))
    return fmtconv_ctx_failed (f->ctx);
  return read_alignment (f, start);
}
