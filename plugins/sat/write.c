/* plugins/sat/write.c: writes a folder that SAT's training resumes from.
 * SPDX-License-Identifier: Apache-2.0
 *
 * SAT's load_checkpoint (SwissArmyTransformer: sat/training/model_io.py) reads the number of the iteration in
 * `latest`, then that iteration's file, and of it the dictionary `module` alone. */
#include "config.h"
#include "sat.h"
#include <fmtconv/formats.h>
#include <string.h>

#define WEIGHTS "mp_rank_00_model_states.pt"

/* Returns whether the text is a positive number, or SAT's word 'release'. */
static int
is_iteration (const char *text)
{
  size_t n = strlen (text);
  return !strcmp (text, "release") || (n > 0 && n <= 9 && *text != '0' && strspn (text, "0123456789") == n);
}

int
sat_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  const struct sat_write_params *p = params;
  if (!is_iteration (p->iteration))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "iteration=%s is neither a number from 1 to 999999999 nor 'release'", p->iteration);
  const char *name = fmtconv_ctx_printf (ctx, "%s/" WEIGHTS, p->iteration);
  fmtconv_layout_write (out, name, model, "torch:root=module");
  fmtconv_file_emit (fmtconv_layout_create (out, "latest"), p->iteration, strlen (p->iteration));
  return fmtconv_ctx_failed (ctx);
}
