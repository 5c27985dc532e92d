/* core/convert/detect.c: detects the reader of an input and the writer of an output.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/detect.h"
#include "core/convert/known.h"
#include "core/plugin/missing.h"
#include "core/plugin/registry.h"
#include "core/source/folder.h"
#include "core/source/input.h"
#include <string.h>

int
fci_bid (const fmtconv_reader *reader, const fmtconv_peek *peek)
{
  int bid = reader->probe ? reader->probe (peek) : 0;
  int magic = (int) reader->magic_len * 8;
  if (bid < magic && peek->head_len >= reader->magic_len
      && !memcmp (peek->head, reader->magic, reader->magic_len))
    bid = magic;
  if (bid < 1 && !peek->is_folder && fci_has_suffix (peek->base, reader->suffixes))
    bid = 1;
  return bid > 0 ? bid : 0;
}

/* Returns the first bytes of a file in hexadecimal and as printable characters: "50 4b 03 04 (PK..)". */
static const char *
show_head (fmtconv_ctx *ctx, const fmtconv_peek *peek)
{
  static const char digits[] = "0123456789abcdef";
  char hex[3 * 16 + 1] = "", text[16 + 1] = "";
  size_t n = peek->head_len < 16 ? peek->head_len : 16;
  for (size_t i = 0; i < n; i++)
    {
      uint8_t byte = peek->head[i];
      hex[3 * i] = digits[byte >> 4];
      hex[3 * i + 1] = digits[byte & 15];
      hex[3 * i + 2] = ' ';
      text[i] = byte > ' ' && byte < 0x7f && byte != '\\' ? (char) byte : '.';
    }
  return fmtconv_ctx_printf (ctx, "%s(%s)", hex, text);
}

/* Returns whether a plugin of that role is installed, apart from the one that always is.  Loads all modules: they are going to
 * be listed. */
static bool
is_installed (fmtconv_ctx *ctx, fci_module *modules, size_t n, fci_role role)
{
  size_t i = 0;
  for (size_t k = 0; k < n; k++)
    fci_module_load (ctx, &modules[k]);
  while (i < n && !(fci_module_is_optional (ctx, &modules[i]) && fci_plugin_has (modules[i].plugin, role)))
    i++;
  return i < n;
}

/* Lists the plugins of the role, and the refused plugins. Returns false if no plugin of the role is
 * installed. */
static bool
list_role (fmtconv_ctx *ctx, fci_module *modules, size_t n, fci_role role)
{
  bool installed = is_installed (ctx, modules, n, role);
  for (size_t i = 0; i < n; i++)
    {
      const fmtconv_plugin *plugin = modules[i].plugin;
      if (role == FCI_WRITER && fci_plugin_has (plugin, role) && plugin->writer->suffixes)
        fmtconv_detail (ctx, "-w %s: %s (%s)", plugin->name, plugin->summary, plugin->writer->suffixes);
      else if (role == FCI_WRITER && fci_plugin_has (plugin, role) && plugin->writer->is_folder)
        fmtconv_detail (ctx, "-w %s: %s (a folder, with -w only)", plugin->name, plugin->summary);
      else if (fci_plugin_has (plugin, role) && installed)
        fmtconv_detail (ctx, "-%c %s: %s", role == FCI_READER ? 'r' : 'w', plugin->name, plugin->summary);
      else if (modules[i].error)
        fmtconv_detail (ctx, "%s was refused: %s", modules[i].name, modules[i].error);
    }
  return installed;
}

/* Reports that no plugin is installed, because a message about the file would mislead. */
static const fmtconv_plugin *
none_installed (fmtconv_ctx *ctx, fci_role role)
{
  static const fmtconv_where where = {
    .hint = "install the plugins, or set FMTCONV_PLUGIN_PATH to their folder"
  };
  fmtconv_fail_at (ctx, FMTCONV_E_MISSING, &where, "no %s is installed", fci_role_name (role));
  return NULL;
}

/* Returns the hint to name a file of a folder that a reader takes by its name; NULL: none. */
static const char *
name_file_in (fmtconv_ctx *ctx, const fci_module *modules, size_t n, const fmtconv_peek *peek)
{
  for (size_t i = 0; i < peek->n_entries; i++)
    for (size_t m = 0; m < n; m++)
      {
        const fmtconv_plugin *plugin = modules[m].plugin;
        if (fci_plugin_has (plugin, FCI_READER)
            && fci_has_suffix (peek->entries[i], plugin->reader->suffixes))
          return fmtconv_ctx_printf (ctx, "give a file in it, such as '%s'", peek->entries[i]);
      }
  return NULL;
}

