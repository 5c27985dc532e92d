/* cli/options-take.c: puts an option into the settings.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include "options.h"

/* Takes an option without an argument. */
static void
take_switch (struct settings *s, int id)
{
  switch (id)
    {
    case OPT_PRINT_SPEC:
      s->print_spec = true;
      break;
    case 'n':
      s->flags |= FMTCONV_DRY_RUN | FMTCONV_LIST;
      break;
    case 'f':
      s->flags |= FMTCONV_FORCE;
      break;
    case OPT_VERIFY:
      s->flags |= FMTCONV_VERIFY;
      break;
    case OPT_PROVENANCE:
      s->flags |= FMTCONV_PROVENANCE;
      break;
    case OPT_PUBLISH:
      s->flags |= FMTCONV_PUBLISH;
      break;
    case OPT_RESUME:
      s->flags |= FMTCONV_RESUME;
      break;
    case OPT_STRICT:
      s->flags |= FMTCONV_STRICT;
      break;
    case OPT_LOSSY:
      s->flags |= FMTCONV_ALLOW_LOSSY;
      break;
    case OPT_PATHS:
      s->flags |= FMTCONV_ALLOW_PATHS;
      break;
    case OPT_STATS:
      s->flags |= FMTCONV_STATS;
      break;
    case OPT_JSON:
      s->json = true;
      break;
    case 'q':
      s->verbosity -= s->verbosity > PRINT_ERRORS;
      break;
    case 'v':
      s->verbosity = PRINT_LISTS;
      break;
    case OPT_NO_SANDBOX:
      s->no_sandbox = true;
      break;
    case OPT_PROGRESS:
    case OPT_NO_PROGRESS:
      s->progress = id == OPT_PROGRESS;
      break;
    case OPT_NO_MPI:
      s->no_mpi = true;
      break;
    case 'h':
      s->help = true;
      break;
    default:
      s->version = true;
    }
}

/* Returns where the argument of an option goes that is kept as it was typed; NULL: another option. */
static const char **
text_of (struct settings *s, int id)
{
  switch (id)
    {
    case 'r':
      return &s->reader;
    case 'w':
      return &s->writer;
    case 'p':
      return &s->spec;
    case OPT_DTYPE:
      return &s->dtype;
    case OPT_MANIFEST:
    case OPT_VERIFY_MANIFEST:
      return &s->manifest;
    case OPT_CHECK:
      return &s->rules;
    case OPT_AGAINST:
    case OPT_VERIFY_AGAINST:
      return &s->against;
    case OPT_PRINT:
      return &s->print;
    case OPT_MAP_TEST:
      return &s->test;
    case OPT_BACK:
      return &s->back;
    default:
      return NULL;
    }
}

bool
options_take (struct settings *s, int id, char *argument)
{
  const char **text = text_of (s, id);
  if (text)
    {
      *text = argument ? argument : "";
      return true;
    }
  switch (id)
    {
    case 't':
      return options_add (s->transforms, &s->n_transforms, MAX_TRANSFORMS, "-t", argument);
    case 'D':
      return options_add_variable (s, argument);
    case 'j':
      return options_threads (argument, &s->threads);
    case OPT_MEMORY:
      return options_memory ("memory", argument, &s->memory);
    case OPT_SHARE:
      return options_share (argument, s);
    case OPT_PARSE_MEMORY:
      return options_memory ("parse-memory", argument, &s->parse_memory);
    case OPT_COLOR:
      return options_color (argument, &s->color);
    case OPT_PLUGIN_DIR:
      return options_add (s->plugin_dirs, &s->n_plugin_dirs, MAX_DIRS, "--plugin-dir", argument);
    case OPT_PRESET_DIR:
      return options_add (s->preset_dirs, &s->n_preset_dirs, MAX_DIRS, "--preset-dir", argument);
    case OPT_SAMPLE:
      return options_add (s->samples, &s->n_samples, MAX_SAMPLES, "--sample", argument);
    case OPT_TEE:
      return options_add (s->tees, &s->n_tees, MAX_TEES, "--tee", argument);
    case OPT_SET:
    case OPT_UNSET:
    case OPT_RENAME:
      return options_add_change (s, id, argument);
    case OPT_TENSORS:
      s->tensors = true;
      s->glob = argument;
      s->flags |= FMTCONV_LIST;
      break;
    case OPT_NEW_READER:
    case OPT_NEW_TRANSFORM:
    case OPT_NEW_WRITER:
    case OPT_NEW_CODEC:
      s->role = id == OPT_NEW_READER ? 'r' : id == OPT_NEW_WRITER ? 'w' : id == OPT_NEW_CODEC ? 'c' : 't';
      break;
    default:
      take_switch (s, id);
    }
  return true;
}
