/* tests/unit/torch.c: the pickle machine of the torch plugin: its values, and its exact limits.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/base/ctx.h"
#include "core/model/model.h"
#include "core/model/new.h"
#include "core/source/source.h"
#include "plugins/common/pickle/keys.h"
#include "plugins/common/pickle/machine.h"
#include "plugins/torch/collect.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A pickle under construction. */
typedef struct bytes
{
  uint8_t *at;
  size_t n;
  size_t capacity;
} bytes;

static void
add (bytes *b, const void *data, size_t n)
{
  if (b->n + n > b->capacity)
    {
      b->capacity = 2 * (b->n + n);
      b->at = realloc (b->at, b->capacity);
      cr_assert (b->at);
    }
  memcpy (b->at + b->n, data, n);
  b->n += n;
}

#define ADD(b, literal) add (b, literal, sizeof (literal) - 1)

static void
repeat (bytes *b, const char *code, size_t times)
{
  for (size_t i = 0; i < times; i++)
    add (b, code, strlen (code));
}

static fmtconv_ctx *ctx;

static void
setup (void)
{
  ctx = fmtconv_ctx_new (NULL);
  cr_assert (ctx);
}

static void
teardown (void)
{
  fmtconv_ctx_free (ctx);
}

TestSuite (torch, .init = setup, .fini = teardown);

/* Runs a pickle, without PROTO and STOP; the context keeps the error. */
static int
load (const void *code, size_t n, pk_value *value)
{
  bytes b = { 0 };
  ADD (&b, "\x80\x05");
  add (&b, code, n);
  ADD (&b, ".");
  const void *kept = fci_strndup (ctx, b.at, b.n);
  fmtconv_source *source = fci_source_memory (ctx, kept, b.n, "data.pkl");
  int status = pk_load (ctx, source, kept, b.n, value);
  free (b.at);
  return status;
}

static int
load_fresh (const bytes *b, pk_value *value)
{
  fmtconv_ctx_free (ctx);
  setup ();
  return load (b->at, b->n, value);
}

#define LOAD(literal, value) cr_assert_eq (load (literal, sizeof (literal) - 1, value), 0)

/* All storages are these 64 bytes. */
fmtconv_source *
torch_record (const torch_archive *archive, const char *key)
{
  static const uint8_t data[64];
  (void) archive;
  (void) key;
  return fci_source_memory (ctx, data, sizeof data, "storage");
}

/* More values than one block of the memo holds: each is restored under its number. */
Test (torch, a_long_memo)
{
  const uint32_t numbers[] = { 0, 255, 4095, 4096, 4097, 9999 };
  bytes b = { 0 };
  pk_value value;
  ADD (&b, "(");
  for (uint32_t i = 0; i < 10000; i++)
    {
      const uint8_t code[] = { 'M', (uint8_t) i, (uint8_t) (i >> 8), 0x94 }; /* memoized */
      add (&b, (const char *) code, sizeof code);
    }
  for (size_t i = 0; i < 6; i++)
    {
      const uint8_t code[] = { 'j', (uint8_t) numbers[i], (uint8_t) (numbers[i] >> 8), 0, 0 };
      add (&b, (const char *) code, sizeof code);
    }
  ADD (&b, "t");
  cr_assert_eq (load_fresh (&b, &value), 0);
  cr_assert_eq (value.kind, PK_TUPLE);
  cr_assert_eq (value.v.items->n, 10006);
  for (size_t i = 0; i < 6; i++)
    cr_expect_eq (value.v.items->at[10000 + i].v.i, numbers[i]);
  b.n--; /* number 10000 was not given */
  ADD (&b, "j\x10\x27\0\0t");
  cr_assert_eq (load_fresh (&b, &value), FMTCONV_E_FORMAT);
  free (b.at);
}

