/* tests/unit/torch.c: the pickle machine, and the walk of the torch plugin: values, and exact limits.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/base/ctx.h"
#include "core/model/model.h"
#include "core/model/new.h"
#include "core/pickle/machine.h"
#include "core/source/source.h"
#include "plugins/common/keys.h"
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
  const fmtconv_options options = { .struct_size = sizeof options, .parse_memory = UINT64_C (8) << 30 };
  ctx = fmtconv_ctx_new (&options);
  cr_assert (ctx);
}

static void
teardown (void)
{
  fmtconv_ctx_free (ctx);
}

TestSuite (torch, .init = setup, .fini = teardown);

/* Returns a pickle of this code, without PROTO and STOP; NULL: an error, which the context keeps. */
static const fmtconv_pickle *
load_pickle (const void *code, size_t n)
{
  bytes b = { 0 };
  ADD (&b, "\x80\x05");
  add (&b, code, n);
  ADD (&b, ".");
  const void *kept = fci_strndup (ctx, b.at, b.n);
  fmtconv_source *source = fci_source_memory (ctx, kept, b.n, "data.pkl");
  free (b.at);
  return fmtconv_pickle_load (source);
}

/* Same; the value is the whole of it. */
static int
load (const void *code, size_t n, fmtconv_value *value)
{
  const fmtconv_pickle *pickle = load_pickle (code, n);
  *value = pickle ? *pickle->value : (fmtconv_value){ 0 };
  return fmtconv_ctx_failed (ctx);
}

static int
load_fresh (const bytes *b, fmtconv_value *value)
{
  fmtconv_ctx_free (ctx);
  setup ();
  return load (b->at, b->n, value);
}

#define LOAD(literal, value) cr_assert_eq (load (literal, sizeof (literal) - 1, value), 0)

/* More values than one block of the memo holds: each is restored under its number. */
Test (torch, a_long_memo)
{
  const uint32_t numbers[] = { 0, 255, 4095, 4096, 4097, 9999 };
  bytes b = { 0 };
  fmtconv_value value;
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
  cr_assert_eq (value.kind, FMTCONV_VALUE_TUPLE);
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
    INTEGER ("K\xff", FMTCONV_VALUE_INT, 255),
    INTEGER ("M\xff\xff", FMTCONV_VALUE_INT, 65535),
    INTEGER ("J\xff\xff\xff\xff", FMTCONV_VALUE_INT, -1),
    INTEGER ("J\x00\x00\x00\x80", FMTCONV_VALUE_INT, INT32_MIN),
    INTEGER ("\x8a\x00", FMTCONV_VALUE_INT, 0),
    INTEGER ("\x8a\x01\x80", FMTCONV_VALUE_INT, -128),
    INTEGER ("\x8a\x02\x80\x00", FMTCONV_VALUE_INT, 128),
    INTEGER ("\x8a\x05\x00\x00\x00\x80\x00", FMTCONV_VALUE_INT, 2147483648),
    INTEGER ("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", FMTCONV_VALUE_INT, INT64_MAX),
    INTEGER ("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80", FMTCONV_VALUE_INT, INT64_MIN),
    INTEGER ("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00", FMTCONV_VALUE_LONG, 0),
    INTEGER ("\x8a\x09\xff\xff\xff\xff\xff\xff\xff\x7f\xff", FMTCONV_VALUE_LONG, 0),
    INTEGER ("\x8a\x0a\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00", FMTCONV_VALUE_INT, 5),
    INTEGER ("\x8b\x09\x00\x00\x00\xfe\xff\xff\xff\xff\xff\xff\xff\xff", FMTCONV_VALUE_INT, -2),
    INTEGER ("\x88", FMTCONV_VALUE_BOOL, 1),
    INTEGER ("\x89", FMTCONV_VALUE_BOOL, 0),
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      fmtconv_value value = { 0 };
      cr_assert_eq (load (cases[i].code, cases[i].n, &value), 0, "case %zu", i);
      cr_assert_eq (value.kind, cases[i].kind, "case %zu: kind %u", i, value.kind);
      cr_assert_eq (value.v.i, cases[i].value, "case %zu: %lld", i, (long long) value.v.i);
    }
}

