/* core/spec/spec.h: fmtconv_job_from_spec: converts a YAML file and command-line values to a job.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_SPEC_H
#define FCI_SPEC_SPEC_H

#include "core/attr/yaml-node.h"
#include "core/plugin/registry.h"
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

/* Fill in p->job, all but its writer and output where p->is_input: after the variables have their values. */
int fci_spec_resolve (fci_pipeline *p);

/* A text with its variables replaced. */
typedef struct fci_expanded
{
  const char *text;     /* NULL: there is an error, or an optional variable without a value in it */
  fci_variable *absent; /* that variable; NULL: none */
  const char *base;     /* folder that it is relative to, as of fci_variable */
} fci_expanded;

/* "NAME" or "NAME:key=value,…" as the command line has it, and its path. */
typedef struct fci_link_text
{
  const char *text; /* NULL: only a path, the plugin is to be detected */
  fci_expanded path;
} fci_link_text;

#endif