Test (torch, integers)
{
  static const struct
  {
    const char *code;
    size_t n;
    uint32_t kind;
    int64_t value;
  } cases[] = {
#define INTEGER(literal, kind, value) { literal, sizeof (literal) - 1, kind, value }
    INTEGER ("K\xff", PK_INT, 255),
    INTEGER ("M\xff\xff", PK_INT, 65535),
    INTEGER ("J\xff\xff\xff\xff", PK_INT, -1),
    INTEGER ("J\x00\x00\x00\x80", PK_INT, INT32_MIN),
    INTEGER ("\x8a\x00", PK_INT, 0),
    INTEGER ("\x8a\x01\x80", PK_INT, -128),
    INTEGER ("\x8a\x02\x80\x00", PK_INT, 128),
    INTEGER ("\x8a\x05\x00\x00\x00\x80\x00", PK_INT, 2147483648),
    INTEGER ("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", PK_INT, INT64_MAX),
    INTEGER ("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80", PK_INT, INT64_MIN),
    INTEGER ("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00", PK_LONG, 0),
    INTEGER ("\x8a\x09\xff\xff\xff\xff\xff\xff\xff\x7f\xff", PK_LONG, 0),
    INTEGER ("\x8a\x0a\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00", PK_INT, 5),
    INTEGER ("\x8b\x09\x00\x00\x00\xfe\xff\xff\xff\xff\xff\xff\xff\xff", PK_INT, -2),
    INTEGER ("\x88", PK_BOOL, 1),
    INTEGER ("\x89", PK_BOOL, 0),
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      pk_value value = { 0 };
      cr_assert_eq (load (cases[i].code, cases[i].n, &value), 0, "case %zu", i);
      cr_assert_eq (value.kind, cases[i].kind, "case %zu: kind %u", i, value.kind);
      cr_assert_eq (value.v.i, cases[i].value, "case %zu: %lld", i, (long long) value.v.i);
    }
}

Test (torch, floats)
{
  pk_value value;
  LOAD ("G\x3f\xf8\x00\x00\x00\x00\x00\x00", &value);
  cr_assert_eq (value.kind, PK_FLOAT);
  cr_assert_eq (value.v.f, 1.5);
  LOAD ("G\xff\xf0\x00\x00\x00\x00\x00\x00", &value);
  cr_assert (isinf (value.v.f) && value.v.f < 0);
}

Test (torch, shared_values)
{
  pk_value value;
  LOAD ("]q\x00(h\x00h\x00K\x07\x65", &value);
  cr_assert_eq (value.kind, PK_LIST);
  cr_assert_eq (value.v.items->n, 3);
  cr_assert_eq (value.v.items->at[0].v.items, value.v.items, "a reference, not a copy");
  cr_assert_eq (value.v.items->at[2].v.i, 7);
}

Test (torch, objects)
{
  pk_value value;
  LOAD ("cmy.mod\nThing\nK\x01\x85\x81}X\x01\x00\x00\x00xNsb", &value);
  cr_assert_eq (value.kind, PK_OBJECT);
  cr_assert_str_eq (value.v.object->callee->module, "my.mod");
  cr_assert_str_eq (value.v.object->callee->name, "Thing");
  cr_assert_eq (value.v.object->args->at[0].v.i, 1);
  cr_assert_eq (value.v.object->state.kind, PK_DICT);
  LOAD ("\x8c\x0b"
        "collections\x8c\x0bOrderedDict\x93)R(K\x01K\x02u",
        &value);
  cr_assert_eq (value.kind, PK_DICT);
  cr_assert_eq (value.v.items->n, 2);
}

/* Checks that `code`, `times` times between `before` and `after`, is accepted, and once more is E_LIMIT. */
static void
at_limit (const char *before, const char *code, size_t times, const char *after)
{
  for (size_t more = 0; more < 2; more++)
    {
      bytes b = { 0 };
      repeat (&b, before, 1);
      repeat (&b, code, times + more);
      repeat (&b, after, 1);
      pk_value value;
      int status = load_fresh (&b, &value);
      cr_assert_eq (status, more ? FMTCONV_E_LIMIT : 0, "%s x %zu: %d", code, times + more, status);
      free (b.at);
    }
}

