/* plugins/tokenizer/back.c: the way back, from the keys of a GGUF file to the files of a tokenizer.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/back.h"
#include <string.h>

#define TOKENIZER "tokenizer."
#define SAMPLING "general.sampling."

static int
begins (const char *key, const char *prefix)
{
  return !strncmp (key, prefix, strlen (prefix));
}

/* Removes the keys that the files hold now. */
static void
remove_keys (fmtconv_attr *keys)
{
  for (fmtconv_attr *a = keys->first, *next; a; a = next)
    {
      next = a->next;
      if (begins (a->key, TOKENIZER) || begins (a->key, SAMPLING))
        fmtconv_attr_unset (keys, a->key);
    }
}

/* Makes the files of the kind.  *why: what cannot be rebuilt, or NULL. */
static int
make (struct tokenizer_back *b, const char **why)
{
  if (tokenizer_back_read (b, why) || *why)
    return fmtconv_ctx_failed (b->t.ctx);
  if (!strcmp (b->kind, "gpt2"))
    return tokenizer_back_gpt2 (b, why);
  if (!strcmp (b->kind, "llama") || !strcmp (b->kind, "t5"))
    return tokenizer_back_pieces (b, why);
  *why = fmtconv_ctx_printf (b->t.ctx, "the kind '%s' is none of: gpt2, llama, t5", b->kind);
  return fmtconv_ctx_failed (b->t.ctx);
}

int
tokenizer_back (struct tokenizer *t, fmtconv_model *out)
{
  struct tokenizer_back b = { .t = *t, .out = out };
  const char *why = NULL;
  b.t.keys = fmtconv_attr_get (fmtconv_model_attrs (out), "gguf");
  b.t.settings = fmtconv_attr_object (t->ctx);
  b.kind = fmtconv_attr_get_string (b.t.keys, "tokenizer.ggml.model", NULL);
  if (!b.kind)
    return fmtconv_note (t->ctx,
                         "the input has no keys of a tokenizer, so that the output gets no files of one");
  if (make (&b, &why) || tokenizer_back_generation (&b))
    return fmtconv_ctx_failed (t->ctx);
  if (why)
    return fmtconv_warn (
        t->ctx,
        "the output gets no tokenizer, which cannot be rebuilt from the keys: %s.  Put the files of "
        "the published model into the folder",
        why);
  if (tokenizer_back_settings (&b))
    return fmtconv_ctx_failed (t->ctx);
  remove_keys (b.t.keys);
  return b.n_assumed ? fmtconv_note (
             t->ctx, "the keys of GGUF became files of a tokenizer; what the keys do not say is assumed:")
                     : fmtconv_ctx_failed (t->ctx);
}
