/* core/pipeline/spec-text.c: fmtconv_spec_text: a job as the YAML text of a spec.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/utf8.h"
#include "core/pipeline/convert.h"
#include "core/pipeline/spec.h"
#include "core/pipeline/stage.h"
#include <string.h>

/* Can all of it be shown?  A spec holds nothing else. */
static bool
is_visible (const char *text)
{
  uint32_t c;
  for (size_t n; *text; text += n)
    if ((n = fci_utf8_next (text, strlen (text), &c)) == 0 || fci_is_hidden (c))
      return false;
  return true;
}

/* May it stand without quotes, in braces, too? */
static bool
is_plain (const char *text)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-";
  return *text && *text != '-' && !text[strspn (text, plain)] && strcasecmp (text, "null");
}

/* A scalar that the strict parser takes for this text, with no variables in it. */
static const char *
scalar (fmtconv_ctx *ctx, const char *text)
{
  if (is_plain (text))
    return text;
  if (!is_visible (text))
    {
      fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED,
                    "'%s' cannot stand in a spec: it is not UTF-8, or holds characters that are not shown",
                    text);
      return "";
    }
  char *quoted = fmtconv_alloc (ctx, strlen (text) + 2, 2), *to = quoted;
  if (!quoted)
    return "";
  *to++ = '"';
  for (; *text; *to++ = *text++)
    if (*text == '"' || *text == '\\')
      *to++ = '\\';
    else if (*text == '$' && text[1] == '{')
      *to++ = '$';
  *to = '"';
  return quoted;
}

/* Does the key stand in front of `end` already? */
static bool
is_repeated (fmtconv_ctx *ctx, const char *params, const char *end, const char *key)
{
  const char *other, *value;
  while (params && params < end)
    {
      params = fci_params_next (ctx, "", params, &other, &value);
      if (params && params < end && !strcmp (other, key))
        return true;
      params += params && *params == ',';
    }
  return false;
}

/* The value of a key, or the list of all its values. */
static const char *
values_of (fmtconv_ctx *ctx, const char *params, const char *key)
{
  const char *list = NULL, *other, *value;
  size_t n = 0;
  while (params && *params)
    {
      params = fci_params_next (ctx, "", params, &other, &value);
      if (params && !strcmp (other, key))
        list = n++ ? fmtconv_text (ctx, "%s, %s", list, scalar (ctx, value)) : scalar (ctx, value);
      params += params && *params == ',';
    }
  return n > 1 ? fmtconv_text (ctx, "[%s]", list) : list;
}

/* "{NAME: {path: …, key: value}}"; path: NULL: none. */
static const char *
element (fmtconv_ctx *ctx, const char *name, const char *params, const char *path)
{
  const char *inside = path ? fmtconv_text (ctx, "path: %s", scalar (ctx, path)) : "", *key, *value;
  for (const char *at = params; at && *at && inside;)
    {
      const char *start = at;
      at = fci_params_next (ctx, name, at, &key, &value);
      if (at && !is_repeated (ctx, params, start, key))
        inside = fmtconv_text (ctx, "%s%s%s: %s", inside, *inside ? ", " : "", scalar (ctx, key),
                               values_of (ctx, start, key));
      at += at && *at == ',';
    }
  if (!inside || ctx->failed)
    return "";
  return *inside ? fmtconv_text (ctx, "{%s: {%s}}", scalar (ctx, name), inside) : scalar (ctx, name);
}

/* "NAME:key=value,…" as an element; NULL: the path alone. */
static const char *
typed_element (fmtconv_ctx *ctx, const char *typed, const char *path)
{
  fci_spec spec;
  if (!typed)
    return scalar (ctx, path);
  return fci_spec_parse (ctx, typed, &spec) ? "" : element (ctx, spec.name, spec.params, path);
}

/* "[cast, {cogvideox-lora: {alpha: 2}}]" */
static const char *
typed_transforms (fmtconv_ctx *ctx, const char *const *typed, size_t n)
{
  const char *list = "";
  for (size_t i = 0; i < n && list; i++)
    list = fmtconv_text (ctx, "%s%s%s", list, i ? ", " : "", typed_element (ctx, typed[i], NULL));
  return list ? fmtconv_text (ctx, "[%s]", list) : "";
}

static const char *
copy_text (fmtconv_ctx *ctx, const fmtconv_part *part)
{
  const char *files = "";
  for (size_t i = 0; i < part->n_files && files; i++)
    files = fmtconv_text (ctx, "%s%s%s", files, i ? ", " : ", files: [", scalar (ctx, part->files[i]));
  return fmtconv_text (ctx, "    copy: {from: %s%s%s}\n", scalar (ctx, part->input), files ? files : "",
                       part->n_files ? "]" : "");
}

static const char *
part_text (fmtconv_ctx *ctx, const fmtconv_part *part)
{
  const char *body =
      part->copy ? copy_text (ctx, part)
                 : fmtconv_text (ctx, "    read: %s\n", typed_element (ctx, part->reader, part->input));
  if (part->n_transforms && body)
    body = fmtconv_text (ctx, "%s    transform: %s\n", body,
                         typed_transforms (ctx, part->transforms, part->n_transforms));
  return body ? fmtconv_text (ctx, "  %s:\n%s", scalar (ctx, part->name), body) : "";
}

static const char *
chain_text (fmtconv_ctx *ctx, const fci_conversion *c)
{
  const char *list = "";
  for (size_t i = 0; i < c->n_transforms && list; i++)
    list = fmtconv_text (ctx, "%s%s%s", list, i ? ", " : "",
                         element (ctx, c->transforms[i].plugin->name, c->transforms[i].params, NULL));
  return list ? fmtconv_text (ctx, "[%s]", c->n_transforms ? list : "none") : "";
}

const char *
fmtconv_spec_text (fmtconv_ctx *ctx, const fmtconv_job *job)
{
  if (!ctx || !job || ctx->failed)
    return NULL;
  fci_conversion c = { .ctx = ctx, .started = fci_clock () };
  memcpy (&c.job, job, job->struct_size < sizeof c.job ? job->struct_size : sizeof c.job);
  if (fci_convert_chain (&c))
    return NULL;
  const char *parts = "";
  for (size_t i = 0; i < c.job.n_parts && parts; i++)
    parts = fmtconv_text (ctx, "%s%s", parts, part_text (ctx, &c.job.parts[i]));
  const char *from = c.job.n_parts
                         ? fmtconv_text (ctx, "components:\n%s", parts ? parts : "")
                         : fmtconv_text (ctx, "read: %s\n",
                                         element (ctx, c.reader.plugin->name, c.reader.params, c.job.input));
  const char *text =
      fmtconv_text (ctx,
                    "# A conversion by fmtconv %s; paths are relative to the folder of this file.\n"
                    "fmtconv: 1\n%stransform: %s\nwrite: %s\n",
                    fmtconv_version (), from, chain_text (ctx, &c),
                    element (ctx, c.writer.plugin->name, c.writer.params, c.job.output));
  return ctx->failed ? NULL : text;
}