Test (torch, stack_limit)
{
  at_limit ("(", "N", PK_MAX_STACK, "t");
}

Test (torch, mark_limit)
{
  bytes b = { 0 };
  for (size_t more = 0; more < 2; more++)
    {
      b.n = 0;
      repeat (&b, "(", PK_MAX_MARKS + more);
      repeat (&b, "t", PK_MAX_MARKS + more);
      pk_value value;
      cr_assert_eq (load_fresh (&b, &value), more ? FMTCONV_E_LIMIT : 0);
    }
  free (b.at);
}

Test (torch, opcode_limit)
{
  /* Six further opcodes: PROTO, } and N before; b, TUPLE1 and STOP after. */
  at_limit ("}N", "bN", PK_MAX_OPCODES / 2 - 3, "b\x85");
}

Test (torch, string_limit)
{
  for (uint32_t more = 0; more < 2; more++)
    {
      bytes b = { 0 };
      uint32_t n = PK_MAX_STRING + more;
      ADD (&b, "X");
      add (&b, &n, 4);
      repeat (&b, "x", n);
      pk_value value;
      cr_assert_eq (load_fresh (&b, &value), more ? FMTCONV_E_LIMIT : 0);
      free (b.at);
    }
}

Test (torch, depth_limit)
{
  for (size_t more = 0; more < 2; more++)
    {
      bytes b = { 0 };
      ADD (&b, ")");
      repeat (&b, "\x85", TORCH_MAX_DEPTH - 1 + more);
      pk_value value;
      cr_assert_eq (load_fresh (&b, &value), 0);
      torch_scan scan = { .ctx = ctx, .walk = 1 };
      cr_assert_eq (torch_scan_value (&scan, &value), more ? FMTCONV_E_LIMIT : 0);
      free (b.at);
    }
}

#define TENSOR                                                                                        \
  "ctorch._utils\n_rebuild_tensor\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x00" \
  "0X\x03\x00\x00\x00"                                                                                \
  "cpuK\x10tQK\x00K\x10\x85K\x01\x85tR"

/* Returns the model of a pickle. */
static fmtconv_model *
collect (const bytes *b, int *status)
{
  pk_value top;
  torch_root root;
  cr_assert_eq (load_fresh (b, &top), 0);
  fmtconv_model *model = fci_model_new (ctx, NULL);
  torch_load load_all = { .ctx = ctx,
                          .pickle = fci_source_memory (ctx, "", 0, "data.pkl"),
                          .out = model,
                          .scan = { .ctx = ctx, .walk = 1 },
                          .max_repeated = 1 << 20,
                          .max_tensors = TORCH_MAX_TENSORS,
                          .max_nodes = TORCH_MAX_NODES,
                          .max_name_bytes = 64 << 20 };
  *status = torch_scan_value (&load_all.scan, &top);
  if (!*status)
    *status = torch_root_find (ctx, NULL, &top, NULL, &root);
  load_all.scan.walk = 2;
  if (!*status)
    *status = torch_collect (&load_all, &root);
  return model;
}

Test (torch, tensor)
{
  bytes b = { 0 };
  int status;
  ADD (&b, "}X\x01\x00\x00\x00x" TENSOR "s");
  const fmtconv_model *model = collect (&b, &status);
  cr_assert_eq (status, 0);
  cr_assert_eq (fmtconv_model_count (model), 1);
  const fmtconv_tensor *t = fmtconv_model_find (model, "x");
  cr_assert (t);
  cr_assert_eq (t->dtype, FMTCONV_F32);
  cr_assert_eq (t->bytes, 64);
  free (b.at);
}

