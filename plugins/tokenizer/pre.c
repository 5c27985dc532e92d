/* plugins/tokenizer/pre.c: finds llama.cpp's name of the pre-tokenizer of a byte-level BPE.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/pre-table.h"
#include "plugins/tokenizer/tokenizer.h"
#include <string.h>

/* The steps of a tokenizer. */
struct steps
{
  const char *step[MAX_STEPS];
  size_t n;
  int is_other; /* one is not known, or there are too many */
};

static int
is (fmtconv_attr *object, const char *key, int otherwise)
{
  return fmtconv_attr_get_int (object, key, otherwise) != 0;
}

/* Returns the regular expression of a split into matches and what is between; NULL: another split. */
static const char *
expression (fmtconv_attr *split)
{
  const char *behavior = fmtconv_attr_get_string (split, "behavior", "");
  const int inverted = is (split, "invert", 0);
  if (strcmp (behavior, "Isolated") != 0 && (strcmp (behavior, "Removed") != 0 || !inverted))
    return NULL;
  return fmtconv_attr_get_string (fmtconv_attr_get (split, "pattern"), "Regex", NULL);
}

/* Returns the name of one step; NULL: it is not known. */
static const char *
name_of (fmtconv_attr *step)
{
  const char *type = fmtconv_attr_get_string (step, "type", "");
  if (!strcmp (type, "Split"))
    return expression (step);
  if (!strcmp (type, "Digits") && is (step, "individual_digits", 0))
    return TOKENIZER_DIGITS;
  if (strcmp (type, "ByteLevel") != 0 || is (step, "add_prefix_space", 1))
    return NULL;
  return is (step, "use_regex", 1) ? TOKENIZER_WORDS : TOKENIZER_BYTES;
}

static void
read_steps (fmtconv_attr *step, struct steps *out)
{
  const fmtconv_attr *list = fmtconv_attr_get (step, "pretokenizers");
  if (!strcmp (fmtconv_attr_get_string (step, "type", ""), "Sequence"))
    {
      for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next) /* the reader bounds the depth */
        read_steps (a, out);
      return;
    }
  const char *name = name_of (step);
  if (!name || out->n == MAX_STEPS)
    out->is_other = 1;
  else
    out->step[out->n++] = name;
}

static int
has_steps (const struct pre_row *row, const struct steps *steps)
{
  size_t n = 0;
  while (n < MAX_STEPS && row->steps[n])
    n++;
  if (n != steps->n)
    return 0;
  for (size_t i = 0; i < n; i++)
    if (strcmp (row->steps[i], steps->step[i]) != 0)
      return 0;
  return 1;
}

static int
fits (unsigned condition, int value)
{
  return condition == ANY || (condition == YES) == (value != 0);
}

/* Returns whether a post-processor, or one of a sequence, is of that type, and calls for a special token in front. */
static int
post_processes (fmtconv_attr *processor, const char *type, int with_first)
{
  const fmtconv_attr *list = fmtconv_attr_get (processor, "processors");
  for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next)
    if (post_processes (a, type, with_first))
      return 1;
  if (strcmp (fmtconv_attr_get_string (processor, "type", ""), type) != 0)
    return 0;
  return !with_first || fmtconv_attr_at (processor, "single/0/SpecialToken") != NULL;
}

int
tokenizer_adds_bos (const struct tokenizer *t)
{
  return is (t->settings, "add_bos_token", 0)
         || post_processes (fmtconv_attr_get (t->parts, "post_processor"), "TemplateProcessing", 1);
}

/* Returns the name by the class of a tokenizer without tokenizer.json; NULL: not known. */
static const char *
by_class (const struct tokenizer *t)
{
  const char *class = fmtconv_attr_get_string (t->settings, "tokenizer_class", "");
  if (!strcmp (class, "Qwen2Tokenizer") || !strcmp (class, "Qwen2TokenizerFast"))
    return "qwen2";
  return !strcmp (class, "GPT2Tokenizer") || !strcmp (class, "GPT2TokenizerFast") ? "gpt-2" : NULL;
}

/* Returns the name by the table; NULL: not known. */
static const char *
by_table (const struct tokenizer *t)
{
  struct steps steps = { 0 };
  const char *normalizer = fmtconv_attr_get_string (fmtconv_attr_get (t->parts, "normalizer"), "type", "");
  fmtconv_attr *post = fmtconv_attr_get (t->parts, "post_processor");
  read_steps (fmtconv_attr_get (t->parts, "pre_tokenizer"), &steps);
  if (steps.is_other)
    return NULL;
  for (size_t i = 0; i < sizeof pre_rows / sizeof *pre_rows; i++)
    {
      const struct pre_row *row = &pre_rows[i];
      if (has_steps (row, &steps) && fits (row->nfc, !strcmp (normalizer, "NFC"))
          && fits (row->bos, tokenizer_adds_bos (t))
          && fits (row->ignores, is (fmtconv_attr_get (t->parts, "model"), "ignore_merges", 0))
          && fits (row->cleans, is (t->settings, "clean_up_tokenization_spaces", 0))
          && fits (row->roberta, post_processes (post, "RobertaProcessing", 0)))
        return row->name;
    }
  return NULL;
}

const struct pre_row *
tokenizer_pre_row (const char *name)
{
  for (size_t i = 0; i < sizeof pre_rows / sizeof *pre_rows; i++)
    if (!strcmp (pre_rows[i].name, name))
      return &pre_rows[i];
  return NULL;
}

const char *
tokenizer_pre (const struct tokenizer *t)
{
  if (t->p->pre)
    return t->p->pre;
  const char *name = t->parts ? by_table (t) : by_class (t);
  if (!name)
    fmtconv_fail_at (t->ctx, FMTCONV_E_UNSUPPORTED,
                     &(fmtconv_where){ .source = t->json,
                                       .hint = "give llama.cpp's name of it, which its convert_hf_to_gguf.py "
                                               "writes as tokenizer.ggml.pre: -t tokenizer:pre=NAME" },
                     "the pre-tokenizer is not one of the known ones");
  return name;
}
