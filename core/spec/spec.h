/* core/spec/spec.h: fmtconv_job_from_spec: converts a YAML file and command-line values to a job.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_SPEC_H
#define FCI_SPEC_SPEC_H

#include "core/attr/yaml-node.h"
#include "core/plugin/registry.h"
#include <fmtconv/fmtconv.h>

/* Who wrote the bytes of an expanded text: the spec or the user.  All zero: the user wrote all. */
typedef struct fci_owner
{
  const char *each; /* FCI_BY_SPEC or FCI_BY_USER for each byte; NULL: one wrote all */
  bool is_spec;     /* if each is NULL: the spec wrote all */
} fci_owner;

enum
{
  FCI_BY_SPEC = 's',
  FCI_BY_USER = 'u'
};

/* A variable of a spec: the value of ${name}. */
typedef struct fci_variable
{
  const char *name;
  const fci_yaml *node;      /* its declaration; NULL: it is the command line's input or output */
  const fci_yaml *otherwise; /* its default, not expanded yet; NULL: none */
  const char *help;          /* NULL: none */
  const char *value;         /* NULL: none, so far */
  fci_owner owner;           /* who wrote the value */
  const char
      *base; /* folder that value is relative to as a path, with a slash at the end; "": the working folder */
  bool optional;        /* without a value, components and outputs that use it are left out */
  bool used;            /* the spec uses it */
  const char *left_out; /* components and outputs that are left out because it has no value, or NULL */
} fci_variable;

typedef struct fci_pipeline
{
  fmtconv_ctx *ctx;
  const char *path;   /* of the spec */
  const char *folder; /* with a slash at the end; "": the working folder */
  bool is_input;      /* only the model is needed: 'write' is ignored */
  const fci_yaml *root;
  fci_variable *variables; /* the first two: input and output */
  size_t n_variables;
  size_t n_known;  /* number of variables that a default can use: those declared before it */
  size_t expanded; /* bytes of expanded text so far */
  fmtconv_job *job;
} fci_pipeline;

enum
{
  FCI_V_INPUT,
  FCI_V_OUTPUT,
  FCI_V_FIRST /* that the spec declares */
};

/* Fills in p->job after the variables have their values; without writer and output if p->is_input. Returns
 * 0 or an error code. */
int fci_spec_resolve (fci_pipeline *p);

/* A text with its variables replaced. */
typedef struct fci_expanded
{
  const char *text;     /* NULL on error, or if an optional variable in it has no value */
  fci_owner owner;      /* who wrote it */
  fci_variable *absent; /* that variable, or NULL */
  const char *base;     /* base folder, as in fci_variable */
} fci_expanded;

/* A link in the form of the command line, "NAME" or "NAME:key=value,…", and its path. */
typedef struct fci_link_text
{
  const char *text; /* NULL: only a path, the plugin is to be detected */
  fci_expanded path;
} fci_link_text;

#endif
