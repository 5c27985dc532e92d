/* core/rules/table.h: a compiled table of rules, ready to run in one direction. `in` is the side that
 * matches, `out` the side that prints: from and to, or in reverse to and from.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_TABLE_H
#define FCI_RULES_TABLE_H

#include "core/base/arena.h"
#include "core/rules/expr.h"
#include "core/rules/part.h"
#include "core/rules/pattern.h"
#include <fmtconv/rules.h>

enum
{
  FCI_MAX_CAPTURES = 48,
  FCI_MAX_VARS = 32,
  FCI_MAX_LETS = 32,
  FCI_MAX_CONDITIONS = 16,
  FCI_MAX_CONSTANTS = 8,
  FCI_MAX_COMBOS = 2048,  /* products of the lists of one pattern */
  FCI_MAX_PATTERNS = 512, /* families that each name is compared with */
  FCI_MAX_PARTS = 512,
  FCI_RULE_MAX_OPS = 8,
  FCI_RULE_MAX_STEPS = 8,
  FCI_MAX_PREFIXES = 16,
  FCI_SMALL_VALUES = 4096, /* smaller numbers are stored as bits */
  FCI_DIM_EXPR = -3,       /* fci_rule_dim.var: an expression */
  FCI_DIM_ANY = -2,        /* fci_rule_dim.var: "?" */
  FCI_DIM_NUMBER = -1      /* fci_rule_dim.var: a number */
};

#define FCI_RULE_NONE UINT32_MAX

/* A set of numbers: bits and a list while it grows, sorted when it is closed. */
typedef struct fci_values
{
  uint64_t small[FCI_SMALL_VALUES / 64];
  int64_t *large;
  size_t n_large, capacity;
  int64_t *sorted;
  size_t n;
} fci_values;

typedef struct fci_rule_dim
{
  uint64_t times; /* the number, or the factor of the variable */
  int var;
  const fci_expr *expr;    /* FCI_DIM_EXPR: what has no other form */
  bool binds;              /* expr is "summand + factor * variable" */
  const fci_expr *summand; /* NULL: none */
  const fci_expr *factor;  /* NULL: none */
  int factor_of;           /* the variable */
} fci_rule_dim;

typedef struct fci_rule_shape
{
  unsigned rank;
  fci_rule_dim dim[FMTCONV_MAX_RANK];
} fci_rule_shape;

/* The dimensions of one tensor. */
typedef struct fci_tensor_dims
{
  unsigned rank;
  uint64_t n[FMTCONV_MAX_RANK];
} fci_tensor_dims;

typedef struct fci_rule_op /* one of .ops */
{
  enum
  {
    FCI_RULE_CAST,
    FCI_RULE_PERMUTE,
    FCI_RULE_RESHAPE,
    FCI_RULE_SCALE,
    FCI_RULE_ADD,
    FCI_RULE_GATHER,
    FCI_RULE_TRIM,
    FCI_RULE_SKIP
  } kind;
  uint32_t dtype;
  double factor;
  unsigned rank;        /* PERMUTE */
  unsigned axis;        /* GATHER, TRIM, SKIP */
  const fci_expr *size; /* TRIM, SKIP */
  uint64_t n_kept;      /* TRIM: indices; UINT64_MAX: all */
  uint64_t n_skipped;   /* SKIP: indices */
  size_t n_indices;
  uint64_t *indices;
  unsigned axes[FMTCONV_MAX_RANK];
  fci_rule_shape to; /* RESHAPE */
} fci_rule_op;

typedef struct fci_capture
{
  fci_text_span name;
  bool complete;
  fci_values values;
  fci_values raw; /* as printed, if the sum is open */
} fci_capture;

typedef struct fci_var
{
  fci_text_span name;
  bool bound;
  uint64_t value;
  const char *tensor; /* tensor that bound it */
} fci_var;

/* A value of .let. */
typedef struct fci_let
{
  fci_text_span name;
  const fci_expr *expr;
  bool known;
  fci_expr_value value;
  const char *reason; /* why it can have no value; NULL: it has one, or may get one */
} fci_let;

/* A condition of .when or .check. */
typedef struct fci_condition
{
  fci_text_span text;
  const fci_expr *expr;
  bool is_check; /* of .check */
} fci_condition;

/* A tensor of constants, which has no source. */
typedef struct fci_constant
{
  const fmtconv_rule *declared;
  fci_rule_shape shape;
  bool is_identity;
  float value;          /* of all elements, if it is not an identity */
  uint32_t dtype;       /* 0: that of the first tensor of the output */
  fci_tensor_dims dims; /* once the shape variables have values */
} fci_constant;

/* A position in the nested loops: the run of rules, and the capture whose printed value comes next. */
typedef struct fci_rule_step
{
  unsigned run;
  const fci_token *loop; /* NULL: the last step */
} fci_rule_step;

typedef struct fci_site fci_site;
typedef struct fci_family fci_family;

