/* tests/unit/pickle-fold.c: values of random pickles are the same whether their objects are folded or not.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pickle that sets a slot of its memo twice is read without folds, so the same opcodes before a second PUT are the oracle. */
#include "core/base/ctx.h"
#include "core/pickle/value.h"
#include "core/source/source.h"
#include <criterion/criterion.h>
#include <fmtconv/formats.h>
#include <fmtconv/pickle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  SEEDS = 400,
  ROOM = 64 << 10,
  SLOTS = 200,
  MOST = 40000 /* bytes of a pickle, about */
};

/* A pickle that is written. */
typedef struct writer
{
  char bytes[ROOM];
  size_t n;
  uint32_t random;
  unsigned slots;
  char kinds[SLOTS]; /* what was put into each: l, d, o, or another */
} writer;

static unsigned
draw (writer *w, unsigned n)
{
  w->random = w->random * 1664525 + 1013904223;
  return (w->random >> 8) % n;
}

static void
put (writer *w, const void *bytes, size_t n)
{
  cr_assert_lt (w->n + n, sizeof w->bytes);
  memcpy (w->bytes + w->n, bytes, n);
  w->n += n;
}

#define PUT(w, literal) put (w, literal, sizeof (literal) - 1)

/* Puts the topmost value into the memo, as picklers do with most. */
static void
memoize (writer *w, char kind)
{
  if (w->slots == SLOTS || draw (w, 3) == 0)
    return;
  if (draw (w, 2))
    PUT (w, "\x94");
  else
    put (w, (char[]){ 'q', (char) w->slots }, 2);
  w->kinds[w->slots++] = kind;
}

/* Pushes a slot that holds that kind.  Returns whether there is one. */
static bool
get (writer *w, const char *kinds)
{
  for (unsigned i = w->slots ? draw (w, w->slots) : 0; i < w->slots; i++)
    if (strchr (kinds, w->kinds[i]))
      {
        put (w, (char[]){ 'h', (char) i }, 2);
        return true;
      }
  return false;
}

static void write_value (writer *w, unsigned depth);

static void
write_values (writer *w, unsigned depth, unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    write_value (w, depth);
}

static void
write_key (writer *w)
{
  put (w, (char[]){ 'X', 2, 0, 0, 0, 'k', (char) ('a' + draw (w, 26)) }, 7);
  memoize (w, 's');
}

static void
write_tuple (writer *w, unsigned depth)
{
  const unsigned n = draw (w, 5);
  const bool is_marked = n > 3 || draw (w, 2);
  if (n == 0)
    PUT (w, ")");
  else if (is_marked)
    {
      PUT (w, "(");
      write_values (w, depth, n);
      PUT (w, "t");
    }
  else
    {
      write_values (w, depth, n);
      put (w, (char[]){ (char) (0x84 + n) }, 1);
    }
}

static void
write_pairs (writer *w, unsigned depth)
{
  PUT (w, "(");
  for (unsigned i = draw (w, 4); i > 0; i--)
    {
      write_key (w);
      write_value (w, depth);
    }
  PUT (w, "u");
}

static void
write_list (writer *w, unsigned depth)
{
  PUT (w, "]");
  memoize (w, 'l');
  PUT (w, "(");
  write_values (w, depth, draw (w, 4));
  PUT (w, "e");
  if (draw (w, 2))
    {
      write_value (w, depth);
      PUT (w, "a");
    }
}

static void
write_dict (writer *w, unsigned depth)
{
  if (draw (w, 2))
    PUT (w, "}");
  else
    PUT (w, "ccollections\nOrderedDict\n)R");
  memoize (w, 'd');
  write_pairs (w, depth);
}

/* An object with a state, of a class that is not known. */
static void
write_object (writer *w, unsigned depth)
{
  static const char *const classes[] = { "cmy.mod\nThing\n", "cmy.mod\nOther\n",
                                         "X\x01\0\0\0mX\x01\0\0\0n\x93" };
  const unsigned class = draw (w, 3);
  put (w, classes[class], class == 2 ? 13 : strlen (classes[class]));
  write_tuple (w, depth);
  if (draw (w, 2))
    PUT (w, "\x81");
  else
    PUT (w, "R");
  memoize (w, 'o');
  if (draw (w, 4) == 0)
    write_pairs (w, depth);
  if (draw (w, 4) == 0)
    return;
  write_dict (w, depth);
  PUT (w, "b");
}

/* Calls that make tensors are recorded with any arguments. */
static void
write_tensor (writer *w, unsigned depth)
{
  if (draw (w, 3) == 0)
    {
      PUT (w, "ctorch._utils\n_rebuild_parameter\n");
      write_values (w, depth, 3);
      PUT (w, "\x87R");
      return;
    }
  PUT (w, "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0"
          "0X\x03\0\0\0cpuK\x04tQK\x00");
  write_values (w, depth, 3);
  PUT (w, "ccollections\nOrderedDict\n)RtR");
}

/* Writes a value that changes one in the memo while another is being made. */
static void
write_change (writer *w, unsigned depth)
{
  if (!get (w, "ldo"))
    PUT (w, "N");
  else if (w->kinds[(uint8_t) w->bytes[w->n - 1]] == 'l')
    {
      write_value (w, depth);
      PUT (w, "a");
    }
  else
    {
      write_key (w);
      write_value (w, depth);
      PUT (w, "s");
    }
}

