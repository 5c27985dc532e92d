/* core/plan/digest.c: a 64-bit digest of a plan.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/plan/digest.h"
#include "core/plan/run.h"

/* Updates an FNV-1a digest with the bytes of a number. */
static uint64_t
mix (uint64_t digest, uint64_t number)
{
  for (unsigned i = 0; i < 8; i++)
    digest = (digest ^ (number >> (8 * i) & 0xff)) * UINT64_C (0x100000001b3);
  return digest;
}

uint64_t
fci_plan_digest (const fci_plan *plan)
{
  uint64_t digest = UINT64_C (0xcbf29ce484222325);
  for (size_t i = 0; i < plan->files.n; i++)
    {
      const fmtconv_file *file = FCI_FILES (plan)[i].file;
      for (const char *s = file->name; *s; s++)
        digest = mix (digest, (uint8_t) *s);
      digest = mix (digest, file->size);
    }
  for (size_t i = 0; i < plan->runs.n; i++)
    {
      const fci_run *run = &FCI_RUNS (plan)[i];
      digest = mix (mix (mix (mix (digest, run->kind), run->size), run->from), run->wanted);
      if (run->kind == FCI_RUN_DIGEST && run->u.region->kind == FCI_REGION_DIGEST)
        digest = mix (digest, run->u.region->u.digest.last->wanted);
    }
  return digest;
}