Test (torch, name_limit)
{
  for (uint32_t more = 0; more < 2; more++)
    {
      bytes b = { 0 };
      int status;
      uint32_t n = TORCH_MAX_NAME + more;
      ADD (&b, "}X");
      add (&b, &n, 4);
      repeat (&b, "x", n);
      ADD (&b, TENSOR "s");
      collect (&b, &status);
      cr_assert_eq (status, more ? FMTCONV_E_LIMIT : 0);
      free (b.at);
    }
}

Test (torch, tensor_limit)
{
  for (uint32_t more = 0; more < 2; more++)
    {
      bytes b = { 0 };
      int status;
      ADD (&b, "](" TENSOR "q\x00");
      for (uint32_t i = 1; i < TORCH_MAX_TENSORS + more; i++)
        ADD (&b, "h\x00");
      ADD (&b, "e");
      const fmtconv_model *model = collect (&b, &status);
      cr_assert_eq (status, more ? FMTCONV_E_LIMIT : 0);
      cr_assert_eq (fmtconv_model_count (model), TORCH_MAX_TENSORS);
      free (b.at);
    }
}

/* At each level two lists of twice the previous one: 2^59 paths, 60 nodes. */
Test (torch, bomb)
{
  bytes b = { 0 };
  ADD (&b, "(]q\x00");
  for (uint8_t i = 1; i < 60; i++)
    {
      const uint8_t level[] = { ']', 'q', i, '(', 'h', (uint8_t) (i - 1), 'h', (uint8_t) (i - 1), 'e' };
      add (&b, level, sizeof level);
    }
  ADD (&b, "t");
  pk_value value;
  cr_assert_eq (load_fresh (&b, &value), 0);
  torch_scan scan = { .ctx = ctx, .walk = 1 };
  cr_assert_eq (torch_scan_value (&scan, &value), 0);
  cr_assert_not (torch_holds (&value));
  free (b.at);
}

/* A memoized string of 1 MiB that is used as a key a thousand times is stored once. */
Test (torch, remembered_keys)
{
  const uint32_t n = 1 << 20;
  bytes b = { 0 };
  int status;
  ADD (&b, "}(X\x05\x00\x00\x00model}X\x01\x00\x00\x00w" TENSOR "sX");
  add (&b, &n, 4);
  repeat (&b, "ema-", n / 4 - 1);
  ADD (&b, "ema\x00q\x01N");
  repeat (&b, "h\x01N", 1000);
  ADD (&b, "u");
  collect (&b, &status);
  cr_assert_eq (status, 0);
  cr_assert_lt (ctx->arena.total, 64 << 20);
  free (b.at);
}

/* A cycle of containers would have an infinite name; a cycle through an object has no name. */
Test (torch, cycles)
{
  pk_value value;
  torch_scan scan = { .ctx = ctx, .walk = 1 };
  LOAD ("]q\x00]h\x00"
        "aa",
        &value);
  cr_assert_eq (torch_scan_value (&scan, &value), 0);
  cr_assert (torch_holds (&value));
  LOAD ("]q\x00"
        "ca\nb\n)\x81h\x00"
        "ba",
        &value);
  cr_assert_eq (torch_scan_value (&scan, &value), 0);
  cr_assert_not (torch_holds (&value));
}

Test (torch, keys)
{
  pk_value value;
  LOAD ("}(K\x01NX\x01\x00\x00\x00"
        "1NX\x01\x00\x00\x00"
        "2NK\x02Nu",
        &value);
  cr_assert_eq (torch_keys_unique (ctx, NULL, &value, "d"), 0, "1 and '1' differ");
  LOAD ("}(K\x01NX\x01\x00\x00\x00"
        "1NX\x01\x00\x00\x00"
        "2NK\x01Nu",
        &value);
  cr_assert_eq (torch_keys_unique (ctx, NULL, &value, "d"), FMTCONV_E_FORMAT);
}
