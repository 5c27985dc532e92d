/* plugins/tokenizer/files.c: the files of a model that describe its tokenizer.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/tokenizer.h"
#include <string.h>

enum
{
  MAX_FILE = 32 << 20, /* bytes; tokenizer.json has another limit */
  DEPTH = 32
};

/* Files whose content is in the keys, or that say the same as others that are. */
static const char *const names[] = {
  "added_tokens.json", "chat_template.jinja", "chat_template.json",      "generation_config.json",
  "merges.txt",        TOKENIZER_FAIRSEQ,     "special_tokens_map.json", "spiece.model",
  TOKENIZER_JSON,      "tokenizer.model",     TOKENIZER_CONFIG,          "vocab.json",
  "vocab.txt",
};

fmtconv_source *
tokenizer_file (const struct tokenizer *t, const char *name)
{
  for (const fmtconv_blob *blob = NULL; (blob = fmtconv_model_next_blob (t->in, blob));)
    if (!strcmp (blob->name, name))
      return blob->source;
  return NULL;
}

static int
check_size (const struct tokenizer *t, fmtconv_source *source)
{
  if (fmtconv_source_size (source) <= MAX_FILE)
    return 0;
  return fmtconv_fail_at (t->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = source },
                          "%llu bytes, more than the limit of %d",
                          (unsigned long long) fmtconv_source_size (source), MAX_FILE);
}

fmtconv_attr *
tokenizer_read_json (const struct tokenizer *t, const char *name, unsigned kind)
{
  fmtconv_source *source = tokenizer_file (t, name);
  if (!source || check_size (t, source))
    return NULL;
  fmtconv_cursor c = fmtconv_cursor_start (source);
  fmtconv_attr *value = fmtconv_cursor_take_json (&c, c.end, DEPTH);
  if (value && value->kind != kind)
    {
      fmtconv_fail_at (t->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .source = source, .hint = TOKENIZER_HINT },
                       "the file is not a JSON object");
      return NULL;
    }
  return value;
}

const char *
tokenizer_read_text (const struct tokenizer *t, fmtconv_source *source)
{
  fmtconv_cursor c = fmtconv_cursor_start (source);
  return check_size (t, source) ? NULL : fmtconv_cursor_take_text (&c, c.end);
}

int
tokenizer_detach_files (const struct tokenizer *t, fmtconv_model *out)
{
  for (const fmtconv_blob *blob = NULL; (blob = fmtconv_model_next_blob (out, blob));)
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
      if (!strcmp (blob->name, names[i]))
        {
          fmtconv_detail (t->ctx, "%s", blob->name);
          fmtconv_model_detach (out, blob);
          break;
        }
  return fmtconv_note (t->ctx, "the files of the tokenizer became keys of GGUF:");
}
