/* core/pipeline/chain.c: the chain of plugins: what was typed, what was detected, and how to type it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/utf8.h"
#include "core/pipeline/convert.h"
#include "core/pipeline/stage.h"
#include "core/plugin/registry.h"
#include <stdio.h>
#include <string.h>

/* "NAME:key=value" to a plugin of that role.  Its parameters are parsed here too, so that a slip of the pen
 * is told before a file is opened. */
static int
settle (fmtconv_ctx *ctx, const char *text, fci_role role, fci_link *out)
{
  fci_spec spec;
  if (fci_spec_parse (ctx, text, &spec))
    return ctx->failed;
  const fmtconv_plugin *plugin = fci_plugin_find (ctx, spec.name, role);
  if (!plugin)
    return ctx->failed;
  const fmtconv_param *params = role == FCI_READER      ? plugin->reader->params
                                : role == FCI_TRANSFORM ? plugin->transform->params
                                                        : plugin->writer->params;
  *out = (fci_link){ .plugin = plugin, .params = spec.params };
  fci_params_parse (ctx, fci_owner (ctx, fci_role_name (role), plugin), params, spec.params);
  return ctx->failed;
}

static int
given_transforms (fci_conversion *c)
{
  const fmtconv_job *job = &c->job;
  c->transforms = fmtconv_alloc (c->ctx, job->n_transforms + 2, sizeof *c->transforms);
  if (!c->transforms)
    return c->ctx->failed;
  for (size_t i = 0; i < job->n_transforms; i++)
    {
      c->no_transforms = !strcmp (job->transforms[i], "none");
      if (c->no_transforms && job->n_transforms > 1)
        return fmtconv_fail (c->ctx, FMTCONV_E_USAGE,
                             "-t none stands alone: it says that no transform is wanted");
      if (!c->no_transforms
          && settle (c->ctx, job->transforms[i], FCI_TRANSFORM, &c->transforms[c->n_transforms++]))
        return c->ctx->failed;
    }
  return 0;
}

/* The last transform that --dtype is short for. */
static int
given_dtype (fci_conversion *c, fci_link *out)
{
  if (!c->job.dtype)
    return 0;
  if (!fmtconv_dtype_of (c->ctx, c->job.dtype))
    return c->ctx->failed;
  return settle (c->ctx, fmtconv_text (c->ctx, "cast:to=%s", c->job.dtype), FCI_TRANSFORM, out);
}

int
fci_chain_given (fci_conversion *c)
{
  fci_link cast;
  if (c->job.reader && settle (c->ctx, c->job.reader, FCI_READER, &c->reader))
    return c->ctx->failed;
  if (given_transforms (c) || given_dtype (c, &cast))
    return c->ctx->failed;
  if (c->job.writer)
    settle (c->ctx, c->job.writer, FCI_WRITER, &c->writer);
  else
    {
      c->writer = (fci_link){ .plugin = fci_detect_writer (c->ctx, fci_output_hint (c)), .params = "" };
      c->detected = true;
    }
  if (!c->ctx->failed && (c->ctx->options.flags & FMTCONV_VERIFY) && !c->writer.plugin->reader)
    fmtconv_fail (c->ctx, FMTCONV_E_USAGE, "--verify reads the output again, and '%s' is no reader",
                  c->writer.plugin->name);
  return c->ctx->failed;
}

int
fci_chain_reader (fci_conversion *c)
{
  if (c->reader.plugin)
    return 0;
  c->reader = (fci_link){ .plugin = fci_detect_reader (c->ctx, c->input), .params = "" };
  c->detected = true;
  return c->ctx->failed;
}

int
fci_chain_transforms (fci_conversion *c)
{
  if (!c->job.n_transforms)
    {
      const fmtconv_plugin *known = fci_chain_choose (c);
      if (known)
        {
          c->transforms[c->n_transforms++] = (fci_link){ .plugin = known, .params = "" };
          c->detected = true;
        }
      c->no_transforms = !known;
    }
  if (!c->ctx->failed && c->job.dtype)
    {
      if (!given_dtype (c, &c->transforms[c->n_transforms]))
        c->n_transforms++;
    }
  return c->ctx->failed;
}

/* Bytes of the character at `word`, if it may be shown; 0: it may not. */
static size_t
shown (const char *word)
{
  uint32_t c;
  size_t n = fci_utf8_next (word, strlen (word), &c);
  return n && !fci_is_hidden (c) ? n : 0;
}

/* $'a\x1bb': what would move a cursor, or is no text, as the shells of today read it. */
static const char *
quote_hidden (fmtconv_ctx *ctx, const char *word)
{
  char *quoted = fmtconv_alloc (ctx, strlen (word) + 1, 4), *to = quoted;
  if (!quoted)
    return "";
  to = stpcpy (to, "$'");
  for (size_t n; *word; word += n)
    {
      n = shown (word);
      if (n == 0 || *word == '\'' || *word == '\\')
        {
          to += sprintf (to, "\\x%02x", (unsigned char) *word);
          n = 1;
        }
      else
        to = mempcpy (to, word, n);
    }
  *to = '\'';
  return quoted;
}

const char *
fci_shell_word (fmtconv_ctx *ctx, const char *word)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
  if (*word && !word[strspn (word, plain)])
    return word;
  size_t n;
  for (const char *p = word; *p; p += n)
    if ((n = shown (p)) == 0)
      return quote_hidden (ctx, word);
  char *quoted = fmtconv_alloc (ctx, strlen (word) + 1, 4), *to = quoted;
  if (!quoted)
    return word;
  *to++ = '\'';
  for (; *word; word++)
    {
      if (*word == '\'')
        {
          memcpy (to, "'\\'", 3); /* close, an escaped one, and open again with the one below */
          to += 3;
        }
      *to++ = *word;
    }
  *to = '\'';
  return quoted;
}

const char *
fci_shell_path (fmtconv_ctx *ctx, const char *path)
{
  if (*path == '-')
    path = fmtconv_text (ctx, "./%s", path);
  return path ? fci_shell_word (ctx, path) : "";
}

/* " -t NAME:params" */
static const char *
link_text (fmtconv_ctx *ctx, char option, const fci_link *link)
{
  const char *text = link->plugin->name;
  if (*link->params)
    text = fmtconv_text (ctx, "%s:%s", link->plugin->name, link->params);
  return text ? fmtconv_text (ctx, " -%c %s", option, fci_shell_word (ctx, text)) : NULL;
}

const char *
fci_chain_text (const fci_conversion *c)
{
  size_t typed = c->n_transforms - (c->job.dtype != NULL);
  const char *text = "fmtconv", *part = link_text (c->ctx, 'r', &c->reader);
  for (size_t i = 0; i < typed && text && part; i++)
    {
      text = fmtconv_text (c->ctx, "%s%s", text, part);
      part = link_text (c->ctx, 't', &c->transforms[i]);
    }
  const char *writer = link_text (c->ctx, 'w', &c->writer);
  if (!text || !part || !writer)
    return NULL;
  return fmtconv_text (c->ctx, "%s%s%s%s%s%s", text, part, c->no_transforms ? " -t none" : "", writer,
                       c->job.dtype ? " --dtype " : "",
                       c->job.dtype ? fci_shell_word (c->ctx, c->job.dtype) : "");
}
