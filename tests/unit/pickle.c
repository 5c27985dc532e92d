/* tests/unit/pickle.c: the calls of fmtconv/pickle.h: values of every kind, lookups, and tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/base/ctx.h"
#include "core/source/source.h"
#include <criterion/criterion.h>
#include <fmtconv/formats.h>
#include <fmtconv/pickle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

TestSuite (pickle, .init = setup, .fini = teardown);

/* Returns a source with a copy of these bytes. */
static fmtconv_source *
source_of (const void *bytes, size_t n)
{
  return fci_source_memory (ctx, fci_strndup (ctx, bytes, n), n, "x.pkl");
}

#define LOAD(literal) fmtconv_pickle_load (source_of (literal, sizeof (literal) - 1))

/* A call about a value takes NULL, and a value that it is not about. */
Test (pickle, other_values)
{
  const fmtconv_value *none = LOAD ("\x80\x02N.")->value, *each[] = { NULL, none };
  int64_t number = 7;
  double fraction = 7;
  uint64_t shape[FMTCONV_MAX_RANK];
  unsigned rank;
  size_t n = 7;
  cr_assert_eq (fmtconv_value_kind (NULL), FMTCONV_VALUE_ABSENT);
  cr_assert_eq (fmtconv_value_kind (none), FMTCONV_VALUE_NONE);
  for (size_t i = 0; i < 2; i++)
    {
      cr_assert_not (fmtconv_value_int (each[i], &number));
      cr_assert_not (fmtconv_value_float (each[i], &fraction));
      cr_assert_null (fmtconv_value_text (each[i], &n));
      cr_assert_not (fmtconv_value_is (each[i], ""));
      cr_assert_not (fmtconv_value_shape (each[i], shape, &rank));
      cr_assert_eq (fmtconv_value_count (each[i]), 0);
      cr_assert_null (fmtconv_value_at (each[i], 0));
      cr_assert_null (fmtconv_value_key (each[i], 0));
      cr_assert_null (fmtconv_value_find (each[i], "x"));
      cr_assert_null (fmtconv_value_global (each[i]));
      cr_assert_null (fmtconv_value_args (each[i]));
      cr_assert_null (fmtconv_value_state (each[i]));
      cr_assert_eq (fmtconv_value_node (each[i]), UINT32_MAX);
      cr_assert_eq (fmtconv_value_offset (each[i]), 0);
      cr_assert_not_null (fmtconv_value_describe (ctx, each[i]));
      cr_assert_not (fmtconv_pickle_tensor (NULL, each[i], NULL));
    }
  cr_assert_eq (number, 7);
  cr_assert_eq (n, 0);
  cr_assert_eq (fmtconv_ctx_failed (ctx), 0);
  cr_assert_null (fmtconv_pickle_load (NULL));
  cr_assert_null (fmtconv_pickle_view (NULL, none, "x"));
}

/* A class derived from dict has its items, and its attributes apart from them. */
Test (pickle, objects)
{
  const fmtconv_pickle *pickle = LOAD ("\x80\x02"
                                       "cmy.mod\nThing\nK\x01\x85\x81X\x01\x00\x00\x00kK\x05s"
                                       "}X\x01\x00\x00\x00xK\x02sb.");
  const fmtconv_value *object = pickle->value;
  int64_t number;
  cr_assert_str_eq (fmtconv_value_global (object)->module, "my.mod");
  cr_assert_str_eq (fmtconv_value_global (object)->name, "Thing");
  cr_assert_eq (fmtconv_value_count (fmtconv_value_args (object)), 1);
  cr_assert_eq (fmtconv_value_count (object), 1);
  cr_assert (fmtconv_value_is (fmtconv_value_key (object, 0), "k"));
  cr_assert (fmtconv_value_int (fmtconv_value_find (object, "k"), &number));
  cr_assert_eq (number, 5);
  cr_assert (fmtconv_value_int (fmtconv_value_find (fmtconv_value_state (object), "x"), &number));
  cr_assert_eq (number, 2);
  cr_assert_eq (fmtconv_value_offset (object), 19);
  cr_assert_lt (fmtconv_value_node (object), pickle->nodes);
  cr_assert_str_eq (fmtconv_value_describe (ctx, object), "object of my.mod.Thing");
}

