/* fmtconv/rules.h: rules as data: one table renames, splits, fuses, checks and recognizes a model.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pattern matches a whole tensor name.
 *
 * Text       Literal.  "[literal]" is with or without it, and never printed.  "{{" and "[[" stand for
 *            the characters.  A `to` of "=" is the same name.  No `to`: drop; `why` is then required.
 * Captures   One letter i … n: a decimal number without leading zeros.  "{x*}": any text, dots too, once
 *            a pattern.  "{p:q,k,v}": a list: matches one alternative, its value is the position, and
 *            the same capture on the other side prints its own alternative of that position.  Any
 *            other name: one component without dots.  .lists = "w=weight,bias c=1,2" declares
 *            lists for the table.  The leftmost capture takes the shortest text that lets the rest match.
 * Arithmetic A sum of integers, "#c" (how many values c has in this model) and one capture with either
 *            sign: "{m-1}", "{#k-1-k}".  Solved for the capture in reverse; a negative result does not
 *            match.
 * Prefix     Alternatives "A|B|": the first under which a rule other than a drop matches serves for
 *            the whole model and is stripped.  Names without it meet only rules whose `from` begins with
 *            '/', which see full names.
 * Choice     The first rule that matches takes the tensor, together with all later rules of the same
 *            `from` text (a family), so that one source can feed targets far apart in the order.
 * Chunks     A list capture only in `to` splits along `axis` into equal parts, one an alternative; only
 *            in `from`, it fuses equal ones.  .pick = "0,1,2,6,7,8/12": this target is these twelfths, in this
 *            order; a family uses each part once; sizes must divide.
 * Shapes     "12h,t|12h": the alternative of the tensor's rank counts.  A dimension is "?", a number, a
 *            variable or a multiple of one.  A variable means one number in the whole table.  They
 *            describe the whole tensor: the source of a split, the result of a fuse.
 * Ops        After picking, left to right: "cast F32; permute 1,0; reshape 3,h; scale 0.5".
 * Totality   A rule matches at least one tensor unless OPTIONAL or a drop.  .complete = "i k": all
 *            required rules with {i} match every value that i has in the model, likewise {k}, and what
 *            a rule matches, OPTIONAL or not, it matches with all its lists (.complete = "": only this);
 *            .dense: these values are 0 … n-1.  What is missing is listed under the name it should
 *            have.  Two tensors that become one name: an error.
 * Order      Nested loops: consecutive rules whose targets share an index capture are one loop over its
 *            printed value, recursively; inside, rule order, then list captures as they stand in
 *            the target, then source order.  A table in the official order gives the official order.
 * Reverse    `from` and `to` change places, drops are skipped, the first prefix is put in front, "[…]" is
 *            left out; of several rules with one `to` the first takes the name.  reverse (apply (m)) = m,
 *            without drops, names normalized.  E_UNSUPPORTED for a table that casts, that reshapes
 *            without one .shape that says what was there, whose `to` does not name all of `from`, or
 *            that copies one tensor to several.
 */
#ifndef FMTCONV_RULES_H
#define FMTCONV_RULES_H

#include <fmtconv/model.h>

FMTCONV_BEGIN_DECLS

enum
{
  FMTCONV_RULE_OPTIONAL = 1 /* fmtconv_rule.flags: need not match anything */
};

typedef struct fmtconv_rule
{
  const char *from;
  const char *to;
  const char *shape;
  const char *pick;
  const char *ops;
  const char *why;
  unsigned axis;
  unsigned flags;
  unsigned line; /* where it stands in the table's source; 0: not known */
} fmtconv_rule;

#define FMTCONV_UNMATCHED_KEEP "" /* fmtconv_rules.unmatched: keep under the same name */

typedef struct fmtconv_rules
{
  const fmtconv_rule *rules; /* ends with { 0 } */
  const char *prefix;
  const char *lists;
  const char *complete;
  const char *unmatched; /* NULL: an error; FMTCONV_UNMATCHED_KEEP; else drop, and this is why */
  unsigned dense;
  const char
      *source; /* who wrote the table: a file, or parameters; NULL: the plugin's author, whose mistakes are
                         E_INTERNAL and found when it is loaded; those of others are E_USAGE, with the line */
} fmtconv_rules;

/* Put into `out` what the rules make of `in`, drop the rest.  Every problem found is listed. */
void fmtconv_rules_apply (const fmtconv_rules *rules, const fmtconv_model *in, fmtconv_model *out);

/* The same in reverse (see Reverse). */
void fmtconv_rules_reverse (const fmtconv_rules *rules, const fmtconv_model *in, fmtconv_model *out);

/* The table in a file that people write, fmtconv-rules(5): strict YAML, at most 1 MiB.  NULL: an error, with line
 * and column. */
const fmtconv_rules *fmtconv_rules_read (fmtconv_input *file);

/* What fmtconv_rules_apply found out: "h": the number a shape variable was bound to; "#i": how many values
 * the capture had; 0: unbound. */
uint64_t fmtconv_rules_variable (const fmtconv_model *out, const char *name);

/* E_MISSING: there is no `what` in a sealed model; the hint names the installed transforms that do recognize it.
 * For a transform that finds nothing of its own.  Returns the code. */
int fmtconv_model_fail_absent (const fmtconv_model *model, const char *what);

FMTCONV_END_DECLS

#endif