/* Fails for a reader that recognizes the input although its entry in the index of known plugins says otherwise.  Returns
 * false: there is none. */
static bool
fail_denied (fmtconv_ctx *ctx, fci_module *modules, size_t n, const fmtconv_peek *peek)
{
  size_t i = 0;
  while (i < n
         && !(modules[i].known && fci_plugin_has (fci_module_load (ctx, &modules[i]), FCI_READER)
              && fci_bid (modules[i].plugin->reader, peek)))
    i++;
  if (i == n)
    return false;
  const fmtconv_where where = {
    .hint = fmtconv_ctx_printf (
        ctx, "read it with -r %s; the entry, in a file such as %s.yaml, is to be corrected", modules[i].name,
        modules[i].name)
  };
  fci_fail_file (ctx, FMTCONV_E_UNSUPPORTED, peek->path, &where,
                 "the reader '%s' recognizes it, but its entry in the index of known plugins does not",
                 modules[i].name);
  return true;
}

static const fmtconv_plugin *
no_reader (fmtconv_ctx *ctx, fci_module *modules, size_t n, const fmtconv_peek *peek)
{
  if (fci_refuse_placeholder (ctx, peek) || fail_denied (ctx, modules, n, peek))
    return NULL;
  if (!list_role (ctx, modules, n, FCI_READER))
    return none_installed (ctx, FCI_READER);
  if (peek->is_folder)
    {
      const fmtconv_where where = { .hint = name_file_in (ctx, modules, n, peek) };
      fci_fail_file (ctx, FMTCONV_E_UNSUPPORTED, peek->path, &where,
                     "no installed reader recognizes this folder; installed readers:");
    }
  else
    fci_fail_file (ctx, FMTCONV_E_UNSUPPORTED, peek->path, NULL,
                   "no installed reader recognizes this file, which begins with %s; installed readers:",
                   show_head (ctx, peek));
  return NULL;
}

/* Returns whether an input of a known format is not for the reader with the highest bid.  A reader that bids on the
 * usual name of that format is meant for it. */
static bool
is_not_for (const fci_known *known, const fmtconv_peek *peek, int bid)
{
  return (int) known->bits > bid && !(bid == 1 && fci_known_has_name (known, peek));
}

/* The readers that bid most. */
typedef struct contest
{
  fci_module *best;
  fci_module *equal; /* another with the highest bid; NULL: none */
  int top;
} contest;

/* Returns the bid of a module.  A module that the index knows is loaded only if the index says that it bids; the bid of one
 * that is absent or refused is what the index says. */
static int
module_bid (fmtconv_ctx *ctx, fci_module *module, const fmtconv_peek *peek)
{
  if (!fci_module_may_have (module, FCI_READER))
    return 0;
  int bid = module->known ? fci_index_bid (module->known, peek) : 0;
  if (module->known && !bid)
    {
      fci_missing_note_unused (ctx, module);
      return 0;
    }
  const fmtconv_plugin *plugin = fci_module_load (ctx, module);
  if (!plugin)
    return bid;
  return fci_plugin_has (plugin, FCI_READER) ? fci_bid (plugin->reader, peek) : 0;
}

static contest
hold_contest (fmtconv_ctx *ctx, fci_module *modules, size_t n, const fmtconv_peek *peek)
{
  contest c = { 0 };
  for (size_t i = 0; i < n && !ctx->failed; i++)
    {
      int bid = module_bid (ctx, &modules[i], peek);
      if (bid > c.top)
        c = (contest){ .best = &modules[i], .top = bid };
      else if (bid && bid == c.top)
        c.equal = &modules[i];
    }
  return c;
}

/* Fails for a reader that would be chosen, and is not installed or refused.  A file that stands in for a checkpoint has its
 * own message. */
static const fmtconv_plugin *
missing_reader (fmtconv_ctx *ctx, const fci_module *module, const fmtconv_peek *peek)
{
  if (!fci_refuse_placeholder (ctx, peek))
    fci_missing_fail (ctx, module, peek->path,
                      peek->is_folder ? "which reads such a folder" : "which reads such a file",
                      "name another reader with -r");
  return NULL;
}

