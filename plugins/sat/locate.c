/* plugins/sat/locate.c: finds the weights in a save folder, run, iteration or file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/common/latest.h"
#include "plugins/common/text.h"
#include "sat.h"
#include <string.h>

#define WEIGHTS "mp_rank_00_model_states.pt"
#define CONFIG "training_config.yaml"

static int
all_digits (const char *s, size_t n)
{
  size_t digits = strspn (s, "0123456789");
  return n > 0 && digits >= n;
}

int
sat_is_run_name (const char *name)
{
  size_t n = strlen (name);
  const char *t = n > 12 ? name + n - 12 : NULL;
  return t && t[0] == '-' && t[3] == '-' && t[6] == '-' && t[9] == '-' && all_digits (t + 1, 2)
         && all_digits (t + 4, 2) && all_digits (t + 7, 2) && all_digits (t + 10, 2);
}

/* Returns whether it is what SAT and DeepSpeed call the folder of an iteration: 1000, release, global_step1000; accelerate
 * calls it pytorch_model. */
int
sat_is_iteration_name (const char *name)
{
  const char *number = text_starts_with (name, "global_step") ? name + strlen ("global_step") : name;
  return all_digits (number, strlen (number)) || !strcmp (name, "release") || !strcmp (name, "pytorch_model");
}

/* Returns whether a file is one rank's part of a ZeRO-3 checkpoint. */
static bool
is_split (const char *name)
{
  return text_starts_with (name, "z3_")
         || (text_starts_with (name, "zero_pp_") && text_ends_with (name, "_model_states.pt"));
}

/* Reads the optimizer's weights if the user asks for them, or if there are no others: ZeRO-3 splits every tensor over the
 * ranks.  Returns 0 or an error code. */
static int
choose_zero (fmtconv_ctx *ctx, const struct sat_params *p, fmtconv_input *folder, struct sat_place *out)
{
  const char *name, *split = NULL;
  if (p->weights == SAT_WEIGHTS_FP32)
    out->zero = folder;
  if (out->n_ranks || out->zero)
    return 0;
  for (size_t i = 0; !split && (name = fmtconv_input_entry (folder, i)); i++)
    split = is_split (name) ? name : NULL;
  if (split && p->weights == SAT_WEIGHTS_MODEL)
    return fmtconv_fail_at (
        ctx, FMTCONV_E_UNSUPPORTED,
        &(fmtconv_where){ .hint = "omit weights=model to read the optimizer's fp32 weights, or save "
                                  "again with stage3_gather_16bit_weights_on_model_save" },
        "%s is one rank's part of a ZeRO-3 checkpoint, which splits every tensor over all ranks", split);
  out->zero = split ? folder : NULL;
  return split ? fmtconv_ctx_failed (ctx)
               : fmtconv_fail (ctx, FMTCONV_E_MISSING, "no " WEIGHTS " in %s", fmtconv_input_path (folder));
}

/* Returns whether the optimizer has weights in fp32 that can be joined; those of experts cannot. */
static bool
has_fp32 (fmtconv_input *folder)
{
  const char *name;
  bool has = false;
  for (size_t i = 0; (name = fmtconv_input_entry (folder, i)); i++)
    if (sat_is_expert_name (name))
      return false;
    else
      has = has || text_ends_with (name, "_optim_states.pt");
  return has;
}

/* Tells which of the two copies of the weights is read. */
static void
note_choice (fmtconv_ctx *ctx, const struct sat_params *p, fmtconv_input *folder, const struct sat_place *out)
{
  if (!out->zero && p->weights == SAT_WEIGHTS_AUTO && has_fp32 (folder))
    fmtconv_note (ctx,
                  "reading the model's weights; weights=fp32 reads those that the optimizer keeps in fp32");
}

