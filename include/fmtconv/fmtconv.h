/* fmtconv/fmtconv.h: the interface of applications: contexts, conversions, inspection, the list of plugins.
 * SPDX-License-Identifier: Apache-2.0
 *
 * RESULTS    Results are attribute trees, so that one description serves people and --json.  They live as long as the
 *            context.  What an application passes is copied, and may go when the call returns.
 * STRUCTS    Every struct of this file begins with struct_size.  An application sets it to the sizeof of the struct that
 *            it was compiled with, and fields that it does not use to 0; the library sets it in what it hands out.  Structs only grow at
 *            the end.  A struct that is shorter than in its first release, and one that sets a field that this library
 *            does not know, are refused with E_USAGE; so are unknown flags.  The items of an array lie struct_size bytes
 *            apart, which is the same for all of them.
 * ERRORS     A context is for one conversion and keeps its first error.  Each later call reports it again, does nothing,
 *            and returns NULL.  Error messages go to the callback; fmtconv_ctx_error returns the first one.
 * THREADS    A context has one thread at a time; any number of contexts may work at once, each in another thread.
 *            The threads that the library starts have all signals blocked, and never call the application.
 * CALLBACKS  Callbacks run on the thread that called the library, during that call.  They must return: an exception of
 *            C++, a longjmp or the end of the thread in a callback leaves locks held and files open.  In a callback only
 *            fmtconv_ctx_cancel, fmtconv_ctx_failed and fmtconv_version may be called with the same context.
 *            To stop, call fmtconv_ctx_cancel and return.
 */
#ifndef FMTCONV_FMTCONV_H
#define FMTCONV_FMTCONV_H

#include <fmtconv/attr.h>

FMTCONV_BEGIN_DECLS

/* ---- Messages and progress */
enum fmtconv_message_level
{
  FMTCONV_MSG_ERROR,
  FMTCONV_MSG_WARNING,
  FMTCONV_MSG_NOTE
};

/* One message, valid during the callback.  Every string is escaped already; NULL if it is not known. */
typedef struct fmtconv_message
{
  size_t struct_size; /* set by the library */
  int level;          /* enum fmtconv_message_level */
  int code;           /* enum fmtconv_error; 0 for notes */
  const char *text;   /* the whole line: "FILE: at byte 0x1f40: tensor 'a.b': … (hint: …)" */
  const char *what;   /* the failure alone */
  const char *file;
  const char *plugin;
  const char *tensor;
  const char *hint;
  uint64_t offset;            /* bytes; UINT64_MAX: unknown */
  int os_errno;               /* errno of the system call that failed; 0: none */
  const char *const *details; /* n_details lines, listed below the message */
  size_t n_details;
  size_t n_more; /* further lines that were only counted */
} fmtconv_message;

typedef struct fmtconv_progress
{
  size_t struct_size; /* set by the library */
  uint64_t done;      /* bytes of output, verification included */
  uint64_t total;
  double seconds;
} fmtconv_progress;

/* fmtconv_options.flags */
enum fmtconv_flag
{
  FMTCONV_STRICT = 1,      /* warnings are errors */
  FMTCONV_ALLOW_LOSSY = 2, /* a loss of information is a warning */
  FMTCONV_FORCE = 4,       /* overwrite */
  FMTCONV_DRY_RUN = 8,     /* plan only */
  FMTCONV_VERIFY = 16,     /* read the output again and compare it before it is published */
  FMTCONV_LIST = 32,       /* the report lists every tensor */
  FMTCONV_STATS = 64,      /* fmtconv_inspect reads all data and reports statistics */
  FMTCONV_PROVENANCE =
      128, /* the output's metadata names version, chain and digests of the inputs, which are read as a
                            * whole: fmtconv_version, fmtconv_chain, fmtconv_sources */
  FMTCONV_ALLOW_PATHS =
      256, /* a path in the text of a spec may lead out of the spec's folder; without it that is
                            * E_FORMAT, but not for what the variables, input and output of the caller say */
  FMTCONV_RESUME =
      512, /* continue the same conversion where it was interrupted, and keep what is written if this one is
                        * interrupted too (E_CANCELLED, E_IO, E_NOMEM) */
  FMTCONV_PUBLISH = 1024 /* publish what the shares of this conversion wrote */
};

