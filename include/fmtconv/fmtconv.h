/* fmtconv/fmtconv.h: what an application uses: contexts, conversions, inspection, the plugin list.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Results are attribute trees, so that one description serves people and --json.
 */
#ifndef FMTCONV_FMTCONV_H
#define FMTCONV_FMTCONV_H

#include <fmtconv/attr.h>

FMTCONV_BEGIN_DECLS

/* ---- Messages and progress: called on the thread that runs the conversion. */
enum
{
  FMTCONV_MSG_ERROR,
  FMTCONV_MSG_WARNING,
  FMTCONV_MSG_NOTE
};

/* One message, for the time of the call.  Every string is escaped already; NULL where it is not known. */
typedef struct fmtconv_message
{
  int level;        /* FMTCONV_MSG_… */
  int code;         /* FMTCONV_E_…, 0 for notes */
  const char *text; /* the whole line: "FILE: at byte 0x1f40: tensor 'a.b': … (hint: …)" */
  const char *what; /* only what is wrong */
  const char *file;
  const char *plugin;
  const char *tensor;
  const char *hint;
  uint64_t offset;            /* bytes; UINT64_MAX where unknown */
  int os_errno;               /* 0 where none */
  const char *const *details; /* n_details lines: what is listed below the message */
  size_t n_details;
  size_t n_more; /* further ones that were only counted */
} fmtconv_message;

typedef struct fmtconv_progress
{
  uint64_t done; /* bytes of output, verification included */
  uint64_t total;
  double seconds;
} fmtconv_progress;

enum
{
  FMTCONV_STRICT = 1,      /* warnings are errors */
  FMTCONV_ALLOW_LOSSY = 2, /* losing information is a warning */
  FMTCONV_FORCE = 4,       /* overwrite */
  FMTCONV_DRY_RUN = 8,     /* plan only */
  FMTCONV_VERIFY = 16,     /* re-read the output and compare before it is published */
  FMTCONV_LIST = 32,       /* the report lists every tensor */
  FMTCONV_STATS = 64       /* fmtconv_inspect reads all data, and tells statistics of them */
};

typedef struct fmtconv_options
{
  size_t struct_size; /* sizeof (fmtconv_options) */
  unsigned flags;
  unsigned threads;       /* 0: the cores this process may use */
  uint64_t memory;        /* bytes of scratch for tensor data; 0: 64 MiB */
  const char *plugin_dir; /* searched first; NULL: none */
  void (*message) (void *arg, const fmtconv_message *message);
  void (*progress) (void *arg, const fmtconv_progress *progress); /* about 10 times a second */
  void *arg;
} fmtconv_options;

/* ---- Context: one conversion.  options may be NULL.  NULL: out of memory. */
fmtconv_ctx *fmtconv_ctx_new (const fmtconv_options *options);
void fmtconv_ctx_free (fmtconv_ctx *ctx);

/* Stop what runs in `ctx` soon, with E_CANCELLED and nothing left behind.  May be called from a
 * signal handler or another thread. */
void fmtconv_ctx_cancel (fmtconv_ctx *ctx);

/* ---- Converting */

/* One component of a job that reads several. */
typedef struct fmtconv_job_component
{
  const char *name;              /* of the component: "transformer" */
  const char *reader;            /* "NAME" or "NAME:key=value,…"; NULL: the best bid */
  const char *const *transforms; /* in order; "none" alone: none */
  size_t n_transforms;           /* 0: what it is recognized as */
  const char *input;             /* path */
  int copy;                      /* the folder's files are carried along as they are, nothing is read */
  const char *const *files;      /* with copy: n_files plain names; NULL: all regular files */
  size_t n_files;
} fmtconv_job_component;

/* One output of a job that has several. */
typedef struct fmtconv_job_output
{
  const char *writer;            /* "NAME" or "NAME:key=value,…"; NULL: by the output's name */
  const char *const *transforms; /* behind those of the job, for this output alone; "none" alone: none */
  size_t n_transforms;
  const char *output; /* path */
} fmtconv_job_output;