/* Keyword arguments are the state of an object until it gets one. */
Test (pickle, keywords)
{
#define CALL "\x80\x04\x8c\x06my.mod\x8c\x05Thing\x93)}\x8c\x01kK\x05s\x92"
  int64_t number;
  const fmtconv_value *state = fmtconv_value_state (LOAD (CALL ".")->value);
  cr_assert (fmtconv_value_int (fmtconv_value_find (state, "k"), &number));
  cr_assert_eq (number, 5);
  state = fmtconv_value_state (LOAD (CALL "}\x8c\x01xK\x02sb.")->value);
  cr_assert (fmtconv_value_int (fmtconv_value_find (state, "x"), &number));
  cr_assert_null (fmtconv_value_find (state, "k"));
}

/* Two references to one list have one node, and an equal list has another. */
Test (pickle, nodes)
{
  const fmtconv_pickle *pickle = LOAD ("\x80\x02]q\x00h\x00]\x87.");
  const fmtconv_value *value = pickle->value;
  cr_assert_eq (pickle->nodes, 3);
  cr_assert_eq (fmtconv_value_node (fmtconv_value_at (value, 0)),
                fmtconv_value_node (fmtconv_value_at (value, 1)));
  cr_assert_neq (fmtconv_value_node (fmtconv_value_at (value, 0)),
                 fmtconv_value_node (fmtconv_value_at (value, 2)));
}

/* Small and large dictionaries are searched in two ways, with one answer: the last of equal keys. */
Test (pickle, find)
{
  for (size_t n = 1; n <= 300; n += n < 40 ? 1 : 65)
    {
      char bytes[8192];
      char *end = bytes + sprintf (bytes, "%s", "\x80\x02}(");
      int64_t number = -1;
      for (size_t i = 0; i <= n; i++)
        {
          char key[8];
          const int length = sprintf (key, "k%zu", i % n); /* the first key again */
          *end++ = '\x8c';
          *end++ = (char) length;
          end = mempcpy (end, key, (size_t) length);
          *end++ = 'M';
          *end++ = (char) i;
          *end++ = (char) (i >> 8);
        }
      end = mempcpy (end, "u.", 2);
      const fmtconv_pickle *pickle = fmtconv_pickle_load (source_of (bytes, (size_t) (end - bytes)));
      cr_assert (pickle);
      for (size_t i = 0; i < n; i++)
        {
          const fmtconv_value *found =
              fmtconv_value_find (pickle->value, fmtconv_ctx_printf (ctx, "k%zu", i));
          cr_assert (fmtconv_value_int (found, &number), "key %zu of %zu", i, n);
          cr_assert_eq (number, (int64_t) (i ? i : n));
        }
      cr_assert_null (fmtconv_value_find (pickle->value, "k"));
      cr_assert_null (fmtconv_value_find (pickle->value, ""));
    }
}

/* Pickles that follow each other, then other bytes. */
Test (pickle, cursor)
{
  static const char bytes[] = "\x80\x02K\x01.\x80\x02K\x02.rest";
  fmtconv_cursor c = fmtconv_cursor_start (source_of (bytes, sizeof bytes - 1));
  for (int64_t i = 1, number; i <= 2; i++)
    {
      const fmtconv_pickle *pickle = fmtconv_cursor_take_pickle (&c);
      cr_assert (pickle && fmtconv_value_int (pickle->value, &number));
      cr_assert_eq (number, i);
      cr_assert_eq (fmtconv_source_size (pickle->source), 5);
    }
  cr_assert_eq (memcmp (fmtconv_cursor_take (&c, 4), "rest", 4), 0);
  c.pos = 10;
  cr_assert_null (fmtconv_cursor_take_pickle (&c));
  cr_assert_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_FORMAT);
}

