/* plugins/tokenizer/template.c: what the post-processor of tokenizer.json adds to a text.
 * SPDX-License-Identifier: Apache-2.0 AND MIT
 * SPDX-FileCopyrightText: 2026 The fmtconv authors
 * SPDX-FileCopyrightText: 2023 Georgi Gerganov
 *
 * Follows SpecialVocab of gguf-py, which understands simple templates. */
#include "config.h"

#include "plugins/tokenizer/tokenizer.h"
#include <string.h>

/* Settings of a tokenizer while post-processors change them. */
struct state
{
  struct tokenizer *t;
  struct tokenizer_special *s;
  fmtconv_attr *bos, *cls, *eos,
      *sep; /* entries of tokenizer_config.json, or what stands for them; NULL: none */
};

/* Returns an entry that says something; NULL: it is absent, null or empty. */
static fmtconv_attr *
entry (fmtconv_attr *settings, const char *key)
{
  fmtconv_attr *a = fmtconv_attr_get (settings, key);
  return a && a->kind != FMTCONV_ATTR_NULL && (a->kind != FMTCONV_ATTR_STRING || a->len) ? a : NULL;
}

static int
is_text (const fmtconv_attr *a, const fmtconv_attr *text)
{
  return a && text && a->kind == FMTCONV_ATTR_STRING && text->kind == FMTCONV_ATTR_STRING
         && !strcmp (a->v.s, text->v.s);
}

/* Returns the i-th item of an array; NULL: none. */
static fmtconv_attr *
item (fmtconv_attr *array, size_t i)
{
  fmtconv_attr *a = array && array->kind == FMTCONV_ATTR_ARRAY ? array->first : NULL;
  for (; a && i; i--)
    a = a->next;
  return a;
}

/* Returns the name of a special token in a template; NULL: it is something else. */
static fmtconv_attr *
special (fmtconv_attr *piece)
{
  return entry (fmtconv_attr_get (piece, "SpecialToken"), "id");
}

static const char *
sequence (fmtconv_attr *piece)
{
  return fmtconv_attr_get_string (fmtconv_attr_get (piece, "Sequence"), "id", "");
}

static size_t
length (const fmtconv_attr *array)
{
  return array && array->kind == FMTCONV_ATTR_ARRAY ? array->len : 0;
}

static void
set (const struct state *st, const char *key, fmtconv_attr *value)
{
  if (st->t->settings)
    fmtconv_attr_set (st->t->settings, key, value);
}

static void
read_first (struct state *st, fmtconv_attr *first)
{
  if (!st->t->settings)
    st->bos = first;
  else if (!is_text (st->bos, first) && !is_text (st->cls, first))
    {
      if (!st->bos)
        set (st, "bos_token", st->bos = first);
      if (!st->cls)
        set (st, "cls_token", st->cls = first);
    }
  fmtconv_attr_set_bool (st->s->adds, "bos", is_text (st->bos, first) || is_text (st->cls, first));
}

static int
has_type (const struct tokenizer_special *s, const char *type)
{
  for (size_t i = 0; i < s->n; i++)
    if (!strcmp (s->types[i], type))
      return 1;
  return 0;
}

/* A template that ends with another token than eos ends a turn with eos. */
static void
read_last (struct state *st, fmtconv_attr *last)
{
  struct tokenizer_special *s = st->s;
  if (!st->t->settings)
    st->eos = last;
  else if (!is_text (st->eos, last))
    {
      const char *type = !has_type (s, "eot") ? "eot" : !has_type (s, "eom") ? "eom" : NULL;
      if (type)
        {
          s->types[s->n++] = type;
          set (st, type[2] == 't' ? "eot_token" : "eom_token", st->eos);
        }
      set (st, "eos_token", st->eos = last);
    }
  fmtconv_attr_set_bool (s->adds, "eos", is_text (st->eos, last));
}

/* Reads [start, end) of a template for two texts: A, tokens, B. */
static void
read_pair (struct state *st, fmtconv_attr *pair, size_t start, size_t end, int has_last)
{
  if (start >= end || strcmp (sequence (item (pair, start)), "A")
      || strcmp (sequence (item (pair, end - 1)), "B") || end - start < 3)
    return;
  fmtconv_attr *one = special (item (pair, start + 1)),
               *two = end - start == 4 ? special (item (pair, start + 2)) : NULL;
  const int adds = (one && !has_last && (is_text (st->sep, one) || is_text (st->eos, one)))
                   || (two && (is_text (st->sep, two) || is_text (st->eos, two)));
  fmtconv_attr_set_bool (st->s->adds, "sep", adds);
  if (adds && !st->sep)
    set (st, "sep_token", st->eos);
}

static void
read_template (struct state *st, fmtconv_attr *processor)
{
  fmtconv_attr *single = fmtconv_attr_get (processor, "single"), *pair = fmtconv_attr_get (processor, "pair"),
               *first = NULL, *last = NULL;
  const size_t n = length (single), m = length (pair);
  if (n > 1 && (first = special (item (single, 0))))
    read_first (st, first);
  if (n > 1 && (last = special (item (single, n - 1))))
    read_last (st, last);
  if (m)
    read_pair (st, pair, first && is_text (special (item (pair, 0)), first),
               m - (last && is_text (special (item (pair, m - 1)), last)), last != NULL);
}

static void
read_roberta (struct state *st, fmtconv_attr *processor)
{
  fmtconv_attr *cls = item (fmtconv_attr_get (processor, "cls"), 0),
               *sep = item (fmtconv_attr_get (processor, "sep"), 0);
  fmtconv_attr_set_bool (st->s->adds, "bos", 1);
  fmtconv_attr_set_bool (st->s->adds, "eos", 1);
  fmtconv_attr_set_bool (st->s->adds, "sep", 1);
  if (!st->cls)
    set (st, "cls_token", st->cls = cls ? cls : st->bos);
  if (!st->sep)
    set (st, "sep_token", st->sep = sep ? sep : st->eos);
}

static void
read_processor (struct state *st, fmtconv_attr *processor)
{
  const char *type = fmtconv_attr_get_string (processor, "type", "");
  if (!strcmp (type, "RobertaProcessing"))
    read_roberta (st, processor);
  else if (!strcmp (type, "TemplateProcessing"))
    read_template (st, processor);
}

void
tokenizer_read_template (struct tokenizer *t, struct tokenizer_special *s)
{
  struct state st = { .t = t,
                      .s = s,
                      .bos = entry (t->settings, "bos_token"),
                      .cls = entry (t->settings, "cls_token"),
                      .eos = entry (t->settings, "eos_token"),
                      .sep = entry (t->settings, "sep_token") };
  fmtconv_attr *processor = entry (t->parts, "post_processor"),
               *list = fmtconv_attr_get (processor, "processors");
  if (!t->parts)
    return;
  if (!st.bos && st.cls)
    set (&st, "bos_token", st.bos = st.cls);
  if (!st.eos && st.sep)
    set (&st, "eos_token", st.eos = st.sep);
  if (!list && processor)
    read_processor (&st, processor);
  for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next)
    read_processor (&st, a);
}