typedef struct fci_rule
{
  const fmtconv_rule *declared;
  unsigned number; /* of the table, from 1 */
  fci_pattern in, out;
  fci_family *family;
  struct fci_rule *sibling; /* the next rule of the family */
  bool anchored;            /* from begins with '/' */

  unsigned n_join;   /* tensors fused into each output: combinations of the lists only in `in` */
  unsigned n_copies; /* of these, how many in a row are copies of one part; 1: none are */
  uint32_t *join;    /* summand of each in a combination's number */
  unsigned n_split;
  struct fci_rule *next_same; /* the next rule of the same .from */
  bool is_later;              /* another rule of the same .from precedes it */
  struct fci_rule *leader;    /* picks: the first rule that picks from the same tensor, or NULL */
  struct fci_rule *next_pick; /* the next rule that picks from it */
  unsigned n_pick, pick_of;
  uint16_t *pick;        /* FCI_MAX_PARTS, or NULL */
  const fci_expr **part; /* sizes of the parts that are cut or fused along .axis; NULL: equal parts */

  unsigned n_shapes;
  fci_rule_shape *shape;
  unsigned n_ops;
  fci_rule_op *op;
  unsigned n_steps;
  fci_rule_step step[FCI_RULE_MAX_STEPS];
} fci_rule;

/* The rules of one `in` text. */
struct fci_family
{
  fci_pattern in;
  bool anchored;
  bool required;
  bool all_or_none; /* required if it matches a tensor */
  bool joins;
  const char *why; /* drop rules: the reason; else NULL */
  fci_rule *rules;
  fci_rule *last_rule;
  fci_text_span head; /* literal text the pattern begins with */
  fci_text_span mid;  /* literal text after head and a number, if the pattern has this form */
  fci_text_span tail; /* literal text the pattern ends with */
  const fci_token *list[FCI_MAX_SLOTS]; /* list of each slot */
  uint32_t weight[FCI_MAX_SLOTS];       /* of a position in a combination's number */
  uint32_t combos;
  fci_values *seen[FCI_MAX_SLOTS]; /* numbers, by slot */
  fci_site *last;                  /* most recent site */
};

/* The patterns that begin with the same text. */
typedef struct fci_rule_head
{
  fci_text_span text;
  int byte; /* first byte of text; -1: text is empty */
  bool anchored;
  uint64_t patterns[FCI_MAX_PATTERNS / 64];
} fci_rule_head;

typedef struct fci_table
{
  const fmtconv_rules *declared;
  fmtconv_ctx *ctx;
  fci_arena *arena;
  fci_expr_env
      *env; /* values of names and functions before tensors are matched; NULL: only the table is checked */
  bool reverse;
  fci_rule_lists lists;
  unsigned n_captures;
  fci_capture *capture;
  unsigned n_vars;
  fci_var var[FCI_MAX_VARS];
  unsigned n_lets;
  fci_let let[FCI_MAX_LETS];
  unsigned n_conditions;
  fci_condition condition[FCI_MAX_CONDITIONS];
  unsigned n_constants;
  fci_constant constant[FCI_MAX_CONSTANTS];
  unsigned n_families;
  fci_family *family;
  unsigned n_patterns;
  fci_family **pattern; /* the families that names are compared with, in their order */
  /* In a table of more rules than patterns, the families of plain names by name: those as they are, and those after '/'.
   * NULL: they are patterns. */
  struct fci_map *plain[2];
  unsigned n_rules; /* without drops */
  fci_rule *rule;
  unsigned n_prefixes;
  fci_pattern prefix[FCI_MAX_PREFIXES];

  unsigned n_heads;
  fci_rule_head *head;

  /* What is being compiled; kept when there is a fault. */
  fci_table_part part;
  unsigned number;       /* of the let or condition, from 0 */
  const char *attribute; /* key of the attribute, or of the entry of config */

  /* The fault. */
  int code;
  unsigned bad_rule; /* 0: the table */
  char bad[192];
} fci_table;

/* Records a fault (only the first) and returns false. */
bool fci_table_bad (fci_table *table, unsigned rule, const char *format, ...) FMTCONV_PRINTF (3);

/* Returns the fault that fci_table_compile found, as text; NULL: out of memory. */
const char *fci_table_fault (const fci_table *table, fmtconv_ctx *ctx);

/* Reports the fault as an error and returns its code. */
int fci_table_fail (const fci_table *table, fmtconv_ctx *ctx);

/* Returns n zeroed objects; NULL: out of memory, recorded. */
void *fci_table_alloc (fci_table *table, size_t n, size_t size);

/* Compiles one pattern of a rule, and numbers its captures. Returns false on a fault. */
bool fci_table_pattern (fci_table *table, unsigned rule, fci_pattern *out, const char *text);

/* Returns the number of the capture of that name, or FCI_RULE_NONE. */
unsigned fci_table_capture (const fci_table *table, fci_text_span name);

/* Returns the token of `pattern` that has that capture, or NULL. */
const fci_token *fci_pattern_token (const fci_pattern *pattern, unsigned capture);

#endif
