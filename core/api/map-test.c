/* core/api/map-test.c: tests a model file with the small models that it describes: both directions, recognition, absent tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/map.h"
#include "core/api/sanitize.h"
#include "core/api/tree.h"
#include "core/attr/attr.h"
#include "core/attr/yaml-node.h"
#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/globs.h"
#include "core/base/presence.h"
#include "core/base/size.h"
#include "core/base/strbuf.h"
#include "core/base/subject.h"
#include "core/exec/load.h"
#include "core/model/freeze.h"
#include "core/model/new.h"
#include "core/plugin/registry.h"
#include "core/rules/file.h"
#include "core/rules/rules.h"
#include "core/rules/sample.h"
#include "core/source/input.h"
#include "core/source/source.h"
#include <string.h>
#include <sys/stat.h>

enum
{
  MAX_ELEMENTS = 16 << 20,
  PERIOD =
      65521 /* a prime number: the values of no two tensors of usual sizes are equal; f32 has all of them */
};

/* A small model, and what the rules make of it. */
typedef struct trial
{
  fmtconv_ctx *ctx;
  const fmtconv_rules *rules;
  fci_sample sample;
  fmtconv_attr *config; /* that the model has; NULL: none */
  float *values;
  fmtconv_source *source;
} trial;

/* ---- The small model */

static uint64_t
elements_of (const fci_tensor_dims *dims)
{
  uint64_t n = 1;
  for (unsigned i = 0; i < dims->rank; i++)
    if (!fci_size_mul (n, dims->n[i], &n))
      return UINT64_MAX;
  return n;
}

/* Makes the values of all tensors. */
static int
make_values (trial *t)
{
  uint64_t n = 0;
  for (size_t i = 0; i < t->sample.n; i++)
    if (!fci_size_add (n, elements_of (&t->sample.tensor[i].dims), &n) || n > MAX_ELEMENTS)
      return fmtconv_fail (t->ctx, FMTCONV_E_LIMIT,
                           "this entry describes a model of more than %d values: give smaller sizes",
                           MAX_ELEMENTS);
  t->values = fmtconv_ctx_alloc (t->ctx, (size_t) n + 1, sizeof *t->values);
  for (uint64_t i = 0; t->values && i < n; i++)
    t->values[i] = (float) (i % PERIOD + 1);
  t->source = t->values ? fci_source_memory (t->ctx, t->values, n * sizeof *t->values, "test") : NULL;
  return t->ctx->failed;
}

/* Returns the model, without the tensor of that number. NULL: an error was recorded. */
static const fmtconv_model *
model_without (const trial *t, size_t absent)
{
  fmtconv_model *model = fci_model_new (t->ctx, NULL);
  uint64_t at = 0;
  if (model && t->config)
    fmtconv_attr_set (fmtconv_model_attrs (model), "config", t->config);
  for (size_t i = 0; model && i < t->sample.n; i++)
    {
      const fci_sample_tensor *tensor = &t->sample.tensor[i];
      const fci_tensor_dims *dims = &tensor->dims;
      if (i != absent)
        fmtconv_model_put (
            model, tensor->name,
            fmtconv_view_leaf (t->source, at * sizeof *t->values, FMTCONV_F32, dims->rank, dims->n, NULL));
      at += elements_of (dims);
    }
  return model && !t->ctx->failed && fci_model_freeze (model, NULL) == 0 ? model : NULL;
}

/* ---- Tests */

static bool
is_complete (const fci_recognition *found)
{
  return found->claimed && !found->missing && !found->unknown;
}

/* Loads the values of a tensor. NULL: an error was recorded. */
static void *
load (const trial *t, const fmtconv_tensor *tensor)
{
  fci_loader *loader = fci_loader_new (t->ctx, tensor->name, tensor->view);
  void *to = loader ? fmtconv_ctx_alloc (t->ctx, (size_t) tensor->bytes + 1, 1) : NULL;
  return to && fci_load (loader, 0, tensor->bytes, to) == 0 ? to : NULL;
}

/* Checks that a tensor came back with its shape and its values. */
static int
compare (const trial *t, const fmtconv_model *back, size_t number, uint64_t at)
{
  const fci_sample_tensor *wanted = &t->sample.tensor[number];
  const fmtconv_tensor *tensor = fmtconv_model_find (back, wanted->name);
  if (!tensor)
    return fmtconv_fail (t->ctx, FMTCONV_E_FORMAT, "the reverse does not make '%s'", wanted->name);
  const bool fits = tensor->rank == wanted->dims.rank && tensor->dtype == FMTCONV_F32
                    && !memcmp (tensor->shape, wanted->dims.n, tensor->rank * sizeof *tensor->shape);
  const void *values = fits ? load (t, tensor) : NULL;
  if (t->ctx->failed || (values && !memcmp (values, t->values + at, (size_t) tensor->bytes)))
    return t->ctx->failed;
  return fmtconv_fail (t->ctx, FMTCONV_E_FORMAT, "the reverse makes '%s' with another shape or other values",
                       wanted->name);
}

