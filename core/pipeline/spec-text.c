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

/* A link of the chain with its component, as an element. */
static const char *
link_element (fmtconv_ctx *ctx, const fci_link *link, const char *path)
{
  const char *name = link->plugin->name;
  if (link->component)
    name = fmtconv_text (ctx, "%s/%s", link->component, name);
  return name ? element (ctx, name, link->params, path) : "";
}

/* "[cast, {cogvideox-lora: {alpha: 2}}]" */
static const char *
transforms (fmtconv_ctx *ctx, const fci_links *links)
{
  const char *list = links->n ? "" : "none";
  for (size_t i = 0; i < links->n && list; i++)
    list = fmtconv_text (ctx, "%s%s%s", list, i ? ", " : "", link_element (ctx, &links->link[i], NULL));
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
part_text (fmtconv_ctx *ctx, const fci_part *part)
{
  const char *body = part->job.copy ? copy_text (ctx, &part->job)
                                    : fmtconv_text (ctx, "    read: %s\n    transform: %s\n",
                                                    link_element (ctx, &part->reader, part->job.input),
                                                    transforms (ctx, &part->chain));
  return body ? fmtconv_text (ctx, "  %s:\n%s", scalar (ctx, part->job.name), body) : "";
}

/* The inputs: the only one, or the components. */
static const char *
inputs_text (const fci_conversion *c)
{
  if (!c->part->job.name)
    return fmtconv_text (c->ctx, "read: %s\n", link_element (c->ctx, &c->part->reader, c->part->job.input));
  const char *text = "components:\n";
  for (size_t i = 0; i < c->n_parts && text; i++)
    text = fmtconv_text (c->ctx, "%s%s", text, part_text (c->ctx, &c->part[i]));
  return text ? text : "";
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
  const char *text =
      fmtconv_text (ctx,
                    "# A conversion by fmtconv %s; paths are relative to the folder of this file.\n"
                    "fmtconv: 1\n%stransform: %s\nwrite: %s\n",
                    fmtconv_version (), inputs_text (&c), transforms (ctx, &c.chain),
                    link_element (ctx, &c.writer, c.job.output));
  return ctx->failed ? NULL : text;
}