/* Processes that do one conversion together. */
typedef struct fmtconv_ranks fmtconv_ranks;

typedef struct fmtconv_options
{
  size_t struct_size;    /* sizeof (fmtconv_options) */
  unsigned flags;        /* enum fmtconv_flag; an unknown bit is an error */
  unsigned threads;      /* at most 1024; 0: the cores this process may use */
  uint64_t memory;       /* bytes of scratch for tensor data; 0: 64 MiB */
  uint64_t parse_memory; /* bytes for all else that is read and planned; each tensor of a model adds 4 KiB to
                                   * it; 0: 256 MiB, or 20 MiB and 12 times the size of a smaller input */
  const char *const *plugin_dirs; /* folders with plugins, searched in order before FMTCONV_PLUGIN_PATH */
  size_t n_plugin_dirs;
  const char *const *preset_dirs; /* folders with presets, searched in order before FMTCONV_PIPELINE_PATH */
  size_t n_preset_dirs;
  void (*message) (void *arg, const fmtconv_message *message); /* NULL: see fmtconv_ctx_error */
  void (*progress) (void *arg,
                    const fmtconv_progress *progress); /* at the start, about 10 times a second, at the end */
  void *arg;
  unsigned share;  /* which one is done of … */
  unsigned shares; /* … so many, each by a separate process: it is written and kept, and published later, by
                    * FMTCONV_PUBLISH; 0: all of the conversion */
  fmtconv_ranks *
      ranks; /* that do the conversion together, without FMTCONV_PUBLISH and shares; NULL: this process alone */
} fmtconv_options;

/* ---- Contexts */

/* Creates the context of one conversion.  options: NULL: the defaults.  NULL: out of memory.
 *
 * The context has failed from the start if the options are wrong: struct_size, an unknown flag, a folder that does not
 * exist, or that everyone may write to.  The message goes to the callback at once; if struct_size is too small to hold
 * the callback, only fmtconv_ctx_failed and fmtconv_ctx_error tell.
 * Errors: E_USAGE, E_IO (a folder).  Thread: any.  Since: 0.1. */
fmtconv_ctx *fmtconv_ctx_new (const fmtconv_options *options);

/* Frees a context and everything that it owns.  Does nothing for NULL.
 * Errors: none.  Thread: context.  Since: 0.1. */
void fmtconv_ctx_free (fmtconv_ctx *ctx);

/* Stops the running conversion of `ctx` soon, with E_CANCELLED and without output; also a later one, as it stays set.
 * Safe in a signal handler, in a callback, and from another thread until fmtconv_ctx_free is called.
 * Errors: none.  Thread: any.  Since: 0.1. */
void fmtconv_ctx_cancel (fmtconv_ctx *ctx);

/* Returns the first error of the context, which lives as long as the context; NULL: none.
 * Errors: none.  Thread: context.  Since: 0.1. */
const fmtconv_message *fmtconv_ctx_error (const fmtconv_ctx *ctx);

/* ---- Converting */

/* One component of a job that reads several. */
typedef struct fmtconv_job_component
{
  size_t struct_size;            /* sizeof (fmtconv_job_component) */
  const char *name;              /* of the component: "transformer" */
  const char *reader;            /* "NAME" or "NAME:key=value,…"; NULL: the best bid */
  const char *const *transforms; /* in order; "none" alone: none */
  size_t n_transforms;           /* 0: chosen by recognition */
  const char *input;             /* path */
  int copy;                      /* 1: a passthrough component, whose files are copied unchanged */
  const char *const *files;      /* with copy: n_files plain names; NULL: all regular files */
  size_t n_files;
} fmtconv_job_component;

/* One output of a job that has several. */
typedef struct fmtconv_job_output
{
  size_t struct_size;            /* sizeof (fmtconv_job_output) */
  const char *writer;            /* "NAME" or "NAME:key=value,…"; NULL: by the output's suffix */
  const char *const *transforms; /* after those of the job, for this output only; "none" alone: none */
  size_t n_transforms;
  const char *output; /* path */
} fmtconv_job_output;

