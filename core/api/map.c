/* core/api/map.c: checks a rules file without data, and prints a transform's rules as such a file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/map.h"
#include "core/api/sanitize.h"
#include "core/api/tree.h"
#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/presence.h"
#include "core/base/text.h"
#include "core/convert/detect.h"
#include "core/convert/link.h"
#include "core/convert/stage.h"
#include "core/model/freeze.h"
#include "core/model/new.h"
#include "core/model/scope.h"
#include "core/plugin/registry.h"
#include "core/rules/rules.h"
#include "core/rules/text.h"
#include "core/source/input.h"
#include "core/source/source.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum
{
  MAX_NAMES = 64 << 20 /* maximum bytes of a file of names */
};

/* Names without data: all tensors have their elements at the start of a source of the maximum size, which
 * is never read. */
typedef struct naming
{
  fmtconv_ctx *ctx;
  const char *path;
  fmtconv_source *source;
  fmtconv_model *model;
  size_t line;
  char place[PATH_MAX + 24]; /* "PATH:LINE", the start of messages */
} naming;

/* Parses a shape such as "[2,3]". Returns false if the text is not a shape. */
static bool
parse_shape (const char *text, uint64_t *shape, unsigned *rank)
{
  *rank = 0;
  if (*text++ != '[')
    return false;
  for (text += strspn (text, " "); *text != ']'; ++*rank)
    {
      size_t n = strspn (text, "0123456789");
      if (n == 0 || n > 19 || *rank == FMTCONV_MAX_RANK)
        return false;
      shape[*rank] = 0;
      for (size_t i = 0; i < n; i++)
        shape[*rank] = shape[*rank] * 10 + (uint64_t) (text[i] - '0');
      text += n + strspn (text + n, " ");
      if (*text == ',')
        text += 1 + strspn (text + 1, " ");
      else if (*text != ']')
        return false;
    }
  return text[1 + strspn (text + 1, " \t\r")] == '\0';
}

/* Parses a line "NAME [2,3]"; empty lines and lines that begin with # are skipped. */
static int
add_name (naming *n, char *line)
{
  uint64_t shape[FMTCONV_MAX_RANK];
  unsigned rank;
  size_t len = strcspn (line, " \t\r");
  char *rest = line + len + strspn (line + len, " \t");
  if (!*line || *line == '#' || *line == '\r')
    return 0;
  if (!parse_shape (rest, shape, &rank))
    return fmtconv_fail (n->ctx, FMTCONV_E_FORMAT,
                         "a line must be NAME [SHAPE], for example 'a.weight [2,3]'");
  line[len] = '\0';
  fmtconv_model_put (n->model, line, fmtconv_view_leaf (n->source, 0, FMTCONV_F32, rank, shape, NULL));
  return n->ctx->failed;
}

static const fmtconv_model *
read_names (fmtconv_ctx *ctx, fmtconv_input *in)
{
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (in));
  if (c.source && c.end > MAX_NAMES)
    fmtconv_fail (ctx, FMTCONV_E_LIMIT, "%s is larger than 64 MiB, the limit of a file of names",
                  fmtconv_input_path (in));
  char *text = ctx->failed ? NULL : (char *) fmtconv_cursor_take_text (&c, c.end);
  naming n = { .ctx = ctx,
               .path = fmtconv_input_path (in),
               .source = fci_source_memory (ctx, NULL, INT64_MAX, fmtconv_input_path (in)),
               .model = fci_model_new (ctx, NULL) };
  fci_subject subject;
  fci_subject_push_file (ctx, &subject, n.place);
  for (char *line = text, *next; line && !ctx->failed; line = next)
    {
      next = strchr (line, '\n');
      if (next)
        *next++ = '\0';
      snprintf (n.place, sizeof n.place, "%s:%zu", n.path, ++n.line);
      add_name (&n, line);
    }
  fci_subject_pop (ctx, &subject);
  return text && n.model && fci_model_freeze (n.model, NULL) == 0 ? n.model : NULL;
}

