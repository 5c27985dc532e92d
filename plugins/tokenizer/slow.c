/* plugins/tokenizer/slow.c: reads vocab.json and merges.txt, which stand for tokenizer.json in older models.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/tokenizer.h"

/* Adds the tokens of added_tokens.json, which has no other ids than the settings. */
static int
read_added (struct tokenizer *t)
{
  fmtconv_attr *added = tokenizer_read_json (t, "added_tokens.json", FMTCONV_ATTR_OBJECT);
  fmtconv_attr *decoder =
      added && t->settings ? fmtconv_attr_make (t->settings, "added_tokens_decoder") : NULL;
  for (fmtconv_attr *a = decoder ? added->first : NULL; a; a = a->next)
    {
      const char *key = fmtconv_ctx_printf (t->ctx, "%lld", (long long) fmtconv_attr_get_int (a, NULL, -1));
      if (!key || fmtconv_attr_get (decoder, key))
        continue;
      fmtconv_attr *token = fmtconv_attr_object (t->ctx);
      fmtconv_attr_set_string (token, "content", a->key);
      fmtconv_attr_set (decoder, key, token);
    }
  return fmtconv_ctx_failed (t->ctx);
}

int
tokenizer_read_slow (struct tokenizer *t)
{
  fmtconv_source *merges = tokenizer_file (t, "merges.txt");
  t->json = t->vocab.source = tokenizer_file (t, "vocab.json");
  fmtconv_attr *vocab = tokenizer_read_json (t, "vocab.json", FMTCONV_ATTR_OBJECT);
  if (!vocab || tokenizer_read_vocab (t, vocab) || tokenizer_vocab_sort (&t->vocab)
      || tokenizer_read_merges_txt (t, merges))
    return fmtconv_ctx_failed (t->ctx);
  return read_added (t);
}
