/* cli/plugin-test/codec.c: tests of a codec: its functions with blocks of any content, next to memory that nobody may touch.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugin-test.h"
#include <fmtconv/formats.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum
{
  BLOCKS = 5,      /* of a row */
  ROUNDS = 400,    /* rows of random blocks */
  GUARD = 1 << 16, /* bytes without access: a multiple of every page size */
  HEAD = 1 << 16   /* accessible bytes between two guards */
};

/* Kinds of values. */
enum
{
  WEIGHTS,
  ZEROS,
  EQUAL,
  TINY,
  HUGE_VALUES,
  FEW,
  KINDS
};

/* A type, and a row in three areas that end where reading or writing further is a crash. */
struct trial
{
  struct tester *t;
  const fmtconv_block_type *type;
  size_t n;          /* elements */
  unsigned char *in; /* blocks */
  float *values;
  float *out;
  uint64_t random;
};

static unsigned char
any_byte (struct trial *a)
{
  a->random ^= a->random << 13;
  a->random ^= a->random >> 7;
  a->random ^= a->random << 17;
  return (unsigned char) (a->random >> 24);
}

/* Returns `size` bytes at the end, or at the start, of memory between guards without access; NULL: out of memory. */
static void *
guarded (size_t size, bool at_end)
{
  unsigned char *all =
      mmap (NULL, HEAD + 2 * GUARD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED || mprotect (all, GUARD, PROT_NONE)
      || mprotect (all + GUARD + HEAD, GUARD, PROT_NONE))
    return NULL;
  return all + GUARD + (at_end ? HEAD - size : 0);
}

static bool
begin (struct tester *t, struct trial *a, const char *name, bool at_end)
{
  fmtconv_ctx *ctx = quiet_ctx (t, 0, 1);
  fmtconv_attr *found = ctx ? fmtconv_plugin_list (ctx, t->name) : NULL;
  const uint32_t dtype = found ? fmtconv_dtype_parse (ctx, name) : 0;
  *a = (struct trial){ .t = t, .type = fmtconv_block_type_get (dtype), .random = 88172645463325252u };
  if (!a->type)
    {
      complain (t, "%s is not a data type", name);
      return false;
    }
  a->n = (size_t) BLOCKS * a->type->block;
  a->in = guarded ((size_t) BLOCKS * a->type->block_bytes, at_end);
  a->values = guarded (a->n * sizeof (float), at_end);
  a->out = guarded (a->n * sizeof (float), at_end);
  if (!a->in || !a->values || !a->out)
    complain (t, "out of memory");
  return a->in && a->values && a->out;
}

/* Decodes the row as a whole and block by block: both give the same, and set every value. */
static void
decode_row (struct trial *a)
{
  const size_t block = a->type->block, bytes = a->type->block_bytes;
  memset (a->out, 0x55, a->n * sizeof (float));
  memset (a->values, 0xaa, a->n * sizeof (float));
  a->type->decode (a->in, a->n, a->out);
  for (size_t i = BLOCKS; i-- > 0;)
    a->type->decode (a->in + i * bytes, block, a->values + i * block);
  for (size_t i = 0; i < a->n; i++)
    if (memcmp (&a->out[i], &a->values[i], sizeof (float)) && !(isnan (a->out[i]) && isnan (a->values[i])))
      {
        complain (a->t, "a row and its single blocks are decoded to different values");
        return;
      }
}

static void
decode_any (struct tester *t, void *name)
{
  struct trial a;
  for (unsigned side = 0; side < 2; side++)
    for (unsigned round = 0; round < ROUNDS && (round || begin (t, &a, name, side)); round++)
      {
        now_at (t, "blocks of %s at the %s of accessible memory", (const char *) name,
                side ? "end" : "start");
        for (size_t i = 0; i < (size_t) BLOCKS * a.type->block_bytes; i++)
          a.in[i] = round == 0 ? 0 : round == 1 ? 0xff : round == 2 ? 0x7f : any_byte (&a);
        decode_row (&a);
      }
}

/* Sets values of one kind. */
static void
set_values (struct trial *a, unsigned kind)
{
  for (size_t i = 0; i < a->n; i++)
    {
      const float value = ((float) any_byte (a) + (float) any_byte (a) - 255) / 100;
      a->values[i] = kind == WEIGHTS       ? value
                     : kind == ZEROS       ? 0
                     : kind == EQUAL       ? 0.25F
                     : kind == TINY        ? value * 1e-30F
                     : kind == HUGE_VALUES ? value * 1e30F
                     : i % 7               ? 0
                                           : value;
    }
}