/* Finds the ranks in a folder N, N-ema or release. */
static int
in_iteration (fmtconv_ctx *ctx, const struct sat_params *p, fmtconv_input *folder, struct sat_place *out)
{
  if (p->weights != SAT_WEIGHTS_FP32 && sat_find_ranks (ctx, folder, out))
    return fmtconv_ctx_failed (ctx);
  if (choose_zero (ctx, p, folder, out))
    return fmtconv_ctx_failed (ctx);
  note_choice (ctx, p, folder, out);
  if (!out->config && fmtconv_input_has (folder, CONFIG))
    out->config = fmtconv_input_child (folder, CONFIG);
  return fmtconv_ctx_failed (ctx);
}

/* Returns the iteration that 'latest' names, a number or any name that DeepSpeed was given; NULL: an error.  A run that
 * ended between two saves leaves "N-ema". */
static const char *
latest_iteration (fmtconv_ctx *ctx, fmtconv_input *run)
{
  const char *word = latest_read (ctx, run, "latest");
  size_t n = word ? strcspn (word, "-") : 0;
  if (!word)
    return NULL;
  if (all_digits (word, n) && !strcmp (word + n, "-ema"))
    {
      fmtconv_note (ctx, "'latest' says %s, left by an interrupted save; reading iteration %.*s", word,
                    (int) n, word);
      return fmtconv_ctx_printf (ctx, "%.*s", (int) n, word);
    }
  if (latest_is_plain (word))
    return word;
  fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .hint = "select one with -r sat:iteration=N" },
                   "'latest' in %s says '%s', which is not the name of a folder", fmtconv_input_path (run),
                   word);
  return NULL;
}

/* Returns the only iteration of a run without 'latest'; NULL: an error. */
static const char *
only_iteration (fmtconv_ctx *ctx, fmtconv_input *run)
{
  const char *name, *only = NULL;
  size_t found = 0;
  for (size_t i = 0; (name = fmtconv_input_entry (run, i)); i++)
    if (sat_is_iteration_name (name) && ++found)
      {
        fmtconv_detail (ctx, "%s", name);
        only = name;
      }
  if (found == 1)
    {
      fmtconv_note (ctx, "no 'latest' in %s; reading its only iteration", fmtconv_input_path (run));
      return only;
    }
  fmtconv_fail_at (ctx, FMTCONV_E_MISSING,
                   &(fmtconv_where){ .hint = found ? "select one with -r sat:iteration=N" : NULL },
                   "no 'latest' in %s, and %zu iterations", fmtconv_input_path (run), found);
  return NULL;
}

static int
no_iteration (fmtconv_ctx *ctx, const struct sat_params *p, fmtconv_input *run, const char *wanted)
{
  const char *name, *hint = "check that the copy is complete";
  for (size_t i = 0; (name = fmtconv_input_entry (run, i)); i++)
    if (all_digits (name, strspn (name, "0123456789")) || text_starts_with (name, "release")
        || sat_is_iteration_name (name))
      fmtconv_detail (ctx, "%s", name);
  if (p->ema == 1)
    hint = "this run saved no averaged weights; omit ema=yes";
  else if (p->iteration)
    hint = "give one of these, or omit iteration= to read the one in 'latest'";
  return fmtconv_fail_at (ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = hint }, "no iteration '%s' in %s",
                          wanted, fmtconv_input_path (run));
}

static int
in_run (fmtconv_ctx *ctx, const struct sat_params *p, fmtconv_input *run, struct sat_place *out)
{
  const char *iteration = p->iteration                        ? p->iteration
                          : fmtconv_input_has (run, "latest") ? latest_iteration (ctx, run)
                                                              : only_iteration (ctx, run);
  if (!iteration)
    return fmtconv_ctx_failed (ctx);
  const char *name = p->ema == 1 ? fmtconv_ctx_printf (ctx, "%s-ema", iteration) : iteration;
  if (fmtconv_input_has (run, CONFIG))
    out->config = fmtconv_input_child (run, CONFIG);
  if (!fmtconv_input_has (run, name))
    return no_iteration (ctx, p, run, name);
  return in_iteration (ctx, p, fmtconv_input_child (run, name), out);
}