const fmtconv_plugin *
fci_pick_reader (fmtconv_ctx *ctx, fci_module *modules, size_t n, const fmtconv_peek *peek)
{
  const contest c = hold_contest (ctx, modules, n, peek);
  const fci_known *known = ctx->failed ? NULL : fci_known_find (peek);
  if (ctx->failed || (known && known->is_placeholder && fci_refuse_placeholder (ctx, peek))
      || fci_missing_check_refused (ctx, modules, n, FCI_READER, "name the reader with -r"))
    return NULL;
  if (known && is_not_for (known, peek, c.top))
    {
      fci_known_refuse (ctx, peek, known);
      return NULL;
    }
  if (!c.best)
    return no_reader (ctx, modules, n, peek);
  if (!c.equal)
    return c.best->plugin ? c.best->plugin : missing_reader (ctx, c.best, peek);
  fci_fail_file (ctx, FMTCONV_E_UNSUPPORTED, peek->path, NULL,
                 "the readers '%s'%s and '%s'%s both recognize it: choose one with -r %s or -r %s",
                 c.best->name, fci_missing_mark (ctx, c.best), c.equal->name, fci_missing_mark (ctx, c.equal),
                 c.best->name, c.equal->name);
  return NULL;
}

/* Returns the last path component, with the trailing slash of a folder. */
static const char *
last_component (const char *path)
{
  size_t n = strlen (path);
  while (n > 0 && path[n - 1] == '/')
    n--;
  while (n > 0 && path[n - 1] != '/')
    n--;
  return path + n;
}

static const fmtconv_plugin *
no_writer (fmtconv_ctx *ctx, fci_module *modules, size_t n, const char *name)
{
  bool any = false;
  for (size_t i = 0; i < n; i++)
    any = any || fci_plugin_has (fci_module_load (ctx, &modules[i]), FCI_WRITER);
  if (!any)
    return none_installed (ctx, FCI_WRITER);
  const fmtconv_where where = {
    .hint = fmtconv_ctx_printf (
        ctx, "type a suffix, such as %s.safetensors, or %s/ for a folder; or name the writer with -w", name,
        name)
  };
  fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &where, "no writer matches the output name '%s'", name);
  return NULL;
}

bool
fci_module_writes (fmtconv_ctx *ctx, fci_module *module, const char *name)
{
  const fmtconv_plugin *plugin =
      fci_module_may_have (module, FCI_WRITER) ? fci_module_described (ctx, module) : NULL;
  return fci_plugin_has (plugin, FCI_WRITER) && fci_has_suffix (name, plugin->writer->suffixes);
}

/* Returns the writer of a module with such suffixes.  NULL: it is not installed, or refused. */
static const fmtconv_plugin *
found_writer (fmtconv_ctx *ctx, fci_module *module)
{
  const fmtconv_plugin *plugin = fci_module_load (ctx, module);
  if (fci_plugin_has (plugin, FCI_WRITER))
    return plugin;
  fci_missing_fail (ctx, module, NULL, "which writes such an output", "name another writer with -w");
  return NULL;
}

const fmtconv_plugin *
fci_pick_writer (fmtconv_ctx *ctx, fci_module *modules, size_t n, const char *output)
{
  const char *name = last_component (output);
  fci_module *found = NULL;
  if (fci_missing_check_refused (ctx, modules, n, FCI_WRITER, "name the writer with -w"))
    return NULL;
  for (size_t i = 0; i < n; i++)
    {
      if (!fci_module_writes (ctx, &modules[i], name))
        continue;
      if (found)
        {
          fmtconv_fail (ctx, FMTCONV_E_USAGE,
                        "the writers '%s'%s and '%s'%s both write files named like '%s': choose one with -w",
                        found->name, fci_missing_mark (ctx, found), modules[i].name,
                        fci_missing_mark (ctx, &modules[i]), name);
          return NULL;
        }
      found = &modules[i];
    }
  return found ? found_writer (ctx, found) : no_writer (ctx, modules, n, name);
}

const fmtconv_plugin *
fci_detect_reader (fmtconv_ctx *ctx, fmtconv_input *in)
{
  size_t n;
  fci_module *modules = fci_modules (ctx, &n);
  const fmtconv_peek *peek = modules ? fci_input_peek (in) : NULL;
  return ctx->failed || !peek ? NULL : fci_pick_reader (ctx, modules, n, peek);
}

const fmtconv_plugin *
fci_detect_writer (fmtconv_ctx *ctx, const char *output)
{
  size_t n;
  fci_module *modules = fci_modules (ctx, &n);
  return modules ? fci_pick_writer (ctx, modules, n, output) : NULL;
}