/* Runs the rules in reverse and compares what returns with the small model. */
static int
test_reverse (const trial *t, const fmtconv_model *out)
{
  fci_recognition found;
  uint64_t at = 0;
  if (fci_rules_recognize_reverse (t->rules, out, &found))
    return fmtconv_ctx_failed (t->ctx);
  const fmtconv_model *back = fci_map_run (t->ctx, t->rules, out, true);
  if (!back)
    return t->ctx->failed;
  if (!is_complete (&found))
    return fmtconv_fail (t->ctx, FMTCONV_E_FORMAT, "the reverse does not recognize what the rules make");
  for (size_t i = 0; i < t->sample.n && !t->ctx->failed; i++)
    {
      compare (t, back, i, at);
      at += elements_of (&t->sample.tensor[i].dims);
    }
  if (!t->ctx->failed && fmtconv_model_count (back) != t->sample.n)
    fmtconv_fail (t->ctx, FMTCONV_E_FORMAT, "the reverse makes %zu tensors, not %zu",
                  fmtconv_model_count (back), t->sample.n);
  return t->ctx->failed;
}

/* Removes one required tensor at a time, counts those that the rules miss, and lists the others: those of numbers in `partial`,
 * and of a last layer that has no other tensor. */
static int
test_absent (const trial *t, fmtconv_attr *report)
{
  size_t n_noticed = 0;
  fmtconv_attr *unnoticed = fci_add_array (report, "unnoticed");
  for (size_t i = 0; unnoticed && i < t->sample.n; i++)
    {
      fci_recognition found;
      const fmtconv_model *less = t->sample.tensor[i].is_required ? model_without (t, i) : NULL;
      if (less && fci_rules_recognize (t->rules, less, &found) == 0 && is_complete (&found))
        fmtconv_attr_set_string (unnoticed, NULL, t->sample.tensor[i].name);
      else if (less)
        n_noticed++;
      if (t->ctx->failed)
        return t->ctx->failed;
    }
  fci_add_count (report, "noticed", n_noticed);
  return t->ctx->failed;
}

/* Tests one small model, and describes it. */
static int
test_model (trial *t, bool is_reversible, fmtconv_attr *report)
{
  fci_recognition found;
  const fmtconv_model *in = make_values (t) ? NULL : model_without (t, t->sample.n);
  const fmtconv_model *out = in ? fci_map_run (t->ctx, t->rules, in, false) : NULL;
  if (!out || fci_rules_recognize (t->rules, in, &found))
    return fmtconv_ctx_failed (t->ctx);
  if (!is_complete (&found))
    return fmtconv_fail (t->ctx, FMTCONV_E_FORMAT, "the rules do not recognize the model that they describe");
  if ((is_reversible && test_reverse (t, out)) || test_absent (t, report))
    return t->ctx->failed;
  fci_add_count (report, "names", t->sample.n);
  fci_add_count (report, "results", fmtconv_model_count (out));
  if (t->rules->attributes)
    fci_add_sanitized (report, "attributes", fmtconv_model_attrs (out));
  return t->ctx->failed;
}

/* ---- The file */

/* Takes `without`, a text or a list of texts, from the sizes, and returns it as globs; "" if the sizes have none. */
static const char *
take_without (fmtconv_ctx *ctx, fmtconv_attr *sizes)
{
  fci_strbuf globs = { .ctx = ctx };
  fmtconv_attr *node = fmtconv_attr_get (sizes, "without");
  if (node && node->kind == FMTCONV_ATTR_STRING)
    fci_strbuf_add (&globs, node->v.s);
  for (fmtconv_attr *text = node && node->kind == FMTCONV_ATTR_ARRAY ? node->first : NULL; text;
       text = text->next)
    if (text->kind == FMTCONV_ATTR_STRING)
      fci_strbuf_add_all (&globs, text == node->first ? "" : " ", text->v.s, NULL);
  fmtconv_attr_unset (sizes, "without");
  return globs.len ? fci_strbuf_text (&globs) : "";
}

/* Checks that every glob of `without` left out a tensor. */
static int
check_without (const trial *t, const char *without)
{
  for (const char *next = without; *next;)
    {
      const size_t n = strcspn (next, " ");
      const char *glob = fci_strndup (t->ctx, next, n);
      size_t i = 0;
      while (glob && i < t->sample.n_absent && !fci_globs_match (glob, t->sample.absent[i]))
        i++;
      if (glob && i == t->sample.n_absent)
        fmtconv_fail (t->ctx, FMTCONV_E_FORMAT, "'without': no tensor has a name that matches '%s'", glob);
      if (t->ctx->failed)
        return t->ctx->failed;
      next += n + (next[n] == ' ');
    }
  return 0;
}

