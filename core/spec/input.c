/* core/spec/input.c: the reader "spec", which makes the result of a spec an input.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/state.h"
#include "core/convert/convert.h"
#include "core/convert/detect.h"
#include "core/model/new.h"
#include "core/source/folder.h"
#include "core/source/input.h"
#include "core/spec/input.h"
#include "core/spec/open.h"
#include "core/spec/params.h"
#include "core/spec/passed.h"
#include "core/spec/spec.h"
#include "core/spec/variables.h"
#include <string.h>

enum
{
  DEPTH = 8 /* nested specs */
};

/* A spec while it is read. */
typedef struct reading
{
  fmtconv_input *file;
  const struct reading *outer; /* the spec that reads it */
} reading;

/* The specs of a context. */
typedef struct specs
{
  const reading *inner; /* the innermost spec that is being read, or NULL */
  const fci_spec_input *read;
} specs;

static const fci_state_key specs_key = { "spec/input.c", sizeof (specs) };

static specs *
specs_of (fmtconv_ctx *ctx)
{
  return fci_state (ctx, &specs_key);
}

const fci_spec_input *
fci_spec_input_of (const fmtconv_ctx *ctx, const fmtconv_model *model)
{
  const specs *all = fci_state_find (ctx, &specs_key);
  const fci_spec_input *one = all ? all->read : NULL;
  while (one && one->model != model)
    one = one->next;
  return one;
}

/* ---- Recognition */

/* Returns whether a line begins with "fmtconv:" and a number. */
static bool
has_version (const fmtconv_peek *peek)
{
  static const char key[] = "fmtconv:";
  const char *at = (const char *) peek->head, *end = at + peek->head_len;
  for (const char *line = at; line; line = line ? line + 1 : NULL)
    {
      size_t left = (size_t) (end - line), n = sizeof key - 1;
      if (left > n && !memcmp (line, key, n))
        {
          while (n < left && line[n] == ' ')
            n++;
          return n < left && line[n] >= '0' && line[n] <= '9';
        }
      line = memchr (line, '\n', left);
    }
  return false;
}

/* Detects specs only by a name that the user gave and that ends in .yaml or .yml: a spec can open any
 * file, so a downloaded folder must not bring one. */
static int
probe (const fmtconv_peek *peek)
{
  bool may = peek->is_named && !peek->is_folder && fci_has_suffix (peek->base, ".yaml .yml");
  return may && has_version (peek) ? 8 * (int) sizeof "fmtconv" : 0;
}

/* ---- Who may be read */

static bool
is_same (fmtconv_input *a, fmtconv_input *b)
{
  const struct stat *x = fci_input_stat (a), *y = fci_input_stat (b);
  return x->st_dev == y->st_dev && x->st_ino == y->st_ino;
}

/* "a.yaml reads b.yaml reads a.yaml", from the outermost to this one. */
static const char *
way_to (fmtconv_ctx *ctx, const reading *r)
{
  const char *text = fmtconv_input_path (r->file);
  for (r = r->outer; r && text; r = r->outer)
    text = fmtconv_ctx_printf (ctx, "%s reads %s", fmtconv_input_path (r->file), text);
  return text ? text : "";
}

static int
check_may_read (fmtconv_ctx *ctx, const reading *r)
{
  unsigned depth = 1;
  const char *path = fmtconv_input_path (r->file);
  if (!fci_input_is_named (r->file))
    return fci_fail_file (
        ctx, FMTCONV_E_UNSUPPORTED, path, NULL,
        "a spec can open any file, so a spec found in a folder is not read: name it on the command line");
  for (const reading *outer = r->outer; outer; outer = outer->outer, depth++)
    if (is_same (outer->file, r->file))
      return fci_fail_file (ctx, FMTCONV_E_FORMAT, path, NULL, "the spec reads itself: %s", way_to (ctx, r));
  if (depth > DEPTH)
    return fci_fail_file (ctx, FMTCONV_E_LIMIT, path, NULL,
                          "specs read each other more than %d levels deep: %s", (int) DEPTH, way_to (ctx, r));
  return ctx->failed;
}

/* ---- Reading */

/* Returns the base folder of a variable, with a trailing slash; "" for the working folder. */
static const char *
folder_of (fmtconv_ctx *ctx, const fci_spec_params *p, const char *name)
{
  for (size_t i = 0; i < p->folders.n; i++)
    if (!strcmp (p->folders.key[i], name))
      {
        const char *folder = p->folders.value[i];
        size_t n = strlen (folder);
        return n && folder[n - 1] != '/' ? fmtconv_ctx_printf (ctx, "%s/", folder) : folder;
      }
  return "";
}

