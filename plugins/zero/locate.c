/* plugins/zero/locate.c: finds the folder of a checkpoint.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/latest.h"
#include "plugins/zero/zero.h"

#define LATEST "latest"
#define LATEST_UNIVERSAL "latest_universal"

/* Returns the folder that a file of the run names; NULL: an error. */
static fmtconv_input *
follow (const zero_load *load, fmtconv_input *run, const char *latest)
{
  const char *word = latest_read (load->ctx, run, latest);
  if (!word)
    return NULL;
  if (latest_is_plain (word) && fmtconv_input_has (run, word))
    return fmtconv_input_child (run, word);
  fmtconv_fail_at (
      load->ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = "give the folder of a checkpoint as INPUT" },
      "'%s' in %s says '%s', which is not a folder there", latest, fmtconv_input_path (run), word);
  return NULL;
}

/* Returns the folder of the checkpoint in a run.  'latest' is what DeepSpeed resumes from unless it is asked for a universal
 * checkpoint.  NULL: an error. */
static fmtconv_input *
in_run (const zero_load *load, fmtconv_input *run)
{
  const bool universal = fmtconv_input_has (run, LATEST_UNIVERSAL);
  if (!fmtconv_input_has (run, LATEST))
    return universal ? follow (load, run, LATEST_UNIVERSAL) : run;
  if (universal)
    fmtconv_note (load->ctx,
                  "reading the checkpoint that '" LATEST "' names, not that of '" LATEST_UNIVERSAL "'");
  return follow (load, run, LATEST);
}

int
zero_locate (zero_load *load, fmtconv_input *in)
{
  load->folder = fmtconv_input_is_folder (in) ? in_run (load, in) : fmtconv_input_parent (in);
  load->is_universal = load->folder && fmtconv_input_has (load->folder, "zero");
  return fmtconv_ctx_failed (load->ctx);
}