typedef struct fmtconv_job
{
  size_t struct_size; /* sizeof (fmtconv_job) */
  const char *reader; /* "NAME" or "NAME:key=value,…"; NULL: the best bid */
  const char *const
      *transforms;     /* likewise, in order; "none" alone: none; "COMPONENT/NAME:key=value" applies to one
                                  * component of several, or makes that component of the input */
  size_t n_transforms; /* 0: chosen by recognition */
  const char *writer;  /* NULL: by the output's suffix */
  const char *dtype;   /* a last cast, except of models that keep their data type; NULL: none */
  const char *input;   /* path */
  const char *output;  /* path */
  const fmtconv_job_component
      *parts; /* n_parts components, instead of reader and input; the transforms apply to the
                                       * bundle */
  size_t n_parts;
  const fmtconv_job_output
      *outputs; /* n_outputs, instead of writer and output: made in one pass over the inputs, and
                                      * published together or not at all */
  size_t n_outputs;
  const char
      *manifest; /* name of a file with the SHA-256 of all others, written next to them; "": SHA256SUMS in
                         * a folder, OUTPUT.sha256 next to a file; NULL: none */
} fmtconv_job;

/* Converts, and returns a report.  NULL: the conversion failed, the error went to the message callback, and nothing was
 * published.  Of a share (fmtconv_options.shares), the report is that of the whole output, without findings and checks, and
 * nothing is published.
 * Errors: any.  Thread: context.  Since: 0.1.
 *
 * The report:
 *   command      string    the chain, in the form that a user can type
 *   detected     bool      something of the chain was detected, not given
 *   dry_run      bool
 *   inputs       array     {component, path, reader, through, tensors, bytes, skipped: [{what, bytes, why}]};
 *                          component: null if there is one input; through: the specs that name it, if a spec
 *                          is the input, outermost first
 *   transforms   array     {name, reverse, component, through, title, in, out}; component: null if it applied to the
 *                          whole model; through: likewise
 *   dropped      array     {why, tensors, bytes, first}, by reason; first: a name
 *   files        array     {path, bytes, tensors}
 *   tensors      array     with LIST: {name, file, dtype, shape, bytes, from: [names], how, at}
 *   account      object    tensors: in, kept, renamed, split, merged, dropped, out
 *   bytes        object    read; written = copied + gathered (strides or byte order) +
 *                          converted (cast or scaled) + literal;
 *                          compared: bytes that must be equal at two places in the input;
 *                          measured: bytes of the input that are read first for scales;
 *                          fetched: bytes of the inputs that were read, without headers and verification; dry run: 0
 *   memory       object    bound (scratch, bytes), catalogue (bytes), models (bytes that the context keeps when
 *                         they are complete: at most 512 for each stored tensor and its parts, besides its name), unit (bytes),
 *                         parse (the most bytes that all else took), parse_limit (bytes, without those for
 *                         tensors)
 *   findings     array     {tensor, finding, severity, count, of, hint}; with several outputs: output, its path
 *   checks       object    crc_checked, crc_unchecked (members), equal (tensors that were required to be equal
 *                          to others), verified (tensors), verified_files, verified_bytes (with VERIFY: all bytes
 *                          of the output, read again from the disk where the system allows it)
 *   seconds      float     wall time; plan: part of it before the first byte
 *   plan_seconds float
 * With several outputs, transforms lists only those of components, dropped, tensors, account and command are absent, and:
 *   outputs      array     {command, path, writer, transforms, dropped, files, tensors, account, written (bytes)}
 */
fmtconv_attr *fmtconv_convert (fmtconv_ctx *ctx, const fmtconv_job *job);

/* Returns the folders in which fmtconv_convert creates, renames and removes files for a job, as an array of paths: those
 * that hold its outputs, outputs that are existing folders, and those where files of an interrupted conversion wait.  Large
 * compressed members are unpacked to unnamed files, in the first of them or in TMPDIR (/tmp).  For a program that limits
 * itself (Landlock, a container) before it converts with the same context.  Nothing is opened of the input, and nothing is
 * written.  NULL after an error.
 * Errors: E_USAGE, E_IO, E_FORMAT (a journal).  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_job_folders (fmtconv_ctx *ctx, const fmtconv_job *job);

/* ---- Converting on several machines: each process of a launcher such as mpirun joins the others, gives what it got to the
 * options of its context, and calls fmtconv_convert with the same job.  The processes come to the same plan, or all fail;
 * each does the share of its rank; rank 0 checks and publishes the output, and returns the report.  A rank that fails ends
 * the conversion of all: on each rank fmtconv_convert fails, with a message that names the first one. */