/* Many small pickles take memory for their values, not for the chunks in which their ends are searched. */
Test (pickle, many_at_a_cursor)
{
  enum
  {
    COUNT = 20000,
    BYTES = 1024 /* for each: its value, its bytes, and the window */
  };
  char *bytes = malloc (4 * COUNT);
  cr_assert (bytes);
  for (size_t i = 0; i < COUNT; i++)
    memcpy (bytes + 4 * i, "\x80\x02N.", 4);
  fmtconv_cursor c = fmtconv_cursor_start (source_of (bytes, 4 * COUNT));
  free (bytes);
  const size_t before = ctx->arena.total;
  for (size_t i = 0; i < COUNT; i++)
    cr_assert (fmtconv_cursor_take_pickle (&c), "pickle %zu", i);
  cr_assert_eq (c.pos, 4 * COUNT);
  cr_assert_lt (ctx->arena.total - before, (size_t) COUNT * BYTES);
}

/* The end of a pickle is found in whatever chunk it is. */
Test (pickle, long_at_a_cursor)
{
  static char bytes[80000 + 16];
  for (size_t n = 1; n < 80000; n += n < 1000 ? 13 : n / 3)
    {
      char *end = bytes + sprintf (bytes, "%s", "\x80\x02](");
      memset (end, 'N', n);
      end = mempcpy (end + n, "e.rest", 6);
      fmtconv_cursor c = fmtconv_cursor_start (source_of (bytes, (size_t) (end - bytes)));
      const fmtconv_pickle *pickle = fmtconv_cursor_take_pickle (&c);
      cr_assert_eq (fmtconv_value_count (pickle ? pickle->value : NULL), n);
      cr_assert_eq (c.end - c.pos, 4, "of %zu bytes", n);
    }
}

#define ARRAY                                \
  "cnumpy.core.numeric\n_frombuffer\n(C\x08" \
  "abcdefgh"                                 \
  "cnumpy\ndtype\nX\x02\x00\x00\x00"         \
  "f4\x85RK\x02\x85X\x01\x00\x00\x00"        \
  "CtR"

Test (pickle, tensors)
{
  const fmtconv_pickle *pickle = LOAD ("\x80\x04" ARRAY "K\x07\x86.");
  const fmtconv_value *array = fmtconv_value_at (pickle->value, 0),
                      *other = fmtconv_value_at (pickle->value, 1);
  fmtconv_pickled t;
  cr_assert_eq (fmtconv_pickle_tensor (pickle, array, &t), 1);
  cr_assert_eq (t.dtype, FMTCONV_F32);
  cr_assert_eq (t.rank, 1);
  cr_assert_eq (t.shape[0], 2);
  cr_assert_eq (t.bytes, 8);
  cr_assert_eq (fmtconv_view_shape (fmtconv_pickle_view (pickle, array, "x"))[0], 2);
  cr_assert_eq (fmtconv_pickle_tensor (pickle, other, &t), 0);
  cr_assert_eq (fmtconv_ctx_failed (ctx), 0);
  cr_assert_null (fmtconv_pickle_view (pickle, other, "x"));
  cr_assert_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_FORMAT);
}

/* An opcode of text forms is refused, with its place. */
Test (pickle, refused)
{
  cr_assert_null (LOAD ("\x80\x02I1\n."));
  cr_assert_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_UNSUPPORTED);
}

/* The index of a large dictionary lives as long as it, although a scratch was open when it was made. */
Test (pickle, found_in_a_scratch)
{
  char bytes[2048] = "\x80\x02}(";
  size_t n = 4;
  fmtconv_scratch_begin (ctx);
  for (int i = 0; i < 100; i++)
    n += (size_t) sprintf (bytes + n, "X%c%c%c%ckey%02dK%c", 5, 0, 0, 0, i, i);
  memcpy (bytes + n, "u.", 2);
  const fmtconv_value *dict = fmtconv_pickle_load (source_of (bytes, n + 2))->value;
  for (int i = 0; i < 100; i++)
    {
      int64_t number = -1;
      fmtconv_scratch_begin (ctx);
      cr_assert (
          fmtconv_value_int (fmtconv_value_find (dict, fmtconv_scratch_printf (ctx, "key%02d", i)), &number));
      cr_assert_eq (number, i);
      fmtconv_scratch_end (ctx);
    }
  fmtconv_scratch_end (ctx);
  cr_assert_eq (fmtconv_ctx_failed (ctx), 0);
}