Test (torch, floats)
{
  fmtconv_value value;
  LOAD ("G\x3f\xf8\x00\x00\x00\x00\x00\x00", &value);
  cr_assert_eq (value.kind, FMTCONV_VALUE_FLOAT);
  cr_assert_eq (value.v.f, 1.5);
  LOAD ("G\xff\xf0\x00\x00\x00\x00\x00\x00", &value);
  cr_assert (isinf (value.v.f) && value.v.f < 0);
}

Test (torch, shared_values)
{
  fmtconv_value value;
  LOAD ("]q\x00(h\x00h\x00K\x07\x65", &value);
  cr_assert_eq (value.kind, FMTCONV_VALUE_LIST);
  cr_assert_eq (value.v.items->n, 3);
  cr_assert_eq (value.v.items->at[0].v.items, value.v.items, "a reference, not a copy");
  cr_assert_eq (value.v.items->at[2].v.i, 7);
}

Test (torch, objects)
{
  fmtconv_value value;
  LOAD ("cmy.mod\nThing\nK\x01\x85\x81}X\x01\x00\x00\x00xNsb", &value);
  cr_assert_eq (value.kind, FMTCONV_VALUE_OBJECT);
  cr_assert_str_eq (value.v.object->callee->public.module, "my.mod");
  cr_assert_str_eq (value.v.object->callee->public.name, "Thing");
  cr_assert_eq (fci_pickle_parts_of (value.v.object)->args.v.items->at[0].v.i, 1);
  cr_assert_eq (fci_pickle_parts_of (value.v.object)->state.kind, FMTCONV_VALUE_DICT);
  LOAD ("\x8c\x0b"
        "collections\x8c\x0bOrderedDict\x93)R(K\x01K\x02u",
        &value);
  cr_assert_eq (value.kind, FMTCONV_VALUE_DICT);
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
      fmtconv_value value;
      int status = load_fresh (&b, &value);
      cr_assert_eq (status, more ? FMTCONV_E_LIMIT : 0, "%s x %zu: %d", code, times + more, status);
      free (b.at);
    }
}

Test (torch, stack_limit)
{
  at_limit ("(", "N", FCI_PICKLE_MAX_STACK, "t");
}

Test (torch, mark_limit)
{
  bytes b = { 0 };
  for (size_t more = 0; more < 2; more++)
    {
      b.n = 0;
      repeat (&b, "(", FCI_PICKLE_MAX_MARKS + more);
      repeat (&b, "t", FCI_PICKLE_MAX_MARKS + more);
      fmtconv_value value;
      cr_assert_eq (load_fresh (&b, &value), more ? FMTCONV_E_LIMIT : 0);
    }
  free (b.at);
}

Test (torch, opcode_limit)
{
  /* Six further opcodes: PROTO, } and N before; b, TUPLE1 and STOP after. */
  at_limit ("}N", "bN", FCI_PICKLE_MAX_OPCODES / 2 - 3, "b\x85");
}

Test (torch, string_limit)
{
  for (uint32_t more = 0; more < 2; more++)
    {
      bytes b = { 0 };
      uint32_t n = FCI_PICKLE_MAX_STRING + more;
      ADD (&b, "X");
      add (&b, &n, 4);
      repeat (&b, "x", n);
      fmtconv_value value;
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
      fmtconv_ctx_free (ctx);
      setup ();
      torch_scan scan = { .ctx = ctx, .pickle = load_pickle (b.at, b.n), .walk = 1 };
      cr_assert (scan.pickle);
      cr_assert_eq (torch_scan_value (&scan, scan.pickle->value), more ? FMTCONV_E_LIMIT : 0);
      free (b.at);
    }
}