/* Reads a checkpoint (only its headers) or a text of names. */
static const fmtconv_model *
read_against (fmtconv_ctx *ctx, const char *path)
{
  fmtconv_input *in = fci_input_user (ctx, path);
  if (!in)
    return NULL;
  if (!fmtconv_input_is_folder (in) && fci_has_suffix (path, ".txt"))
    return read_names (ctx, in);
  fci_link reader;
  int code = fci_link_make (ctx, FCI_READER, fci_detect_reader (ctx, in), "", &reader);
  const fmtconv_model *model = code ? NULL : fci_stage_read (ctx, &reader, in);
  if (!fmtconv_model_next_component (model, NULL))
    return model;
  fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED, "%s holds several components: give the folder of one",
                fmtconv_input_path (in));
  return NULL;
}

static void
add_results (fmtconv_attr *list, const fmtconv_model *out)
{
  FMTCONV_FOREACH (t, out)
    {
      size_t n;
      const uint32_t *from = fci_tensor_origins (out, t, &n);
      const char *of = fmtconv_model_name (out);
      fmtconv_attr *node = fci_add_object (list);
      fci_add_tensor (node, *of ? fmtconv_ctx_printf (list->ctx, "%s/%s", of, t->name) : t->name, t->view);
      fmtconv_attr_unset (node, "dtype");
      fmtconv_attr_unset (node, "bytes");
      fmtconv_attr *names = fci_add_array (node, "from");
      for (size_t i = 0; names && i < n; i++)
        fmtconv_attr_set_string (names, NULL, fci_origin_tensor (list->ctx, from[i])->name);
    }
}

static void
add_dropped (fmtconv_attr *list, const fmtconv_model *in, const fmtconv_model *out)
{
  uint32_t at = fci_model_base (in);
  FMTCONV_FOREACH (t, in)
    {
      const char *why = fci_model_dropped (out, at++);
      fmtconv_attr *node = why ? fci_add_object (list) : NULL;
      if (!node)
        continue;
      fmtconv_attr_set_string (node, "name", t->name);
      fci_add_text (node, "why", why);
    }
}

/* Lists names that the reverse does not restore, except names that `[...]` makes equal on purpose. */
static void
add_changed (fmtconv_attr *list, const fmtconv_model *in, const fmtconv_model *out, const fmtconv_model *back)
{
  uint32_t at = fci_model_base (in);
  FMTCONV_FOREACH (t, in)
    if (!fci_model_dropped (out, at++) && !fmtconv_model_find (back, t->name))
      fmtconv_attr_set_string (list, NULL, t->name);
}

static int
check_against (fmtconv_attr *report, const fmtconv_rules *rules, const char *path, bool reversible)
{
  fmtconv_ctx *ctx = report->ctx;
  const fmtconv_model *in = read_against (ctx, path);
  const fmtconv_model *out = in ? fci_map_run (ctx, rules, in, false) : NULL;
  if (!out)
    return ctx->failed;
  fci_add_count (report, "names", fmtconv_model_count (in));
  fmtconv_attr *results = fci_add_array (report, "results");
  FCI_FOREACH_LEAF (leaf, out)
    add_results (results, leaf);
  add_dropped (fci_add_array (report, "dropped"), in, out);
  if (rules->attributes)
    fci_add_sanitized (report, "attributes", fmtconv_model_attrs (out));
  const fmtconv_model *back = reversible ? fci_map_run (ctx, rules, out, true) : NULL;
  if (back)
    add_changed (fci_add_array (report, "changed"), in, out, back);
  return ctx->failed;
}

