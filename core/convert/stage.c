/* core/convert/stage.c: runs one stage of a conversion: callback, checks, freeze.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/argument.h"
#include "core/base/ctx.h"
#include "core/base/scratch.h"
#include "core/base/state.h"
#include "core/convert/detect.h"
#include "core/convert/known.h"
#include "core/convert/limits.h"
#include "core/convert/link.h"
#include "core/convert/one-of.h"
#include "core/convert/placeholders.h"
#include "core/convert/stage.h"
#include "core/layout/freeze.h"
#include "core/layout/names.h"
#include "core/layout/part.h"
#include "core/model/description.h"
#include "core/model/freeze.h"
#include "core/model/new.h"
#include "core/model/scope.h"
#include "core/plugin/params.h"
#include "core/plugin/registry.h"
#include "core/rules/rules.h"
#include "core/source/folder.h"
#include "core/source/input.h"

enum
{
  DEPTH = 8 /* nested calls of readers or writers */
};

/* State that is saved around a callback. */
typedef struct frame
{
  fci_subject subject;
  const fmtconv_model *before; /* result of the outer transform */
} frame;

/* Begins a callback. made: result of the running transform; NULL for readers and writers. */
static void
enter (fmtconv_ctx *ctx, frame *f, const fmtconv_plugin *plugin, const char *file, const fmtconv_model *made)
{
  *f = (frame){ .subject = *fci_subject_now (ctx), .before = fci_model_run (ctx, made) };
  f->subject.plugin = plugin->name;
  f->subject.file = file;
  f->subject.is_read = false;
  fci_subject_push (ctx, &f->subject);
}

/* Ends a callback. Returns 0 or an error code; reports a callback that failed without a message. */
static int
leave (fmtconv_ctx *ctx, const frame *f, int code)
{
  if (code < 0 && !ctx->failed)
    fmtconv_fail (ctx, code, "plugin '%s' failed without an error message", f->subject.plugin);
  fci_subject_pop (ctx, &f->subject);
  fci_model_run (ctx, f->before);
  return ctx->failed;
}

/* Ends a callback that made a model, which is returned; NULL: an error. */
static const fmtconv_model *
complete (fmtconv_ctx *ctx, const frame *f, int code, const fmtconv_model *model)
{
  if (leave (ctx, f, code))
    return NULL;
  ctx->budget.models = ctx->budget.used - fci_arena_room (&ctx->arena);
  return model;
}

/* Warns of an input of which the reader skipped everything.  Returns 0 or, if warnings are errors, the code. */
static int
warn_of_nothing (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  size_t tensors = 0, skipped = 0;
  FCI_FOREACH_LEAF (leaf, model)
    tensors += fmtconv_model_count (leaf);
  for (const fci_skip *skip = fci_model_skips (model); skip; skip = skip->next)
    skipped++;
  return tensors || !skipped
             ? 0
             : fmtconv_warn (ctx, "no tensors were found, and %zu other items were left out", skipped);
}

const fmtconv_model *
fci_stage_read (fmtconv_ctx *ctx, const fci_link *link, fmtconv_input *in)
{
  const fmtconv_plugin *plugin = link->plugin;
  const bool is_part = fci_subject_now (ctx)->is_read; /* a reader asks for it */
  fmtconv_model *model = !link->block ? NULL : is_part ? fci_model_new_part (ctx) : fci_model_new (ctx, NULL);
  if (!model)
    return NULL;
  frame f;
  enter (ctx, &f, plugin, fmtconv_input_path (in), NULL);
  f.subject.is_read = true;
  fci_scratch *const outer = fci_scratch_begin (ctx);
  int code = fci_refuse_placeholder (ctx, fci_input_peek (in))
                 ? ctx->failed
                 : plugin->reader->read (ctx, link->block, in, model);
  if (code >= 0 && !ctx->failed)
    code = fci_model_freeze (model, plugin->name);
  fci_scratch_end_all (ctx, outer);
  fci_note_one_of (ctx, in);
  if (!ctx->failed)
    code = fci_warn_of_placeholders (ctx, in, model);
  if (code >= 0 && !ctx->failed)
    code = warn_of_nothing (ctx, model);
  return complete (ctx, &f, code, model);
}

