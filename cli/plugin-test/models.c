/* cli/plugin-test/models.c: the models that writers and transforms are tested with, as safetensors files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugin-test.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const char *const model_kinds[] = { "f32",    "f16",  "bf16",  "f64",  "i64",   "i32",  "i16",
                                    "i8",     "u8",   "bool",  "f8",   "none",  "zero", "rank",
                                    "vector", "tied", "names", "many", "large", NULL };

enum
{
  MANY = 3000,
  SPARE = 1 << 16
};

/* A file while it is made. */
struct made
{
  char *header;
  size_t n;
  size_t bytes; /* of data */
};

static void
add (struct made *m, const char *name, const char *dtype, size_t item, const char *shape, size_t elements)
{
  m->n += (size_t) sprintf (m->header + m->n,
                            "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
                            m->n > 1 ? "," : "", name, dtype, shape, m->bytes, m->bytes + item * elements);
  m->bytes += item * elements;
}

/* Adds two tensors of a data type. */
static bool
add_typed (struct made *m, const char *kind)
{
  static const struct
  {
    const char *kind;
    const char *dtype;
    size_t item;
  } types[] = { { "f32", "F32", 4 }, { "f16", "F16", 2 },   { "bf16", "BF16", 2 }, { "f64", "F64", 8 },
                { "i64", "I64", 8 }, { "i32", "I32", 4 },   { "i16", "I16", 2 },   { "i8", "I8", 1 },
                { "u8", "U8", 1 },   { "bool", "BOOL", 1 }, { "f8", "F8_E4M3", 1 } };
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (!strcmp (types[i].kind, kind))
      {
        add (m, "block.0.weight", types[i].dtype, types[i].item, "8,32", 256);
        add (m, "block.0.bias", types[i].dtype, types[i].item, "8", 8);
        return true;
      }
  return false;
}

static void
add_shapes (struct made *m)
{
  add (m, "a.scalar", "F32", 4, "", 1);
  add (m, "a.vector", "F32", 4, "7", 7);
  add (m, "a.matrix", "F32", 4, "3,5", 15);
  add (m, "a.cube", "F32", 4, "2,3,4", 24);
  add (m, "a.kernel", "F32", 4, "2,3,4,2", 48);
}

static void
add_kind (struct made *m, const char *kind)
{
  char name[64];
  if (add_typed (m, kind))
    return;
  if (!strcmp (kind, "zero"))
    add (m, "a.weight", "F32", 4, "0,4", 0);
  if (!strcmp (kind, "rank"))
    add_shapes (m);
  if (!strcmp (kind, "vector"))
    add (m, "x", "F32", 4, "7", 7);
  if (!strcmp (kind, "tied"))
    {
      m->n += (size_t) sprintf (m->header + m->n, "\"__metadata__\":{\"b.weight\":\"a.weight\"}");
      add (m, "a.weight", "F32", 4, "4,32", 128);
    }
  if (!strcmp (kind, "names"))
    {
      add (m, "with space", "F32", 4, "4", 4);
      add (m, "\xc3\xbc.weight", "F32", 4, "4", 4);
      add (m, "a.very.long.name.that.has.more.than.sixty-four.bytes.in.all.its.parts.weight", "F32", 4, "4",
           4);
    }
  for (int i = 0; i < MANY && !strcmp (kind, "many"); i++)
    {
      snprintf (name, sizeof name, "layers.%d.weight", i);
      add (m, name, "F32", 4, "32", 32);
    }
  if (!strcmp (kind, "large"))
    add (m, "large.weight", "F32", 4, "2048,1536", 2048 * 1536);
}

/* Fills the data with small values: any two bytes of them are a finite f16 or bf16. */
static void
fill (unsigned char *data, size_t n)
{
  uint32_t state = 1;
  for (size_t i = 0; i < n; i++)
    {
      state = state * 1664525 + 1013904223;
      data[i] = i % 2 ? 0x38 + (state >> 31) : (unsigned char) (state >> 24) & 0x7f;
    }
}

bool
put_model (const char *path, const char *kind)
{
  struct made m = { .header = malloc (SPARE + MANY * 128), .n = 1 };
  if (!m.header)
    return false;
  strcpy (m.header, "{");
  add_kind (&m, kind);
  m.header[m.n++] = '}';
  unsigned char *all = malloc (8 + m.n + m.bytes);
  if (all)
    {
      for (int i = 0; i < 8; i++)
        all[i] = (unsigned char) ((uint64_t) m.n >> (8 * i));
      memcpy (all + 8, m.header, m.n);
      fill (all + 8 + m.n, m.bytes);
      for (size_t i = 0; i < m.bytes && !strcmp (kind, "bool"); i++)
        all[8 + m.n + i] &= 1;
    }
  const bool good = all && put_bytes (path, all, 8 + m.n + m.bytes);
  free (all);
  free (m.header);
  return good;
}
