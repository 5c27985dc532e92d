/* core/convert/copy.c: passthrough components: copies the files of a folder unchanged.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/copy.h"
#include "core/model/freeze.h"
#include "core/model/new.h"

static void
attach (fmtconv_model *model, fmtconv_input *folder, const char *name)
{
  fmtconv_input *in = fmtconv_input_child (folder, name);
  if (in && fmtconv_input_is_folder (in))
    fmtconv_model_skip (model, name, 0, "only files are copied");
  else
    fmtconv_model_attach (model, name, fmtconv_input_open (in));
}

const fmtconv_model *
fci_stage_copy (fmtconv_ctx *ctx, const fmtconv_job_component *part, fmtconv_input *in)
{
  const char *name;
  fmtconv_model *model = fci_model_new (ctx, NULL);
  if (!model)
    return NULL;
  if (!fmtconv_input_is_folder (in))
    {
      fmtconv_fail (ctx, FMTCONV_E_USAGE, "'%s' is not a folder: only files of a folder can be copied",
                    fmtconv_input_path (in));
      return NULL;
    }
  for (size_t i = 0; part->files && i < part->n_files; i++)
    attach (model, in, part->files[i]);
  for (size_t i = 0; !part->files && (name = fmtconv_input_entry (in, i)); i++)
    attach (model, in, name);
  if (!fmtconv_model_next_blob (model, NULL))
    fmtconv_fail (ctx, FMTCONV_E_MISSING, "no files to copy in '%s'", fmtconv_input_path (in));
  return fci_model_freeze (model, NULL) == 0 ? model : NULL;
}