/* Returns the sum of the squares of x - y, each times its weight; y NULL: of x; weights NULL: 1. */
static double
distance (const float *x, const float *y, const float *weights, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += pow ((double) x[i] - (y ? (double) y[i] : 0), 2) * (weights ? (double) weights[i] : 1);
  return sum;
}

/* Compares the decoded values with those that were encoded: nothing may be farther from these than zeros are, and of weights
 * and of equal values something is left.  Returns the distance. */
static double
judge (const struct trial *a, unsigned kind, const float *weights)
{
  const double size = distance (a->values, NULL, weights, a->n);
  const double lost = distance (a->out, a->values, weights, a->n);
  const char *with = weights ? ", with importance" : "";
  if (kind != HUGE_VALUES && !isfinite (lost))
    complain (a->t, "finite values become infinite or NaN%s", with);
  else if (kind != TINY && kind != HUGE_VALUES && lost > size)
    complain (a->t, "the decoded values are farther from the encoded ones than zeros are%s", with);
  else if ((kind == WEIGHTS || kind == EQUAL) && lost >= size)
    complain (a->t, "the decoded values are as far from the encoded ones as zeros are%s", with);
  return lost;
}

/* Encodes the values as a whole, again, and block by block.  Returns whether it worked; it may fail for huge values. */
static bool
encode_row (struct trial *a, unsigned kind, const float *importance)
{
  const size_t block = a->type->block, bytes = a->type->block_bytes;
  unsigned char *again = malloc (BLOCKS * bytes);
  float *kept = malloc (a->n * sizeof *kept);
  const char *wrong = "out of memory";
  if (again && kept)
    {
      memcpy (kept, a->values, a->n * sizeof *kept);
      memset (a->in, 0xaa, BLOCKS * bytes);
      wrong = a->type->encode (a->values, a->n, importance, a->in);
    }
  if (wrong && kind != HUGE_VALUES)
    complain (a->t, "values cannot be encoded: %s", wrong);
  for (size_t i = BLOCKS; !wrong && i-- > 0;)
    {
      memset (again + i * bytes, 0x55, bytes);
      a->type->encode (a->values + i * block, block, importance ? importance + i * block : NULL,
                       again + i * bytes);
    }
  if (!wrong && memcmp (again, a->in, BLOCKS * bytes))
    complain (a->t, "a row and its single blocks are encoded to different bytes");
  if (!wrong && memcmp (kept, a->values, a->n * sizeof *kept))
    complain (a->t, "encoding changes its input");
  free (again);
  free (kept);
  return !wrong;
}

/* Encodes, decodes, and does both again: the second time, little may change. */
static void
there_and_back (struct trial *a, unsigned kind)
{
  float *first = malloc (a->n * sizeof *first);
  if (!first || !encode_row (a, kind, NULL))
    {
      free (first);
      return;
    }
  a->type->decode (a->in, a->n, a->out);
  const double lost = judge (a, kind, NULL);
  memcpy (first, a->out, a->n * sizeof *first);
  memcpy (a->values, a->out, a->n * sizeof *first);
  if (kind != TINY && kind != HUGE_VALUES && !*a->t->outcome->wrong && encode_row (a, kind, NULL))
    {
      a->type->decode (a->in, a->n, a->out);
      if (distance (a->out, first, NULL, a->n) > 4 * lost)
        complain (a->t, "decoded values change more when they are encoded again than the first time");
    }
  free (first);
}

static void
encode_any (struct tester *t, void *name)
{
  struct trial a;
  for (unsigned side = 0; side < 2; side++)
    for (unsigned kind = 0; kind < KINDS && (kind || begin (t, &a, name, side)); kind++)
      {
        float *importance = guarded (a.n * sizeof *importance, side);
        now_at (t, "values of kind %u at the %s of accessible memory", kind, side ? "end" : "start");
        set_values (&a, kind);
        for (size_t i = 0; importance && i < a.n; i++)
          importance[i] = (float) (i % 5);
        if (importance && a.type->uses_importance && encode_row (&a, kind, importance))
          {
            a.type->decode (a.in, a.n, a.out);
            judge (&a, kind, importance);
          }
        there_and_back (&a, kind);
      }
}

/* ---- Conversions */