static void
write_value (writer *w, unsigned depth)
{
  const unsigned kind = depth && w->n < MOST ? draw (w, 12) : draw (w, 3);
  switch (kind)
    {
    case 0:
      put (w, (char[]){ 'K', (char) draw (w, 100) }, 2);
      break;
    case 1:
      write_key (w);
      break;
    case 2:
      if (!get (w, "sldotv"))
        PUT (w, "N");
      break;
    case 3:
    case 4:
      write_tuple (w, depth - 1);
      memoize (w, 't');
      break;
    case 5:
      write_list (w, depth - 1);
      break;
    case 6:
      write_dict (w, depth - 1);
      break;
    case 7:
    case 8:
      write_object (w, depth - 1);
      break;
    case 9:
      write_change (w, depth - 1);
      break;
    default:
      write_tensor (w, depth - 1);
      memoize (w, 'v');
    }
}

/* What is printed of the values of a pickle. */
typedef struct dump
{
  FILE *to;
  bool *seen; /* by node */
  uint32_t nodes;
  fmtconv_ctx *brief; /* begins a scratch for each value of the top; NULL: none */
  size_t folded;      /* objects found folded */
} dump;

static void print (dump *d, const fmtconv_value *value);

static void
print_inside (dump *d, const fmtconv_value *value)
{
  fprintf (d->to, "(args ");
  print (d, fmtconv_value_args (value));
  fprintf (d->to, " state ");
  print (d, fmtconv_value_state (value));
  for (size_t i = 0; i < fmtconv_value_count (value); i++)
    {
      fprintf (d->to, " , ");
      if (fmtconv_value_key (value, i))
        print (d, fmtconv_value_key (value, i));
      fprintf (d->to, ": ");
      print (d, fmtconv_value_at (value, i));
    }
  fprintf (d->to, ")\n");
}

static void
print (dump *d, const fmtconv_value *value)
{
  size_t n;
  int64_t number = 0;
  const uint32_t node = fmtconv_value_node (value);
  const char *text = fmtconv_value_text (value, &n);
  const fmtconv_global *global = fmtconv_value_global (value);
  fmtconv_value_int (value, &number);
  fprintf (d->to, "%u@%llu#%d %lld %.*s %s.%s ", fmtconv_value_kind (value),
           (unsigned long long) fmtconv_value_offset (value), (int) node, (long long) number, (int) n,
           text ? text : "", global ? global->module : "", global ? global->name : "");
  if (node == UINT32_MAX)
    return;
  cr_assert_lt (node, d->nodes);
  if (d->seen[node])
    return;
  d->seen[node] = true;
  if (d->brief)
    fmtconv_scratch_begin (d->brief);
  if (value->kind == FMTCONV_VALUE_OBJECT)
    d->folded += value->v.object->is_folded;
  print_inside (d, value);
  if (d->brief)
    fmtconv_scratch_end (d->brief);
}

/* Returns what is printed of a pickle.  brief: every value is looked at in a scratch. */
static char *
dump_of (fmtconv_ctx *ctx, const fmtconv_pickle *pickle, bool brief, size_t *folded)
{
  char *text = NULL;
  size_t n = 0;
  dump d = { .to = open_memstream (&text, &n),
             .nodes = pickle->nodes,
             .seen = calloc (pickle->nodes + 1, 1),
             .brief = brief ? ctx : NULL };
  cr_assert (d.to && d.seen);
  print (&d, pickle->value);
  fprintf (d.to, "%u nodes", pickle->nodes);
  fclose (d.to);
  free (d.seen);
  *folded += d.folded;
  return text;
}

static const fmtconv_pickle *
load (fmtconv_ctx *ctx, const writer *w)
{
  return fmtconv_pickle_load (fci_source_memory (ctx, fci_strndup (ctx, w->bytes, w->n), w->n, "x.pkl"));
}

Test (pickle_fold, equals_unfolded)
{
  writer *w = malloc (sizeof *w);
  size_t folded = 0, none = 0;
  for (unsigned seed = 0; seed < SEEDS; seed++)
    {
      fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
      *w = (writer){ .random = seed };
      PUT (w, "\x80\x04]q\x00(");
      w->kinds[w->slots++] = 'l';
      write_values (w, 6, 8);
      PUT (w, "e.");
      const fmtconv_pickle *pickle = load (ctx, w);
      w->n--;
      PUT (w, "q\x00.");
      const fmtconv_pickle *plain = load (ctx, w);
      cr_assert_eq (fmtconv_ctx_failed (ctx), 0, "seed %u", seed);
      char *expected = dump_of (ctx, plain, false, &none), *texts[3];
      texts[0] = dump_of (ctx, pickle, true, &folded);
      texts[1] = dump_of (ctx, pickle, true, &folded);
      texts[2] = dump_of (ctx, pickle, false, &folded);
      for (unsigned i = 0; i < 3; i++)
        {
          cr_assert_str_eq (texts[i], expected, "seed %u, look %u", seed, i);
          free (texts[i]);
        }
      free (expected);
      fmtconv_ctx_free (ctx);
    }
  cr_expect_eq (none, 0);
  cr_expect_gt (folded, SEEDS);
  free (w);
}
