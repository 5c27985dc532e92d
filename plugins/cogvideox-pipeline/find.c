/* plugins/cogvideox-pipeline/find.c: finds the components of a bundle and their configurations.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "pipeline.h"
#include <fmtconv/formats.h>
#include <string.h>

const fmtconv_model *
pipeline_find (const fmtconv_model *bundle, const char *name)
{
  const fmtconv_model *c = NULL;
  while ((c = fmtconv_model_next_component (bundle, c)) && strcmp (fmtconv_model_name (c), name))
    ;
  return c;
}

int
pipeline_is_empty (const fmtconv_model *component)
{
  return !fmtconv_model_count (component) && !fmtconv_model_next_blob (component, NULL)
         && !fmtconv_attr_get (fmtconv_model_attrs (component), "config");
}

fmtconv_attr *
pipeline_config (fmtconv_model *component)
{
  return component ? fmtconv_attr_make (fmtconv_model_attrs (component), "config") : NULL;
}