/* Lists the tensors of a small model.  Entries that are not sizes are removed from its sizes. */
static int
take_sizes (trial *t, fmtconv_attr *sizes)
{
  t->config = fmtconv_attr_get (sizes, "config");
  const char *without = take_without (t->ctx, sizes);
  fmtconv_model *empty = fci_model_new (t->ctx, NULL);
  if (!empty || !without)
    return t->ctx->failed;
  if (t->config)
    fmtconv_attr_set (fmtconv_model_attrs (empty), "config", t->config);
  fmtconv_attr_unset (sizes, "config");
  if (fci_model_freeze (empty, NULL) || fci_rules_sample (empty, t->rules, sizes, without, &t->sample))
    return t->ctx->failed;
  return check_without (t, without);
}

/* Tests an entry of `test`, or without a report only its sizes; errors begin with its place. */
static int
test_entry (fmtconv_ctx *ctx, const fci_rules_file *file, const fci_yaml *entry, fmtconv_attr *sizes,
            bool is_reversible, fmtconv_attr *report)
{
  fci_subject subject;
  const char *place = fci_yaml_location (ctx, file->path, entry->at);
  if (!place)
    return ctx->failed;
  fci_subject_push_file (ctx, &subject, place);
  trial t = { .ctx = ctx, .rules = file->rules };
  if (!take_sizes (&t, sizes) && report)
    test_model (&t, is_reversible, report);
  fci_subject_pop (ctx, &subject);
  return ctx->failed;
}

int
fci_map_check_test (fmtconv_ctx *ctx, const fci_rules_file *file)
{
  const fci_yaml *entry = file->test ? fci_yaml_find (file->map, "test")->first : NULL;
  for (fmtconv_attr *sizes = file->test ? file->test->first : NULL; sizes && !ctx->failed;
       sizes = sizes->next, entry = entry->next)
    test_entry (ctx, file, entry, sizes, false, NULL);
  return ctx->failed;
}

/* Opens a model file: of that path, or that is installed under that name. NULL: an error was recorded. */
static fmtconv_input *
open_file (fmtconv_ctx *ctx, const char *path)
{
  struct stat st;
  if (!fci_plugin_name_ok (path, strlen (path))
      || (fci_path_exists (ctx, path, &st) && !S_ISDIR (st.st_mode)))
    return ctx->failed ? NULL : fci_input_user (ctx, path);
  const fmtconv_plugin *plugin = ctx->failed ? NULL : fci_plugin_find (ctx, path, FCI_TRANSFORM);
  const fci_module *module = plugin ? fci_module_find (ctx, path) : NULL;
  if (module && module->model)
    return fci_file_open (ctx, module->model);
  if (!ctx->failed)
    fmtconv_fail (ctx, FMTCONV_E_USAGE, "'%s' is not a model file", path);
  return NULL;
}

/* Reads the file. Returns its list of sizes. NULL: an error was recorded. */
static fmtconv_attr *
read_file (fmtconv_ctx *ctx, const char *path, fci_rules_file *file)
{
  static const fmtconv_where where = { .hint = "fmtconv-model(5) describes 'test', a list of sizes" };
  fmtconv_input *in = open_file (ctx, path);
  if (!in || fci_rules_file_read (in, NULL, file))
    return NULL;
  if (!file->test || !file->test->first)
    fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &where, "%s does not have the key 'test'",
                     fmtconv_input_path (in));
  return ctx->failed ? NULL : file->test;
}

fmtconv_attr *
fmtconv_rules_test (fmtconv_ctx *ctx, const char *path)
{
  fci_rules_file file;
  if (fci_call_begin (ctx, path, "a model file is required"))
    return NULL;
  fmtconv_attr *test = read_file (ctx, path, &file), *report = test ? fmtconv_attr_object (ctx) : NULL;
  const char *one_way = report ? fci_rules_one_way (ctx, file.rules) : NULL;
  if (!report || ctx->failed)
    return NULL;
  fci_add_text (report, "path", path);
  fci_add_text (report, "one_way", one_way);
  fmtconv_attr *models = fci_add_array (report, "models");
  /* The models are as large as their author wants them, and not as the file; MAX_ELEMENTS bounds them. */
  const bool follows_input = ctx->budget.follows_input;
  ctx->budget.follows_input = false;
  const fci_yaml *entry = fci_yaml_find (file.map, "test")->first;
  for (fmtconv_attr *sizes = test->first; models && sizes; sizes = sizes->next, entry = entry->next)
    if (test_entry (ctx, &file, entry, sizes, !one_way, fci_add_object (models)))
      break;
  ctx->budget.follows_input = follows_input;
  return ctx->failed ? NULL : report;
}
