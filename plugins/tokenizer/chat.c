/* plugins/tokenizer/chat.c: chat templates.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/tokenizer.h"
#include <string.h>

/* Returns a name with '_' in place of all but letters and digits. */
static const char *
plain (fmtconv_ctx *ctx, const char *name)
{
  static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  char *copy = fmtconv_ctx_printf (ctx, "%s", name), *to = copy;
  for (const char *at = copy; at && *at;)
    {
      const int is_good = strchr (good, *at) != NULL;
      *to++ = is_good ? *at : '_';
      for (at++; !is_good && ((unsigned char) *at & 0xc0) == 0x80; at++)
        ; /* a character becomes one '_' */
    }
  if (to)
    *to = 0;
  return copy;
}

/* Puts several templates, each under its name, and the default one. */
static void
put_list (struct tokenizer *t, fmtconv_attr *list)
{
  fmtconv_attr *names = fmtconv_attr_literal (t->ctx, "[]"), *seen = fmtconv_attr_object (t->ctx);
  const char *otherwise = NULL;
  for (fmtconv_attr *a = list->first; a && !fmtconv_ctx_failed (t->ctx); a = a->next)
    {
      const char *name = plain (t->ctx, fmtconv_attr_get_string (a, "name", "")),
                 *text = fmtconv_attr_get_string (a, "template", NULL);
      if (!name || !*name || !text)
        continue;
      if (!strcmp (name, "default"))
        {
          otherwise = text;
          continue;
        }
      if (!fmtconv_attr_get (seen, name))
        fmtconv_attr_set_string (names, NULL, name);
      fmtconv_attr_set_bool (seen, name, 1);
      fmtconv_attr_set_string (t->keys, fmtconv_ctx_printf (t->ctx, "tokenizer.chat_template.%s", name),
                               text);
    }
  if (names && names->len)
    fmtconv_attr_set (t->keys, "tokenizer.chat_templates", names);
  if (otherwise)
    fmtconv_attr_set_string (t->keys, "tokenizer.chat_template", otherwise);
}

/* Returns a text with "\n" for each end of a line. */
static const char *
plain_lines (fmtconv_ctx *ctx, const char *text)
{
  char *copy = text ? fmtconv_ctx_printf (ctx, "%s", text) : NULL, *to = copy;
  for (const char *at = copy; at && *at; at++)
    {
      if (*at == '\r' && at[1] == '\n')
        at++;
      *to++ = *at == '\r' ? '\n' : *at;
    }
  if (to)
    *to = 0;
  return copy;
}

int
tokenizer_put_chat_templates (struct tokenizer *t)
{
  fmtconv_attr *given = fmtconv_attr_get (t->settings, "chat_template");
  fmtconv_source *jinja = tokenizer_file (t, "chat_template.jinja");
  const char *text = NULL;
  if (!t->settings)
    return fmtconv_ctx_failed (t->ctx);
  if (!given && jinja)
    text = plain_lines (t->ctx, tokenizer_read_text (t, jinja));
  else if (!given)
    given = fmtconv_attr_get (tokenizer_read_json (t, "chat_template.json", FMTCONV_ATTR_OBJECT),
                              "chat_template");
  if (given && given->kind == FMTCONV_ATTR_ARRAY)
    put_list (t, given);
  if (given && given->kind == FMTCONV_ATTR_STRING)
    text = given->v.s;
  if (text)
    fmtconv_attr_set_string (t->keys, "tokenizer.chat_template", text);
  return fmtconv_ctx_failed (t->ctx);
}