/* Joins the processes that a launcher started with this one.  Returns what options.ranks take, and sets the number of this
 * process and how many there are.  It lives until fmtconv_ranks_end, which is called with it in any case.  NULL: an error.
 *   plugin  the name of a plugin with a transport: "mpi"
 * It is called once in a process, before threads start if the transport says so; this thread makes all calls with contexts
 * that have these ranks.  `ctx` is not needed any more after that.
 * Errors: E_USAGE, E_MISSING (the plugin), E_IO (the transport), E_UNSUPPORTED (another version on another rank).
 * Thread: context.  Since: 0.1. */
fmtconv_ranks *fmtconv_ranks_begin (fmtconv_ctx *ctx, const char *plugin, unsigned *rank, unsigned *size);

/* Tells the other ranks how this one ended, if they do not know it yet, waits until all have done so, and leaves them.  On
 * any error of another rank, `ctx` fails too.  Does nothing for NULL.
 *   ctx  the context of the conversion; NULL: there is none, as memory was lacking: the launcher ends the other processes
 * Errors: those of the rank that failed.  Thread: context.  Since: 0.1. */
void fmtconv_ranks_end (fmtconv_ranks *ranks, fmtconv_ctx *ctx);

/* ---- Editing */

/* Changes names and keys of a file, and nothing else of it; and returns a report.  NULL: the file is as it was.
 *   path     a file, or a link to one
 *   changes  n of them, no two with one name
 * A stopped process or machine leaves the old file or the new one.  If all bytes that change are in one sector of 512
 * bytes and the size stays, they are written into the file; else a new file takes its place.  It shares the
 * bytes of the tensors with the old one where the file system can do that.  DRY_RUN: nothing is written.  FORCE: a manifest
 * next to the file, which would no longer be true, is removed.
 * Errors: E_USAGE (a change), E_MISSING (a name), E_UNSUPPORTED (the format), E_OUTPUT, and those of its reader.
 * Thread: context.  Since: 0.1.
 *
 *   path         string    of the file, without links
 *   reader       string    that knows the format
 *   way          string    "nothing": the file has these names and keys already; "in-place": its bytes were changed;
 *                          "replaced": by a new file
 *   dry_run      bool
 *   changes      array     {kind, name, value}, as given
 *   bytes        int       size of the file, after the edit
 *   written      int       bytes that were written, without those that the file system could copy or share */
fmtconv_attr *fmtconv_edit (fmtconv_ctx *ctx, const char *path, const fmtconv_change *changes, size_t n);

/* Returns the folders in which fmtconv_edit changes files for that path, as fmtconv_job_folders does.
 * Errors: E_USAGE, E_IO, E_FORMAT (a journal).  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_edit_folders (fmtconv_ctx *ctx, const char *path);

/* ---- Verifying */

/* Examines the output of a conversion, and returns what is wrong with it.  NULL: it cannot be examined.
 *   job  output: the file or folder to examine, read by `reader` (NULL: the best bid); the rules of its format hold.
 *        With an input or parts, the job is that of the conversion, and each byte of its outputs is compared with what
 *        the conversion gives.  Nothing is written.  manifest: the name of a manifest that has to be there; NULL: one of
 *        the default name is checked if it is there
 * Errors: any of fmtconv_convert; also E_UNSUPPORTED (no reader knows the format).  Thread: context.  Since: 0.1.
 *
 *   path         string    the output; several: outputs, an array of such strings
 *   against      bool      compared with a conversion
 *   command      string    that conversion, if it is one
 *   reader       string    which read the output; null: none did
 *   files, bytes int       that were examined or compared
 *   tensors      int       in the output, as far as it can be read
 *   manifests    array     {path, files, bytes}: checked manifests, and the files that they list
 *   defects      array     {file, offset, tensor, what, hint}; null: not known.  Strings are escaped, as those of messages
 *   fine         bool      there is no defect
 *   seconds      float     wall time */