static int
give (fci_pipeline *p, const fci_spec_params *given)
{
  for (size_t i = 0; i < given->variables.n && !p->ctx->failed; i++)
    {
      const char *name = given->variables.key[i], *value = given->variables.value[i],
                 *folder = folder_of (p->ctx, given, name);
      const fci_expanded *passed = fci_passed_find (p->ctx, name, value);
      const fci_owner owner = passed ? passed->owner : (fci_owner){ 0 };
      folder = passed && !*folder ? passed->base : folder;
      if (!strcmp (name, "path"))
        return fci_fail_file (p->ctx, FMTCONV_E_USAGE, p->path, NULL,
                              "a spec that is an input cannot have a variable 'path': rename it");
      if (!strcmp (name, "input") || !strcmp (name, "output"))
        fci_variables_give_path (p, strcmp (name, "input") ? FCI_V_OUTPUT : FCI_V_INPUT, value, folder,
                                 owner);
      else
        fci_variables_give (p, name, value, folder, owner);
    }
  for (size_t i = 0; i < given->folders.n && !p->ctx->failed; i++)
    {
      size_t k = 0;
      while (k < given->variables.n && strcmp (given->variables.key[k], given->folders.key[i]))
        k++;
      if (k == given->variables.n)
        return fci_fail_file (p->ctx, FMTCONV_E_USAGE, p->path, NULL,
                              "the folder of '%s' is given, but '%s' is not", given->folders.key[i],
                              given->folders.key[i]);
    }
  return fci_variables_resolve (p);
}

/* Returns the conversion of the spec, run up to its model. Returns NULL on error. */
static fci_conversion *
run (fci_pipeline *p, const fci_spec_params *given, fmtconv_input *in)
{
  fci_conversion *c = fci_new (p->ctx, fci_conversion);
  if (!c || fci_spec_open (p, in) || fci_variables_check (p) || give (p, given) || fci_spec_resolve (p))
    return NULL;
  if (fci_yaml_find (p->root, "write"))
    fmtconv_note (p->ctx, "ignored 'write': the spec is an input");
  *c = (fci_conversion){ .ctx = p->ctx, .job = *p->job };
  return fci_convert_model (c) ? c : NULL;
}

/* Copies the lists of skipped items of the readers, which the chain's models no longer have. */
static void
note_skipped (const fci_conversion *c, fmtconv_model *out)
{
  for (size_t i = 0; i < c->n_parts; i++)
    {
      const fci_input_part *part = &c->part[i];
      const char *name = part->job.name;
      const fci_skip *skip = name && part->model == part->read ? NULL : fci_model_skips (part->read);
      for (; skip; skip = skip->next)
        fmtconv_model_skip (out, name ? fmtconv_ctx_printf (c->ctx, "%s/%s", name, skip->what) : skip->what,
                            skip->bytes, skip->why);
    }
}

/* Records the spec for reports. */
static int
note_read (fmtconv_ctx *ctx, const char *path, const fmtconv_model *model, const fci_conversion *c)
{
  specs *all = specs_of (ctx);
  fci_spec_input *one = all ? fci_new (ctx, fci_spec_input) : NULL;
  if (!one)
    return ctx->failed;
  *one = (fci_spec_input){ .path = path, .model = model, .chain = c, .next = all->read };
  all->read = one;
  return 0;
}

static const fci_conversion *
run_inside (fci_pipeline *p, specs *all, const fci_spec_params *given, fmtconv_input *in)
{
  const reading here = { .file = in, .outer = all->inner };
  if (check_may_read (p->ctx, &here))
    return NULL;
  all->inner = &here;
  const fci_conversion *c = run (p, given, in);
  all->inner = here.outer;
  return c;
}

static int
read_inside (fmtconv_ctx *ctx, const fci_spec_params *given, fmtconv_input *in, fmtconv_model *out)
{
  specs *all = specs_of (ctx);
  fci_pipeline p = { .ctx = ctx, .is_input = true, .job = fci_new (ctx, fmtconv_job) };
  const fci_conversion *c = all && p.job ? run_inside (&p, all, given, in) : NULL;
  if (!c)
    return ctx->failed;
  fci_model_continue (out, c->model);
  note_skipped (c, out);
  return note_read (ctx, fmtconv_input_path (in), out, c);
}

/* Reads a spec. The user wrote it, so its errors do not get the hints of damaged checkpoints. */
static int
read_spec (fmtconv_ctx *ctx, const void *given, fmtconv_input *in, fmtconv_model *out)
{
  fci_subject subject = *fci_subject_now (ctx);
  subject.is_read = false;
  fci_subject_push (ctx, &subject);
  int code = read_inside (ctx, given, in, out);
  fci_subject_pop (ctx, &subject);
  return code;
}

const fmtconv_plugin fci_spec_find_plugin = {
  .abi = FMTCONV_ABI,
  .struct_size = sizeof fci_spec_find_plugin,
  .name = "spec",
  .summary = "the result of a spec, as an input: fmtconv-spec(5)",
  .reader = FMTCONV_READER (.params = fci_spec_params_table, .probe = probe, .read = read_spec),
};