/* Reads the only run of a folder; if it has several, the user must choose. */
static int
in_save_folder (fmtconv_ctx *ctx, const struct sat_params *p, fmtconv_input *folder, struct sat_place *out)
{
  const char *name, *run = NULL;
  size_t found = 0;
  for (size_t i = 0; (name = fmtconv_input_entry (folder, i)); i++)
    if (sat_is_run_name (name) && ++found)
      {
        fmtconv_detail (ctx, "%s/%s", fmtconv_input_path (folder), name);
        run = name;
      }
  if (found == 1)
    {
      fmtconv_note (ctx, "reading the only run in the folder");
      return in_run (ctx, p, fmtconv_input_child (folder, run), out);
    }
  if (found)
    return fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED,
                            &(fmtconv_where){ .hint = "give one of them as INPUT" },
                            "the folder holds %zu runs", found);
  return fmtconv_fail (ctx, FMTCONV_E_MISSING,
                       "not a SAT checkpoint: no 'latest', no run folder (NAME-MM-DD-HH-MM), no " WEIGHTS);
}

static int
is_run (fmtconv_ctx *ctx, const struct sat_params *p, fmtconv_input *folder)
{
  const char *name;
  if (fmtconv_input_has (folder, "latest") || (p->iteration && fmtconv_input_has (folder, p->iteration)))
    return 1;
  if (fmtconv_input_has (folder, CONFIG))
    return !fmtconv_input_has (folder, WEIGHTS);
  int iterations = 0;
  for (size_t i = 0; !fmtconv_ctx_failed (ctx) && (name = fmtconv_input_entry (folder, i)); i++)
    if (sat_is_run_name (name))
      return 0;
    else
      iterations += sat_is_iteration_name (name);
  return iterations || sat_is_run_name (fmtconv_input_basename (folder));
}

/* Returns whether a folder holds rank files of any kind. */
static int
is_iteration (fmtconv_input *folder)
{
  const char *name;
  for (size_t i = 0; (name = fmtconv_input_entry (folder, i)); i++)
    if (text_starts_with (name, "mp_rank_") || text_starts_with (name, "z3_") || sat_is_expert_name (name)
        || text_ends_with (name, "_optim_states.pt") || text_starts_with (name, "zero_pp_"))
      return 1;
  return 0;
}

/* Finds the run's configuration, one folder above the iteration. */
static void
find_config_above (fmtconv_input *folder, struct sat_place *out)
{
  fmtconv_input *run = fmtconv_input_parent (folder);
  if (!out->config && fmtconv_input_has (run, CONFIG))
    out->config = fmtconv_input_child (run, CONFIG);
}

/* Finds all ranks next to a rank file; a file with another name is read alone. */
static int
find_sibling (fmtconv_ctx *ctx, const struct sat_params *p, fmtconv_input *in, fmtconv_input *folder,
              struct sat_place *out)
{
  const char *name = fmtconv_input_basename (in);
  if (p->weights == SAT_WEIGHTS_FP32 || is_split (name))
    return choose_zero (ctx, p, folder, out);
  if (sat_is_rank_name (name))
    return sat_find_ranks (ctx, folder, out);
  out->ranks = fmtconv_ctx_alloc (ctx, 1, sizeof *out->ranks);
  if (out->ranks)
    out->ranks[out->n_ranks++] = in;
  return fmtconv_ctx_failed (ctx);
}

int
sat_locate (fmtconv_ctx *ctx, const struct sat_params *p, fmtconv_input *in, struct sat_place *out)
{
  *out = (struct sat_place){ 0 };
  if (!fmtconv_input_is_folder (in))
    {
      fmtconv_input *folder = fmtconv_input_parent (in);
      if (find_sibling (ctx, p, in, folder, out))
        return fmtconv_ctx_failed (ctx);
      if (fmtconv_input_has (folder, CONFIG))
        out->config = fmtconv_input_child (folder, CONFIG);
      else
        find_config_above (folder, out);
      return fmtconv_ctx_failed (ctx);
    }
  if (is_iteration (in))
    {
      if (in_iteration (ctx, p, in, out) == 0)
        find_config_above (in, out);
      return fmtconv_ctx_failed (ctx);
    }
  return is_run (ctx, p, in) ? in_run (ctx, p, in, out) : in_save_folder (ctx, p, in, out);
}