fmtconv_attr *fmtconv_verify (fmtconv_ctx *ctx, const fmtconv_job *job);

/* ---- Pipeline specs: a conversion kept in a file; fmtconv-spec(5) is their manual. */

/* A value for a variable of a spec. */
typedef struct fmtconv_spec_variable
{
  size_t struct_size; /* sizeof (fmtconv_spec_variable) */
  const char *name;
  const char *value;
} fmtconv_spec_variable;

/* Returns the job that a spec describes.  It lives as long as the context, and may be changed before it is used, but its
 * arrays have items of the library's struct_size.  NULL after an error, which names line and column of the spec.
 * Errors: E_FORMAT, E_LIMIT (the spec); E_USAGE (an unknown variable or one without a value, a path that is missing or
 * unused).  Thread: context.  Since: 0.1.
 *
 *   spec       path of a YAML file, or the name of a preset, searched in preset_dirs of the options, the
 *              absolute folders of FMTCONV_PIPELINE_PATH, the installed folder, $XDG_CONFIG_HOME/fmtconv/pipelines
 *   variables  n of them, in any order; each name once
 *   input      value of ${input}; NULL: none.  Alone, it is the output of a spec without ${input}
 *   output     value of ${output}; NULL: none */
fmtconv_job *fmtconv_job_from_spec (fmtconv_ctx *ctx, const char *spec,
                                    const fmtconv_spec_variable *variables, size_t n, const char *input,
                                    const char *output);

/* Returns the spec of a job as YAML text, with reader, transforms and writer filled in.  Detection may read headers;
 * nothing is written.  Relative paths stay relative to the working folder.
 * Errors: any of detection.  Thread: context.  Since: 0.1. */
const char *fmtconv_job_to_spec (fmtconv_ctx *ctx, const fmtconv_job *job);

/* Returns the presets, sorted by name: [{name, summary, path}]; summary: the comment in the first line.
 *   name  only that preset, with variables: [{name, required, default, help}] and input, output (bools: it uses them);
 *         an empty array if no preset has the name
 * Errors: E_IO, E_FORMAT.  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_preset_list (fmtconv_ctx *ctx, const char *name);

/* ---- Inspecting */

/* Returns a description of the file or folder `path`.  NULL: it failed.
 *   reader  "NAME" or "NAME:key=value,…"; NULL: the best bid
 * Errors: any of the reader's.  Thread: context.  Since: 0.1.
 *
 *   path, format (reader), title, tensors, bytes, parameters (elements)
 *   kind         string    "lora"; "transformer, vae" if one has to be chosen; null: not recognized
 *   dtypes       array     {dtype, tensors, bytes}
 *   parts        array     {part, tensors, bytes, command}, every kind recognized;
 *                          without command: left out, and part is the reason
 *   skipped      array     {what, bytes, why}
 *   storages     object    sources, shared (storages with several tensors), tied (tensors)
 *   attributes   object    the model's attributes; an array with more than 64 items is {type, items,
 *                          first}; NaN and infinity as strings
 *   needs        string    the reason, if a parameter is missing for the first transform that recognizes the
 *                          model, or if that transform recognizes it only nearly
 *   convert      array     commands that convert it, with OUTPUT as placeholder
 *   list         array     with LIST: {name, dtype, shape, bytes, stats}
 *   stats        object    with STATS, for all tensors together, and in `list` for each: values, nan, inf, zero,
 *                          overflow_f16 (finite, but infinite in f16), and min, max, mean of the finite values
 *                          (null if there are none); null for complex numbers */
fmtconv_attr *fmtconv_inspect (fmtconv_ctx *ctx, const char *path, const char *reader);

/* ---- Comparing */
typedef struct fmtconv_diff_side
{
  size_t struct_size; /* sizeof (fmtconv_diff_side) */
  const char *path;
  const char *reader;            /* "NAME" or "NAME:key=value,…"; NULL: the best bid */
  const char *const *transforms; /* applied before the comparison, in order */
  size_t n_transforms;
} fmtconv_diff_side;