/* Writes a model with a matrix w of `rows` rows, one value of which may not be finite. */
static bool
put_matrix (const struct trial *a, const char *path, unsigned rows, float special)
{
  char head[256];
  const size_t columns = 4 * (size_t) a->type->block, n = rows * columns;
  int len = snprintf (head + 8, sizeof head - 8,
                      "{\"w.weight\":{\"dtype\":\"F32\",\"shape\":[%u,%zu],\"data_offsets\":[0,%zu]}}", rows,
                      columns, n * 4);
  unsigned char *file = malloc (8 + (size_t) len + n * 4);
  for (int i = 0; i < 8; i++)
    head[i] = (char) ((uint64_t) len >> 8 * i);
  for (size_t i = 0; file && i < n; i++)
    {
      const float value = i == n / 2 ? special : (float) (i * 7919 % 4001) / 1000 - 2;
      uint32_t bits;
      memcpy (&bits, &value, 4);
      for (int k = 0; k < 4; k++)
        file[8 + (size_t) len + i * 4 + (size_t) k] = (unsigned char) (bits >> 8 * k);
    }
  if (file)
    memcpy (file, head, 8 + (size_t) len);
  const bool good = file && put_bytes (path, file, 8 + (size_t) len + n * 4);
  free (file);
  return good;
}

static void
convert_any (struct tester *t, void *name)
{
  struct trial a;
  char chain[WORDS], model[PATH_MAX], one[PATH_MAX], eight[PATH_MAX];
  const char *const plugins[] = { "safetensors", chain, "gguf:architecture=test" };
  snprintf (chain, sizeof chain, "quantize:to=%s", (const char *) name);
  snprintf (model, sizeof model, "%s", tmp_path (t, "matrix.safetensors"));
  snprintf (one, sizeof one, "%s", tmp_path (t, "one.gguf"));
  snprintf (eight, sizeof eight, "%s", tmp_path (t, "eight.gguf"));
  if (!begin (t, &a, name, true) || !put_matrix (&a, model, 700, 1))
    return;
  now_at (t, "quantizing with 1 and 8 threads");
  if (!convert (t, 1, FMTCONV_VERIFY, plugins, model, one)
      || !convert (t, 8, FMTCONV_VERIFY, plugins, model, eight))
    complain (t, "it fails");
  else if (!same_files (one, eight))
    complain (t, "1 and 8 threads write different bytes");
  for (unsigned i = 0; i < 2; i++)
    {
      now_at (t, "a value that is %s", i ? "infinite" : "NaN");
      remove_all (one);
      if (!put_matrix (&a, model, 3, i ? INFINITY : NAN) || convert (t, 1, 0, plugins, model, one))
        complain (t, "it is quantized without an error");
    }
}

/* Returns whether the plugins that a conversion needs are installed. */
static bool
has_plugins (struct tester *t)
{
  static const char *const names[] = { "gguf", "quantize", "safetensors" };
  fmtconv_ctx *ctx = quiet_ctx (t, 0, 1);
  bool all = ctx != NULL;
  for (size_t i = 0; all && i < sizeof names / sizeof *names; i++)
    {
      fmtconv_attr *found = fmtconv_plugin_list (ctx, names[i]);
      all = found && found->first && fmtconv_attr_get (found->first, "parameters");
    }
  fmtconv_ctx_free (ctx);
  return all;
}

static void
test_type (struct tester *t, fmtconv_attr *type)
{
  char what[WORDS], name[64];
  snprintf (name, sizeof name, "%s", fmtconv_attr_get_string (type, "name", ""));
  const fmtconv_attr *encode = fmtconv_attr_get (type, "encode");
  snprintf (what, sizeof what, "%s: blocks of any content are decoded, whole rows as single blocks", name);
  report_child (t, decode_any, name, what);
  if (!encode || !encode->v.i)
    return;
  snprintf (what, sizeof what, "%s: values are encoded, and encoding them again changes little", name);
  report_child (t, encode_any, name, what);
  snprintf (what, sizeof what, "%s: quantizing gives the same with 1 and 8 threads, and refuses NaN", name);
  if (!fmtconv_attr_get (type, "gguf"))
    report_skip (t, what, "it has no number in GGUF files");
  else if (!has_plugins (t))
    report_skip (t, what, "the plugins gguf, quantize and safetensors are needed");
  else
    report_child (t, convert_any, name, what);
}

void
test_codec (struct tester *t)
{
  fmtconv_ctx *ctx = quiet_ctx (t, 0, 1);
  fmtconv_attr *found = ctx ? fmtconv_plugin_list (ctx, t->name) : NULL,
               *types = found && found->first ? fmtconv_attr_get (found->first, "types") : NULL;
  for (fmtconv_attr *type = types ? types->first : NULL; type; type = type->next)
    test_type (t, type);
  fmtconv_ctx_free (ctx);
}
