/* core/spec/spec.h: a pipeline spec while it becomes a job.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_SPEC_H
#define FCI_SPEC_SPEC_H

#include "core/attr/yaml-node.h"
#include "core/plugin/registry.h"
#include "core/plugin/search.h"
#include <fmtconv/fmtconv.h>

/* What ${name} stands for. */
typedef struct fci_variable
{
  const char *name;
  const fci_yaml *node;      /* its declaration; NULL: it is the command line's input or output */
  const fci_yaml *otherwise; /* its default, not expanded yet; NULL: none */
  const char *help;          /* NULL: none */
  const char *value;         /* NULL: none, so far */
  const char
      *base; /* folder that value is relative to as a path, with a slash at the end; "": the working folder */
  bool optional;        /* what needs it is left out where it has no value */
  bool used;            /* the spec has use for it */
  const char *left_out; /* components and outputs that are left out for want of it; NULL: none */
} fci_variable;

typedef struct fci_pipeline
{
  fmtconv_ctx *ctx;
  const char *path;   /* of the spec */
  const char *folder; /* with a slash at the end; "": the working folder */
  bool is_input;      /* only what makes its model is wanted: what 'write' says is not looked at */
  const fci_yaml *root;
  fci_variable *variables; /* the first two: input and output */
  size_t n_variables;
  size_t n_known;  /* those that a default may name: declared further up */
  size_t expanded; /* bytes of text so far, with what variables stand for */
  fmtconv_job *job;
} fci_pipeline;

enum
{
  FCI_V_INPUT,
  FCI_V_OUTPUT,
  FCI_V_FIRST /* that the spec declares */
};

/* ---- Finding (spec-find.c) */

/* The presets of all folders, or those of one name.  0, or the code of an error. */
int fci_presets_find (fmtconv_ctx *ctx, const char *only, fci_files *out);

/* The comment in its first line, which is read for this; "": none. */
const char *fci_preset_summary (fmtconv_ctx *ctx, const fci_file *preset);

/* The path of a spec that was typed: a file, or the name of a preset.  NULL: an error. */
const char *fci_spec_path (fmtconv_ctx *ctx, const char *typed);

/* ---- Opening (spec-open.c) */

/* Read and parse the file, and declare its variables; what it says of the rest is not looked at. */
int fci_spec_open (fci_pipeline *p, fmtconv_input *file);

/* ---- Settling (spec.c) */

/* Fill in p->job, all but its writer and output where p->is_input: after the variables have their values. */
int fci_spec_settle (fci_pipeline *p);

/* ---- What any part of a spec may be (spec-schema.c).  Each returns 0, or the code of the error. */

int fci_spec_fail (const fci_pipeline *p, fci_place at, const char *format, ...) FMTCONV_PRINTF (3);

/* Is the node of that kind?  what: "transform" …, for the message. */
int fci_spec_kind (const fci_pipeline *p, const fci_yaml *node, fci_yaml_kind kind, const char *what);

/* Does the map have no keys but these?  The nearest is named.  what: "a spec". */
int fci_spec_keys (const fci_pipeline *p, const fci_yaml *map, const char *what, const char *const *keys,
                   size_t n);

/* yes, no, true, false into *value. */
int fci_spec_bool (const fci_pipeline *p, const fci_yaml *node, bool *value);

/* 1 to 64 letters, digits, '_' and, inside, '-': what may name a variable. */
bool fci_spec_name_ok (const char *name);

/* ---- Variables (spec-variables.c, spec-expand.c) */

int fci_variables_declare (fci_pipeline *p);

/* Mark those that the spec uses: all it declares, but with is_input only what makes the model needs; unknown ones
 * and malformed ${…} are errors. */
int fci_variables_check (fci_pipeline *p);

/* After the check, give one that the spec declares its value; base: as of fci_variable. */
int fci_variables_give (fci_pipeline *p, const char *name, const char *value, const char *base);

/* The same for ${input} or ${output}; value NULL: none. */
void fci_variables_give_path (fci_pipeline *p, size_t which, const char *value, const char *base);

/* After all are given: complain of what is missing and of what nobody needs; the others have their defaults. */
int fci_variables_settle (fci_pipeline *p);

/* "-D vae=VALUE", or whatever gives the variable its value. */
const char *fci_variable_how (const fci_pipeline *p, const fci_variable *v);

/* Say once what was left out, and how to have it. */
void fci_variables_tell (fci_pipeline *p);

/* Mark the variables in all texts below a node as used; unknown ones and malformed ${…} are errors. */
int fci_expand_check (fci_pipeline *p, const fci_yaml *node);

/* A text with its variables replaced. */
typedef struct fci_expanded
{
  const char *text;     /* NULL: there is an error, or an optional variable without a value in it */
  fci_variable *absent; /* that variable; NULL: none */
  const char *base;     /* folder that it is relative to, as of fci_variable */
} fci_expanded;
fci_expanded fci_expand (fci_pipeline *p, const fci_yaml *text);

/* The path that a text, or the first of a list that is there, stands for: relative to the folder of the spec, or
 * to that of the variable that it begins with.  text as above. */
fci_expanded fci_expand_path (fci_pipeline *p, const fci_yaml *node);

/* ---- Steps of the chain (spec-step.c) */

/* "NAME" or "NAME:key=value,…" as the command line has it, and its path. */
typedef struct fci_link_text
{
  const char *text; /* NULL: only a path, the plugin is to be detected */
  fci_expanded path;
} fci_link_text;

/* read: or write: of a spec or component. */
int fci_spec_step (fci_pipeline *p, const fci_yaml *node, fci_role role, fci_link_text *out);

/* transform: of a spec or component, into n texts. */
int fci_spec_transforms (fci_pipeline *p, const fci_yaml *node, const char *const **texts, size_t *n);

/* ---- Components (spec-parts.c) */
int fci_spec_parts (fci_pipeline *p, const fci_yaml *components);

/* What is called so is left out, because this variable has no value. */
void fci_spec_leave_out (const fci_pipeline *p, fci_variable *absent, const char *name);

/* ---- Several outputs (spec-outputs.c): write: as a list */
int fci_spec_outputs (fci_pipeline *p, const fci_yaml *list);

#endif