/* Compares two checkpoints of any formats, tensor by tensor of the same name.  NULL: it failed.
 * Errors: any of the readers' and transforms'.  Thread: context.  Since: 0.1.
 *
 *   a, b         object    path, reader, tensors, bytes
 *   same         int       tensors that are equal in data type, shape and values
 *   differ       int       tensors that differ
 *   only_a, only_b  array  names of the tensors of only one side
 *   tensors      array     those that differ: {name, what: "dtype", "shape" or "values" (the first that applies),
 *                          a: {dtype, shape}, b: {…}, and if the shapes are equal, values: {of, differ,
 *                          first, not_finite, max_abs, rmse, snr_db}}; first: index of the first value that differs;
 *                          not_finite: pairs that differ and are not both finite, excluded from the other figures;
 *                          snr_db: of a to the difference, null without difference
 *   equal        bool      no tensor differs, and none is on one side only */
fmtconv_attr *fmtconv_diff (fmtconv_ctx *ctx, const fmtconv_diff_side *a, const fmtconv_diff_side *b);

/* ---- Rules in files, fmtconv-rules(5) */

/* Checks a file of rules and returns its effect.  Nothing is written, and no tensor data is read.
 *   against  a checkpoint, or a file NAME.txt of lines "NAME [SHAPE]"; NULL: the rules alone
 * NULL: malformed, or it does not fit; the error lists every problem.
 * Errors: E_USAGE, E_FORMAT, E_MISSING, E_LIMIT, E_IO.  Thread: context.  Since: 0.1.
 *
 *   path, rules (how many)
 *   one_way      string    the reason why they are not reversible; null: they are
 *   with against:
 *   names        int       tensors of `against`
 *   results      array     {name, shape, from: [names]}, in their order
 *   dropped      array     {name, why}
 *   changed      array     if reversible: names that apply and reverse do not restore */
fmtconv_attr *fmtconv_rules_check (fmtconv_ctx *ctx, const char *path, const char *against);

/* Returns the rules of a transform as the text of such a file.  NULL: it has none.
 * Errors: E_USAGE.  Thread: context.  Since: 0.1. */
const char *fmtconv_rules_print (fmtconv_ctx *ctx, const char *transform);

/* Tests a model file with the small models that its key `test` describes: the rules recognize each, convert it, and in reverse
 * restore its names, shapes and values.  Each required tensor is removed once, to see whether it is missed.  Nothing is read
 * but the file, and nothing is written.
 *   path     a model file, or the name of one that is installed
 * NULL: a test failed; the error says which.
 * Errors: E_USAGE (no `test`), E_FORMAT, E_MISSING, E_LIMIT, E_IO.  Thread: context.  Since: 0.1.
 *
 *   path
 *   one_way      string    the reason why the reverse is not tested; null: it is
 *   models       array     {names, results, noticed (how many tensors: of the model, of the result, missed if absent),
 *                          unnoticed: [names of required tensors that are not], attributes (if the file says some)} */
fmtconv_attr *fmtconv_rules_test (fmtconv_ctx *ctx, const char *path);

/* ---- Plugins */

/* Returns the plugins, sorted by name: [{name, summary, installed, package, path, roles: [..], parameters: [{role, key, type,
 * default, help, main, value, values}], reverse, one_way, limits: {…}, types: [{name, block, block_bytes, gguf, encode}],
 * disagrees, error}].  installed: false for a plugin that only the index knows, of which there are no parameters; package: the
 * package that holds it, as the index says; path: null for a part of the library; main, value: of the main parameter, its key
 * and the word for its value; values: what the plugin suggests, if the type does not say it; reverse: the transform is
 * reversible; one_way: why it is not; types: the block types of a codec, with their numbers in GGUF files; disagrees: what
 * the index says of it that the module does not; error: why a module was refused.
 *   name  only that plugin; NULL: all
 * Errors: E_USAGE (no plugin has that name).  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_plugin_list (fmtconv_ctx *ctx, const char *name);

/* Returns what a report of a defect should say: {version, abi (of plugins), plugin_dir, preset_dir, libraries: [{name,
 * version}]}; the folders are the installed ones, the versions those of the libraries that run.
 * Errors: none.  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_build_info (fmtconv_ctx *ctx);

/* Returns the version of the library: "0.1.0".
 * Errors: none.  Thread: any.  Since: 0.1. */
const char *fmtconv_version (void);

FMTCONV_END_DECLS

#endif