/* Warns of a kind that no model has, as a mistyped one would be another component. */
static void
check_kind (fmtconv_ctx *ctx, const fci_rules_file *file)
{
  static const char *const kinds[] = { "transformer",    "unet",           "vae",
                                       "text_encoder",   "text_encoder_2", "text_encoder_3",
                                       "language-model", "pipeline",       "lora",
                                       "controlnet" };
  const size_t n = sizeof kinds / sizeof *kinds;
  for (size_t i = 0; i < n; i++)
    if (!file->kind || !strcmp (file->kind, kinds[i]))
      return;
  const char *nearest = fci_spell_nearest (file->kind, kinds, n);
  for (size_t i = 0; i < n; i++)
    fmtconv_detail (ctx, "%s", kinds[i]);
  fmtconv_warn (ctx, "%s: the kind '%s' is not one of those below%s%s%s", file->path, file->kind,
                nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

/* Reads and checks a file of rules or a model file. NULL: an error was recorded. */
static const fmtconv_rules *
file_rules (fmtconv_ctx *ctx, const char *path)
{
  fci_rules_file file;
  fmtconv_input *in = fci_input_user (ctx, path);
  if (!in || fci_rules_file_read (in, NULL, &file))
    return NULL;
  if (file.parts)
    return fmtconv_rules_read (in, NULL); /* which says what to do with a pipeline */
  const char *slash = strrchr (path, '/'), *base = slash ? slash + 1 : path;
  const size_t n = strlen (base) - (fci_has_suffix (base, ".yaml") ? strlen (".yaml") : 0);
  const char *stem = fci_strndup (ctx, base, n);
  if (!stem || fci_rules_file_check_name (ctx, &file, stem) || fci_map_check_test (ctx, &file))
    return NULL;
  check_kind (ctx, &file);
  return ctx->failed ? NULL : file.rules;
}

/* Returns the rules of a transform or model of that name, or of a file. */
static const fmtconv_rules *
rules_of (fmtconv_ctx *ctx, const char *path)
{
  struct stat st;
  if (fci_plugin_name_ok (path, strlen (path)) && (!fci_path_exists (ctx, path, &st) || S_ISDIR (st.st_mode)))
    {
      if (ctx->failed)
        return NULL;
      const fmtconv_plugin *plugin = fci_plugin_find (ctx, path, FCI_TRANSFORM);
      if (plugin && !plugin->transform->rules)
        fmtconv_fail (ctx, FMTCONV_E_USAGE, "transform '%s' has no rules table", path);
      return ctx->failed ? NULL : plugin->transform->rules;
    }
  return file_rules (ctx, path);
}

fmtconv_attr *
fmtconv_rules_check (fmtconv_ctx *ctx, const char *path, const char *against)
{
  if (fci_call_begin (ctx, path, "a file of rules is required"))
    return NULL;
  const fmtconv_rules *rules = rules_of (ctx, path);
  fmtconv_attr *report = rules ? fmtconv_attr_object (ctx) : NULL;
  if (!report)
    return NULL;
  const char *one_way = fci_rules_one_way (ctx, rules);
  size_t n = 0;
  while (rules->rules[n].from)
    n++;
  fci_add_text (report, "path", path);
  fci_add_count (report, "rules", n);
  fci_add_text (report, "one_way", one_way);
  if (against && check_against (report, rules, against, !one_way))
    return NULL;
  return ctx->failed ? NULL : report;
}

/* Returns the text of a model file. */
static const char *
file_text (fmtconv_input *in)
{
  fmtconv_cursor c = fmtconv_cursor_start (in ? fmtconv_input_open (in) : NULL);
  return c.source ? fmtconv_cursor_take_text (&c, c.end) : NULL;
}

const char *
fmtconv_rules_print (fmtconv_ctx *ctx, const char *transform)
{
  if (fci_call_begin (ctx, transform, "the name of a transform is required"))
    return NULL;
  const fmtconv_plugin *plugin = fci_plugin_find (ctx, transform, FCI_TRANSFORM);
  if (!plugin)
    return NULL;
  const fci_module *module = fci_module_find (ctx, transform);
  if (module && module->model)
    return file_text (fci_file_open (ctx, module->model));
  if (plugin->transform->rules)
    return fci_rules_text (ctx, plugin->transform->rules);
  fmtconv_fail (ctx, FMTCONV_E_USAGE, "transform '%s' has no rules table", transform);
  return NULL;
}
