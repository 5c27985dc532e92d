/* core/spec/text.c: fmtconv_job_to_spec: writes a job as the YAML text of a spec.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/map.h"
#include "core/base/strbuf.h"
#include "core/base/utf8.h"
#include "core/convert/convert.h"
#include "core/convert/link.h"
#include "core/convert/links.h"
#include "core/plugin/params.h"
#include <string.h>
#include <strings.h>

/* Returns whether all characters are visible. A spec may only contain such characters. */
static bool
is_visible (const char *text)
{
  uint32_t c;
  for (size_t n, left = strlen (text); left; text += n, left -= n)
    if ((n = fci_utf8_next (text, left, &c)) == 0 || fci_is_hidden (c))
      return false;
  return true;
}

/* Returns whether the text needs no quotes, also in braces. */
static bool
is_plain (const char *text)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-";
  return *text && *text != '-' && !text[strspn (text, plain)] && strcasecmp (text, "null");
}

/* Appends a scalar that the strict parser reads as this text, without variables. */
static void
put_scalar (fci_strbuf *out, const char *text)
{
  if (is_plain (text))
    {
      fci_strbuf_add (out, text);
      return;
    }
  if (!is_visible (text))
    fmtconv_fail (out->ctx, FMTCONV_E_UNSUPPORTED,
                  "'%s' cannot be stored in a spec: it is not UTF-8 or contains invisible characters", text);
  fci_strbuf_add (out, "\"");
  for (; *text; text++)
    {
      if (*text == '"' || *text == '\\')
        fci_strbuf_add (out, "\\");
      else if (*text == '$' && text[1] == '{')
        fci_strbuf_add (out, "$");
      fci_strbuf_add_bytes (out, text, 1);
    }
  fci_strbuf_add (out, "\"");
}

/* The values of a key of a step. */
typedef struct values
{
  struct values *next; /* values of the next key */
  const char *key;
  fci_strbuf list; /* scalars, separated by commas */
  size_t n;
} values;

/* Returns "key=value,key=value" with the values of each key together, in the order of first occurrence.
 * NULL: none. */
static values *
group (fmtconv_ctx *ctx, const char *params)
{
  values *first = NULL, **end = &first;
  fci_map *known = fci_map_new (ctx);
  const char *key, *value;
  while (known && *params && (params = fci_params_next (ctx, "a step", params, &key, &value)))
    {
      uintptr_t old = 0;
      if (!fci_map_get (known, key, strlen (key), &old))
        {
          *end = fci_new (ctx, values);
          if (!*end || !fci_map_add (known, key, strlen (key), (uintptr_t) *end, NULL))
            return NULL;
          **end = (values){ .key = key, .list = { .ctx = ctx } };
          old = (uintptr_t) *end;
          end = &(*end)->next;
        }
      values *of_key = (values *) old;
      fci_strbuf_add (&of_key->list, of_key->n++ ? ", " : "");
      put_scalar (&of_key->list, value ? value : "yes");
      params += *params == ',';
    }
  return first;
}

/* Appends "{NAME: {path: PATH, key: value}}", without the parts that are absent. path NULL: none. */
static void
put_link (fci_strbuf *out, const fci_link *link, const char *path)
{
  const char *name = link->plugin->name, *comma = path || link->reverse ? ", " : "";
  const values *params = group (out->ctx, link->params);
  if (link->component)
    name = fmtconv_ctx_printf (out->ctx, "%s/%s", link->component, name);
  if (!name)
    return;
  bool inside = path || params || link->reverse;
  fci_strbuf_add (out, inside ? "{" : "");
  put_scalar (out, name);
  fci_strbuf_add (out, inside ? ": {" : "");
  if (path)
    {
      fci_strbuf_add (out, "path: ");
      put_scalar (out, path);
    }
  if (link->reverse)
    fci_strbuf_add (out, "reverse: yes");
  for (const values *v = params; v; v = v->next, comma = ", ")
    {
      fci_strbuf_add (out, comma);
      put_scalar (out, v->key);
      fci_strbuf_add_all (out, v->n > 1 ? ": [" : ": ", fci_strbuf_text (&v->list), v->n > 1 ? "]" : "",
                          NULL);
    }
  fci_strbuf_add (out, inside ? "}}" : "");
}