const fmtconv_model *
fci_stage_transform (fmtconv_ctx *ctx, const fci_link *link, const fmtconv_model *in)
{
  const fmtconv_plugin *plugin = link->plugin;
  const fmtconv_transform *transform = plugin->transform;
  const char *owner = fci_plugin_title (ctx, "transform", plugin);
  if (!link->block || fci_features_check (ctx, owner, transform->understands, in))
    return NULL;
  fmtconv_model *out = fci_model_new (ctx, in);
  if (!out)
    return NULL;
  frame f;
  enter (ctx, &f, plugin, fci_subject_now (ctx)->file, out);
  int code = 0;
  if (transform->apply)
    code = transform->apply (ctx, link->block, in, out);
  else
    fmtconv_rules_apply (transform->rules, in, out);
  if (code >= 0 && !ctx->failed)
    code = fci_model_freeze (out, plugin->name);
  return complete (ctx, &f, code, out);
}

const char *
fci_transform_one_way (fmtconv_ctx *ctx, const fmtconv_plugin *plugin)
{
  const fmtconv_rules *rules = plugin->transform->rules;
  if (plugin->transform->recognize)
    return "its rules recognize models, and convert nothing";
  return rules ? fci_rules_one_way (ctx, rules) : "it has no rules, and only rules run in reverse";
}

const fmtconv_model *
fci_stage_reverse (fmtconv_ctx *ctx, const fci_link *link, const fmtconv_model *in)
{
  const fmtconv_plugin *plugin = link->plugin;
  const fmtconv_transform *transform = plugin->transform;
  const char *owner = fci_plugin_title (ctx, "transform", plugin);
  fmtconv_model *out =
      fci_features_check (ctx, owner, transform->understands, in) ? NULL : fci_model_new (ctx, in);
  if (!out)
    return NULL;
  frame f;
  enter (ctx, &f, plugin, fci_subject_now (ctx)->file, out);
  if (*link->params)
    fmtconv_note (ctx, "only the rules run in reverse; ignored '%s'", link->params);
  if (fmtconv_attr_get (fmtconv_model_attrs (out), "config") && !transform->rules->attributes)
    fmtconv_note (ctx, "dropped the configuration: it describes the model before the transform");
  fci_model_forget_description (out);
  fmtconv_rules_reverse (transform->rules, in, out);
  int code = ctx->failed ? ctx->failed : fci_model_freeze (out, plugin->name);
  return complete (ctx, &f, code, out);
}

/* Nested calls of readers or writers. */
typedef struct calls
{
  unsigned depth;
} calls;

static const fci_state_key calls_key = { "convert/stage.c", sizeof (calls) };

static calls *
calls_of (fmtconv_ctx *ctx)
{
  return fci_state (ctx, &calls_key);
}

/* Adds the files of one writer to the layout. Returns 0 or an error code. */
static int
write_into (fmtconv_ctx *ctx, const fci_link *link, const fmtconv_model *model, fmtconv_layout *layout)
{
  const fmtconv_plugin *plugin = link->plugin;
  const calls *now = calls_of (ctx);
  if (!link->block || !now || fci_limits_check (ctx, plugin, link->block, model))
    return ctx->failed;
  /* A writer that calls another writer stores the files itself. */
  if (!now->depth && fci_files_warn (ctx, plugin, link->block, model))
    return ctx->failed;
  frame f;
  enter (ctx, &f, plugin, NULL, NULL);
  fci_scratch *const outer = fci_scratch_begin (ctx);
  fci_layout_part *part = fci_layout_part_begin (layout, plugin->name, link->params, model);
  int code = part ? plugin->writer->write (ctx, link->block, model, layout) : ctx->failed;
  if (part)
    fci_layout_part_end (layout, part);
  fci_scratch_end_all (ctx, outer);
  return leave (ctx, &f, code);
}

const fmtconv_layout *
fci_stage_write (fmtconv_ctx *ctx, const fci_link *link, const fmtconv_model *model, fmtconv_layout *layout)
{
  if (!layout || write_into (ctx, link, model, layout))
    return NULL;
  frame f;
  enter (ctx, &f, link->plugin, NULL, NULL);
  return leave (ctx, &f, fci_layout_freeze (layout)) ? NULL : layout;
}

int
fci_stage_edit (fmtconv_ctx *ctx, const fci_link *link, const fmtconv_change *changes, size_t n,
                fmtconv_input *in, fmtconv_layout *layout)
{
  frame f;
  fmtconv_file *file = fmtconv_layout_create (layout, NULL);
  if (!file)
    return ctx->failed;
  enter (ctx, &f, link->plugin, fmtconv_input_path (in), NULL);
  int code = link->plugin->reader->edit (ctx, changes, n, in, file);
  if (code >= 0 && !ctx->failed)
    code = fci_layout_freeze (layout);
  return leave (ctx, &f, code);
}