typedef struct fmtconv_job
{
  size_t struct_size; /* sizeof (fmtconv_job) */
  const char *reader; /* "NAME" or "NAME:key=value,…"; NULL: the best bid */
  const char *const
      *transforms;     /* likewise, in order; "none" alone: none; "COMPONENT/NAME:key=value" takes one
                                    component of several, or makes it of what is read */
  size_t n_transforms; /* 0: what the model is recognized as */
  const char *writer;  /* NULL: by the output's name */
  const char *dtype;   /* a last cast, but of what is to keep its data type; NULL: none */
  const char *input;   /* path */
  const char *output;  /* path */
  const fmtconv_job_component
      *parts; /* n_parts: the components, instead of reader and input; transforms take the
                                    bundle of them */
  size_t n_parts;
  const fmtconv_job_output
      *outputs; /* n_outputs, instead of writer and output: made in one pass over the inputs,
                                    published together or not at all */
  size_t n_outputs;
} fmtconv_job;

/* Convert.  NULL: it failed, the error was given to the message callback, and nothing was published.
 *
 * The report:
 *   command      string    the chain, in the form that could have been typed
 *   detected     bool      something of the chain was detected, not given
 *   dry_run      bool
 *   inputs       array     {component, path, reader, through, tensors, bytes, skipped: [{what, bytes, why}]};
 *                          component: null where there is one input; through: the specs that name it, where a spec
 *                          is the input, the outermost first: it stands here for what is read in the end
 *   transforms   array     {name, reverse, component, through, title, in, out}; component: null where it took the
 *                          whole model; through: likewise
 *   dropped      array     {why, tensors, bytes, first}, by reason; first: a name
 *   files        array     {path, bytes, tensors}
 *   tensors      array     with LIST: {name, file, dtype, shape, bytes, from: [names], how, at}
 *   account      object    tensors: in, kept, renamed, split, merged, dropped, out
 *   bytes        object    read; written = copied + gathered (moved by strides or byte order) +
 *                          converted (cast or scaled) + literal;
 *                          compared: bytes that must be equal in two places of the input;
 *                          measured: bytes of the input that are read first, for scales;
 *                          fetched: bytes of the inputs that were really read, without headers and without what
 *                          VERIFY reads; of a dry run: 0
 *   memory       object    bound (scratch, bytes), catalogue (bytes), unit (bytes)
 *   findings     array     {tensor, finding, severity, count, of, hint}; of several outputs: output, its path
 *   checks       object    crc_checked, crc_unchecked (members), equal (tensors that had to be equal to
 *                          others, and are), verified (tensors)
 *   seconds      float     wall time; plan: part of it before the first byte
 *   plan_seconds float
 * and of several outputs, where transforms has only those of components, and there are no dropped, tensors, account and
 * command:
 *   outputs      array     {command, path, writer, transforms, dropped, files, tensors, account, written (bytes)}
 */
fmtconv_attr *fmtconv_convert (fmtconv_ctx *ctx, const fmtconv_job *job);

/* ---- Pipeline specs: a conversion kept in a file; fmtconv-spec(5) is their manual. */

/* A value for a variable of a spec. */
typedef struct fmtconv_spec_variable
{
  const char *name;
  const char *value;
} fmtconv_spec_variable;

/* The job that a spec stands for.  It lives as long as the context, and may be changed before it is used.
 * NULL: an error, which names line and column where the spec is wrong (E_FORMAT, E_LIMIT); E_USAGE: a variable
 * that the spec does not have, or one without a value; the paths are needed, or of no use.
 *
 *   spec       path of a YAML file, or the name of a preset, which is searched in the absolute folders of
 *              FMTCONV_PIPELINE_PATH, the installed folder, $XDG_CONFIG_HOME/fmtconv/pipelines
 *   variables  n of them, in any order; each name once
 *   input      what ${input} stands for; NULL: nothing.  Alone, it is the output of a spec without ${input}
 *   output     what ${output} stands for; NULL: nothing */
fmtconv_job *fmtconv_job_from_spec (fmtconv_ctx *ctx, const char *spec,
                                    const fmtconv_spec_variable *variables, size_t n, const char *input,
                                    const char *output);

/* The spec of a job, as the text of a YAML file, with what is detected filled in: reader, transforms, writer.
 * So headers may be read; nothing is written.  Relative paths stay relative to the working folder. */
const char *fmtconv_job_to_spec (fmtconv_ctx *ctx, const fmtconv_job *job);

/* The presets: [{name, summary, path}], sorted by name; summary: the comment in the first line.  name: only that
 * one, with variables: [{name, required, default, help}] and input, output (bools: it uses them); an empty array
 * where there is none. */