/* Appends "[cast, {cogvideox-lora: {alpha: 2}}]". */
static void
put_links (fci_strbuf *out, const fci_links *links)
{
  fci_strbuf_add (out, links->n ? "[" : "[none");
  for (size_t i = 0; i < links->n; i++)
    {
      fci_strbuf_add (out, i ? ", " : "");
      put_link (out, &links->link[i], NULL);
    }
  fci_strbuf_add (out, "]\n");
}

static void
put_copy (fci_strbuf *out, const fmtconv_job_component *part)
{
  fci_strbuf_add (out, "    copy: {from: ");
  put_scalar (out, part->input);
  for (size_t i = 0; i < part->n_files; i++)
    {
      fci_strbuf_add (out, i ? ", " : ", files: [");
      put_scalar (out, part->files[i]);
    }
  fci_strbuf_add (out, part->n_files ? "]}\n" : "}\n");
}

static void
put_part (fci_strbuf *out, const fci_input_part *part)
{
  fci_strbuf_add (out, "  ");
  put_scalar (out, part->job.name);
  fci_strbuf_add (out, ":\n");
  if (part->job.copy)
    {
      put_copy (out, &part->job);
      return;
    }
  fci_strbuf_add (out, "    read: ");
  put_link (out, &part->reader, part->job.input);
  fci_strbuf_add (out, "\n    transform: ");
  put_links (out, &part->chain);
}

/* Appends the only input, or the components. */
static void
put_inputs (fci_strbuf *out, const fci_conversion *c)
{
  bool several = c->part->job.name != NULL;
  fci_strbuf_add (out, several ? "components:\n" : "read: ");
  for (size_t i = 0; several && i < c->n_parts; i++)
    put_part (out, &c->part[i]);
  if (several)
    return;
  put_link (out, &c->part->reader, c->part->job.input);
  fci_strbuf_add (out, "\n");
}

/* Appends one of several outputs: its writer and its transforms after the common ones. */
static void
put_output (fci_strbuf *out, const fci_conversion *c, size_t n_common)
{
  fci_strbuf link = { .ctx = out->ctx };
  const fci_links own = { .link = c->chain.link + n_common, .n = c->chain.n - n_common };
  put_link (&link, &c->writer, c->job.output);
  fci_strbuf_add (out, "  - ");
  if (link.len > 2) /* without the braces */
    fci_strbuf_add_bytes (out, fci_strbuf_text (&link) + 1, link.len - 2);
  fci_strbuf_add (out, "\n");
  if (!own.n)
    return;
  fci_strbuf_add (out, "    transform: ");
  put_links (out, &own);
}

/* Appends the transforms that all outputs have in common, then the outputs. */
static void
put_outputs (fci_strbuf *out, const fci_conversion *c, size_t n)
{
  size_t n_common = n > 1 ? c->n_common : c->chain.n;
  for (size_t i = 1; i < n; i++)
    {
      n_common = n_common < c[i].n_common ? n_common : c[i].n_common;
      n_common = fci_links_common (&c->chain, &c[i].chain, n_common);
    }
  const fci_links common = { .link = c->chain.link, .n = n_common };
  fci_strbuf_add (out, "transform: ");
  put_links (out, &common);
  fci_strbuf_add (out, n > 1 ? "write:\n" : "write: ");
  for (size_t i = 0; n > 1 && i < n; i++)
    put_output (out, &c[i], n_common);
  if (n > 1)
    return;
  put_link (out, &c->writer, c->job.output);
  fci_strbuf_add (out, "\n");
}

const char *
fmtconv_job_to_spec (fmtconv_ctx *ctx, const fmtconv_job *job)
{
  size_t n;
  if (fci_call_begin (ctx, job, "a job is required"))
    return NULL;
  fci_conversion *c = fci_conversions (ctx, job, &n);
  fci_strbuf out = { .ctx = ctx };
  if (!c || fci_convert_chains (c, n))
    return NULL;
  fci_strbuf_add_all (&out, "# A conversion by fmtconv ", fmtconv_version (),
                      "; paths are relative to the folder of this file.\nfmtconv: 1\n", NULL);
  put_inputs (&out, c);
  put_outputs (&out, c, n);
  return ctx->failed ? NULL : fci_strbuf_text (&out);
}