/* Returns whether the nesting is within the limit; reports an error otherwise. */
static bool
check_nesting (fmtconv_ctx *ctx, fci_role role, const char *name)
{
  const calls *now = calls_of (ctx);
  if (!now || now->depth < DEPTH)
    return now != NULL;
  fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "%ss call each other more than %d levels deep; the last is '%s'",
                fci_role_name (role), DEPTH, name);
  return false;
}

/* Returns the plugin that a callback names as "NAME:key=value". Returns NULL on error. */
static const fmtconv_plugin *
called (fmtconv_ctx *ctx, const char *text, fci_role role, fci_spec *spec)
{
  if (fci_spec_parse (ctx, text, spec) || !check_nesting (ctx, role, spec->name))
    return NULL;
  return fci_plugin_find (ctx, spec->name, role);
}

/* Does the same for the reader with the highest bid. */
static const fmtconv_plugin *
called_by_bid (fmtconv_input *in, fci_spec *spec)
{
  fmtconv_ctx *ctx = fci_input_ctx (in);
  const fmtconv_plugin *plugin = fci_detect_reader (ctx, in);
  *spec = (fci_spec){ .name = plugin ? plugin->name : "", .params = "" };
  return plugin && check_nesting (ctx, FCI_READER, plugin->name) ? plugin : NULL;
}

void
fmtconv_layout_write (fmtconv_layout *layout, const char *name, const fmtconv_model *model,
                      const char *writer)
{
  fmtconv_ctx *ctx = layout ? layout->ctx : NULL;
  fci_spec spec;
  fci_link link;
  fci_layout_scope saved;
  if (!fci_has_argument (ctx, "fmtconv_layout_write", "name", name)
      || !fci_has_argument (ctx, "fmtconv_layout_write", "model", model)
      || !fci_has_argument (ctx, "fmtconv_layout_write", "writer", writer))
    return;
  const fmtconv_plugin *plugin = called (ctx, writer, FCI_WRITER, &spec);
  if (!plugin || fci_layout_enter (layout, name, &saved))
    return;
  calls_of (ctx)->depth++;
  if (!fci_link_make (ctx, FCI_WRITER, plugin, spec.params, &link))
    write_into (ctx, &link, model, layout);
  calls_of (ctx)->depth--;
  fci_layout_leave (layout, &saved);
}

fmtconv_model *
fmtconv_input_read (fmtconv_input *in, const char *reader)
{
  fmtconv_ctx *ctx = in ? fci_input_ctx (in) : NULL;
  fci_spec spec;
  fci_link link;
  if (!ctx || ctx->failed)
    return NULL;
  const fmtconv_plugin *plugin = reader ? called (ctx, reader, FCI_READER, &spec) : called_by_bid (in, &spec);
  if (!plugin)
    return NULL;
  calls_of (ctx)->depth++;
  int code = fci_link_make (ctx, FCI_READER, plugin, spec.params, &link);
  const fmtconv_model *model = code ? NULL : fci_stage_read (ctx, &link, in);
  calls_of (ctx)->depth--;
  fci_transform_scope_add (ctx, model);
  /* The model is frozen: the caller can only read it, in spite of the type. */
  return (fmtconv_model *) model;
}

/* Lists the tensors that a transform dropped as items that the reader of `out` skipped. */
static void
skip_dropped (fmtconv_model *out, const fmtconv_model *made)
{
  const fmtconv_model *given;
  for (size_t k = 0; (given = fci_model_input (made, k)); k++)
    {
      uint32_t at = fci_model_base (given);
      FMTCONV_FOREACH (t, given)
        {
          const char *why = fci_model_dropped (made, at++);
          if (why)
            fmtconv_model_skip (out, t->name, t->bytes, why);
        }
    }
}

void
fmtconv_model_transform (fmtconv_model *out, const fmtconv_model *in, const char *transform)
{
  fmtconv_ctx *ctx = out ? fci_model_ctx (out) : NULL;
  fci_spec spec;
  fci_link link;
  if (!ctx || ctx->failed || !fci_has_argument (ctx, "fmtconv_model_transform", "in", in)
      || !fci_has_argument (ctx, "fmtconv_model_transform", "transform", transform))
    return;
  const fmtconv_plugin *plugin = called (ctx, transform, FCI_TRANSFORM, &spec);
  if (!plugin || fci_model_mark (in))
    return;
  calls_of (ctx)->depth++;
  const int code = fci_link_make (ctx, FCI_TRANSFORM, plugin, spec.params, &link);
  const fmtconv_model *made = code ? NULL : fci_stage_transform (ctx, &link, in);
  calls_of (ctx)->depth--;
  if (!made)
    return;
  fmtconv_model_adopt (out, made);
  skip_dropped (out, made);
}