fmtconv_attr *fmtconv_preset_list (fmtconv_ctx *ctx, const char *name);

/* ---- Looking.  NULL: it failed. */

/* What `path` holds.
 *   path, format (reader), title, tensors, bytes, parameters (elements)
 *   kind         string    "lora"; "transformer, vae" where one has to be chosen, of what transforms take or
 *                          make; null: not recognized
 *   dtypes       array     {dtype, tensors, bytes}
 *   parts        array     {part, tensors, bytes, command}, every kind recognized;
 *                          without command: left behind, and part is why
 *   skipped      array     {what, bytes, why}
 *   storages     object    sources, shared (storages with several tensors), tied (tensors)
 *   attributes   object    the model's attributes; of an array of a file that has more than 64 items {type, items,
 *                          first}; NaN and infinity as strings
 *   needs        string    where the first transform that recognizes it stops for want of a parameter, or nearly
 *                          recognizes it: why
 *   convert      array     commands that convert it, OUTPUT left open
 *   list         array     with LIST: {name, dtype, shape, bytes, stats}
 *   stats        object    with STATS, of all tensors together, and in `list` of each: values, nan, inf, zero,
 *                          overflow_f16 (finite, and infinite in f16), and of the finite ones min, max, mean (null
 *                          where there are none); null of complex numbers */
fmtconv_attr *fmtconv_inspect (fmtconv_ctx *ctx, const char *path, const char *reader);

/* ---- Comparing */
typedef struct fmtconv_diff_side
{
  const char *path;
  const char *reader;            /* "NAME" or "NAME:key=value,…"; NULL: the best bid */
  const char *const *transforms; /* applied before the comparison, in order */
  size_t n_transforms;
} fmtconv_diff_side;

/* How two checkpoints differ, tensor by tensor of the same name, whatever their formats.  NULL: it failed.
 *   a, b         object    path, reader, tensors, bytes
 *   same         int       tensors that are equal in data type, shape and values
 *   differ       int       those that are not
 *   only_a, only_b  array  names of the tensors that one side has alone
 *   tensors      array     of those that differ: {name, what: "dtype", "shape" or "values" (the first that
 *                          applies), a: {dtype, shape}, b: {…}, and where the shapes are the same values: {of, differ,
 *                          first, not_finite, max_abs, rmse, snr_db}}; first: index of the first value that differs;
 *                          not_finite: pairs that differ and are not both finite, which no figure contains;
 *                          snr_db: of a to the difference, null where there is none
 *   equal        bool      all the same, and no tensor alone */
fmtconv_attr *fmtconv_diff (fmtconv_ctx *ctx, const fmtconv_diff_side *a, const fmtconv_diff_side *b);

/* ---- Rules in files, fmtconv-rules(5) */

/* Is the file of rules well-formed, and what would it do?  Nothing is written, no data is read.  against: a
 * checkpoint, or a file NAME.txt of lines "NAME [SHAPE]"; NULL: the rules alone.  NULL: it is not, or it does not fit;
 * all that is wrong is in the error.
 *   path, rules (how many)
 *   one_way      string    why they cannot be applied in reverse; null: they can
 *   with against:
 *   names        int       tensors there
 *   results      array     {name, shape, from: [names]}, in their order
 *   dropped      array     {name, why}
 *   changed      array     where they can be reversed: names that the way back does not give again */
fmtconv_attr *fmtconv_rules_check (fmtconv_ctx *ctx, const char *path, const char *against);

/* The rules of a transform as the text of such a file.  NULL: it has none. */
const char *fmtconv_rules_print (fmtconv_ctx *ctx, const char *transform);

/* The plugins found: [{name, summary, path, roles: [..], parameters: [{role, key, type, default,
 * help}], reverse, one_way, limits: {…}, error}], sorted by name; `path`: null of what is a part of the library;
 * `reverse`: whether a transform runs in reverse, `one_way`: why it does not; `error` says why one was refused.
 * name: only that one (E_USAGE where there is none); NULL: all. */
fmtconv_attr *fmtconv_plugin_list (fmtconv_ctx *ctx, const char *name);

/* Version of the library: "0.1.0". */
const char *fmtconv_version (void);

FMTCONV_END_DECLS

#endif