#define TENSOR                                                                                        \
  "ctorch._utils\n_rebuild_tensor\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x00" \
  "0X\x03\x00\x00\x00"                                                                                \
  "cpuK\x10tQK\x00K\x10\x85K\x01\x85tR"

/* Returns a file of torch.save before 1.6 with a pickle that refers to storage 0, of 16 floats. */
static const fmtconv_pickle *
wrap (const bytes *b)
{
  static const uint8_t storage[64];
  bytes file = { 0 };
  ADD (&file,
       "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x05");
  add (&file, b->at, b->n);
  ADD (&file, ".\x80\x02]X\x01\x00\x00\x00"
              "0a.\x10\0\0\0\0\0\0\0");
  add (&file, storage, sizeof storage);
  const void *kept = fci_strndup (ctx, file.at, file.n);
  const fmtconv_pickle *pickle = fmtconv_pickle_open (fci_source_memory (ctx, kept, file.n, "x.pt"), 0);
  free (file.at);
  cr_assert (pickle);
  return pickle;
}

/* Returns the model of a pickle with a tensor. */
static fmtconv_model *
collect (const bytes *b, int *status)
{
  torch_root root;
  fmtconv_ctx_free (ctx);
  setup ();
  const fmtconv_pickle *pickle = wrap (b);
  fmtconv_model *model = fci_model_new (ctx, NULL);
  torch_load load_all = { .ctx = ctx,
                          .pickle = pickle,
                          .out = model,
                          .scan = { .ctx = ctx, .pickle = pickle, .walk = 1 },
                          .max_tensors = TORCH_MAX_TENSORS,
                          .max_nodes = TORCH_MAX_NODES,
                          .max_name_bytes = 64 << 20 };
  *status = torch_scan_value (&load_all.scan, pickle->value);
  if (!*status)
    *status = torch_root_find (&load_all.scan, NULL, &root);
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
        {
          ADD (&b, "h\x00");
          if (i % 1000 == 0) /* as picklers do, and the stack holds no more than 1 Mi */
            ADD (&b, "e(");
        }
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
  torch_scan scan = { .ctx = ctx, .pickle = load_pickle (b.at, b.n), .walk = 1 };
  cr_assert (scan.pickle);
  cr_assert_eq (torch_scan_value (&scan, scan.pickle->value), 0);
  cr_assert_not (torch_holds (&scan, scan.pickle->value));
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

#define SCAN(literal)                                                                                      \
  do                                                                                                       \
    {                                                                                                      \
      scan = (torch_scan){ .ctx = ctx, .pickle = load_pickle (literal, sizeof (literal) - 1), .walk = 1 }; \
      cr_assert (scan.pickle);                                                                             \
      cr_assert_eq (torch_scan_value (&scan, scan.pickle->value), 0);                                      \
    }                                                                                                      \
  while (0)

/* A cycle of containers would have an infinite name; a cycle through an object has no name. */
Test (torch, cycles)
{
  torch_scan scan;
  SCAN ("]q\x00]h\x00"
        "aa");
  cr_assert (torch_holds (&scan, scan.pickle->value));
  SCAN ("]q\x00"
        "ca\nb\n)\x81h\x00"
        "ba");
  cr_assert_not (torch_holds (&scan, scan.pickle->value));
}

/* Returns whether the keys of this dictionary differ, as keys_unique does. */
#define UNIQUE(literal) \
  (pickle = load_pickle (literal, sizeof (literal) - 1), keys_unique (ctx, pickle, pickle->value, "d"))

Test (torch, keys)
{
  const fmtconv_pickle *pickle;
  cr_assert_eq (UNIQUE ("}(K\x01NX\x01\x00\x00\x00"
                        "1NX\x01\x00\x00\x00"
                        "2NK\x02Nu"),
                0, "1 and '1' differ");
  cr_assert_eq (UNIQUE ("}(K\x01NX\x01\x00\x00\x00"
                        "1NX\x01\x00\x00\x00"
                        "2NK\x01Nu"),
                FMTCONV_E_FORMAT);
}
