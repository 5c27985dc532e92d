/* fmtconv/rules.h: rules as data; one table renames, splits, fuses, checks and recognizes a model.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pattern matches a whole tensor name.
 *
 * Text       Literal.  "[literal]" matches with or without the literal, and is never printed.  "{{" and "[[" stand for
 *            the characters.  A `to` of "=" keeps the name.  Without `to`, the tensor is dropped; `why` is then
 *            required.
 * Captures   One letter i … n: a decimal number without leading zeros.  "{x*}": any text, dots included, at most once
 *            in a pattern.  "{p:q,k,v}": a list; it matches one alternative, its value is the position, and the same
 *            capture on the other side prints its own alternative of that position.  Any other name: one component
 *            without dots.  .lists = "w=weight,bias c=1,2 e=0..experts-1" declares lists for the table; the bounds of
 *            numbers are expressions of lets, config and gguf (below), without blanks.  The leftmost capture takes
 *            the shortest text with which the rest matches.
 * Arithmetic A sum of integers, "#c" (the number of values of c in this model) and one capture with either sign or a
 *            factor: "{m-1}", "{#k-1-k}", "{3*k+1}".  Solved for the capture in reverse; a negative result or a fraction
 *            does not match.  Without a capture it is one number: "{#i-1}", the last index.
 * Prefix     Alternatives "A|B|": the first under which a rule other than a drop matches is stripped in the whole
 *            model.  Names without it meet only rules whose `from` begins with '/', which see full names.
 * Choice     The first rule that matches takes the tensor, together with all later rules of the same `from` text (a
 *            family), so that one source can feed targets far apart in the order.
 * Chunks     A list capture only in `to` splits along `axis` into equal parts, one per alternative; only in `from`, it
 *            fuses equal parts.  .pick = "0,1,2,6,7,8/12": this target is these twelfths, in this order; a family uses
 *            each part once; sizes must divide.
 *            .parts = "h,h,h,4h": the sizes along `axis` of the parts that a list splits into or fuses.
 *            .copies = "r": the tensors of this list only in `from` are copies: the first is taken, and the executor requires
 *            that the others are equal to it.  Such a table has no reverse.
 * Shapes     "12h,t|12h": the alternative with the tensor's rank counts.  A dimension is "?", a number, a variable, a
 *            multiple of a variable or another expression.  A variable, its multiple, a product that ends in it,
 *            "heads*d", and a sum that ends in one of these, "h+2*d", bind the variable, which has one value in the whole
 *            table; another expression is compared when its names have values.  Shapes describe the whole tensor: the
 *            source of a split, the result of a fuse.
 * Ops        After picking, left to right: "cast F32; permute 1,0; reshape 3,h; scale 0.5; add 1; gather 0: 2,0-1";
 *            "trim 0: n": the first n indices of an axis, the rest is left out with a note; null keeps all.  It is not
 *            undone.
 * Constants  .make = "identity" or a number: the rule has no source, and makes the tensor `to` of the values of .shape, after
 *            all others.  In reverse the tensor must be equal to the constant, and is left out; another value is an error of the
 *            execution.
 * Values     .let = "heads=config(num_attention_heads); d=h/heads": names for expressions; each may use those before it.
 *            .when = "h==heads*d; !has(guidance_in.{x*})": conditions without which the table does not fit the model.
 *            Expressions have 64-bit integers, fractions (0.5), truth values and 'texts'; operators, from the weakest: "a ? b : c", "||",
 *            "&&", "== != < <= > >=", "+ -", "* / %" ("12h" is 12*h), "- !".  A name is a let or a shape variable, "#i"
 *            the number of values of a capture.  "config(KEY)", "config(KEY, ELSE)": an entry of the input's
 *            config.json, with dots between keys; "gguf(KEY, ELSE)": a GGUF key;
 *            "float(A)", "int(A)", "sqrt(A)", "log(A)": of a number; "rope_factors(KEY, SIZE)": the list of factors of a rotary embedding of the
 *            kind llama3.  In let and when alone: "has(PATTERN)":
 *            a tensor of the `from` side matches; "shape(NAME, AXIS)": a dimension of a tensor of that side; "rank(NAME)": their number.  Overflow, a
 *            division of integers by 0 or with a remainder and a mixture of kinds are errors; null equals itself alone.
 * Totality   A rule matches at least one tensor unless it is OPTIONAL or a drop.  .complete = "i k": all required rules
 *            with {i} match every value that i has in the model, likewise {k}, and a rule that matches, OPTIONAL or
 *            not, matches with all its lists (.complete = "": only this).  .dense: these values are 0 … n-1.  A missing
 *            tensor is listed under the name that it should have.  Two tensors with one new name are an error.
 *            .complete = "*": every number; "* -k": every number but k.
 * Attributes .attributes = "{…}": a JSON object, whose members become attributes of the output: title, library, class,
 *            config … (fmtconv/attr.h); "note" is printed instead, if it is not empty, but not in reverse.  A string
 *            "{h/d}" is the value of the expression, "{0..#i-1}" an array of numbers,
 *            "{#i} blocks" a text; "{{" stands for the character.  With a member "gguf", `to` is a GGUF file:
 *            its numbers become "config" as u32 and f32, without those that are null, and "tensors" are lists of numbers
 *            that become tensors; library, class and config are then those of `from`.  In reverse, the title is set, the other members are
 *            taken away, and what the input's config says must be equal.  `null` is a value of expressions.
 * Components .components: each tensor belongs to the component with its prefix, or is dropped by a rule of the table
 *            itself.  The member "components" of .attributes has an object for each: library, class, config-name,
 *            config, and note, which is printed when the component is made.  In reverse, the tensors of all components
 *            become one model, and components without tensors are left out with a note.
 * Order      Nested loops: consecutive rules whose targets share an index capture are one loop over its printed value,
 *            recursively; inside, rule order, then list captures in the order of the target, then source order.  A
 *            table in the official order gives the official order.
 * Reverse    `from` and `to` change places, drops are skipped, a prefix is put in front, "[…]" is left out; of
 *            several rules with one `to` the first takes the name.  reverse (apply (m)) = m, without drops, names
 *            normalized.  E_UNSUPPORTED for a table that casts, that reshapes without one .shape that gives the
 *            original shape, whose `to` does not name all of `from`, or that copies one tensor to several.
 */
#ifndef FMTCONV_RULES_H
#define FMTCONV_RULES_H

#include <fmtconv/model.h>

FMTCONV_BEGIN_DECLS

/* fmtconv_rule.flags */
enum fmtconv_rule_flag
{
  FMTCONV_RULE_OPTIONAL = 1,   /* need not match any tensor */
  FMTCONV_RULE_ALL_OR_NONE = 2 /* need not match any tensor; if it matches one, it is required */
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
  unsigned line; /* line in the table's source; 0: not known */
  const char *parts;
  const char *
      groups; /* "kv": the .pick is that of each of so many equal groups; its numbers and this are expressions of .let */
  const char
      *make; /* the rule has no source, and `from` is "": "identity", or the number that all elements are */
  const char
      *when; /* a condition of lets, config, gguf and args, without which the rule is left out; NULL: none */
  const char *dtype; /* of .make; NULL: that of the first tensor of the output */
  const char *
      copies; /* a list only in `from`: its tensors are copies, which must be equal bit for bit; NULL: none */
} fmtconv_rule;

#define FMTCONV_UNMATCHED_KEEP "" /* fmtconv_rules.unmatched: keep under the same name */

typedef struct fmtconv_rules
{
  const fmtconv_rule *rules; /* ends with { 0 } */
  const char *prefix;
  const char *lists;
  const char *complete;
  const char *unmatched; /* NULL: an error; FMTCONV_UNMATCHED_KEEP: keep; else drop, with this reason */
  unsigned dense;
  const char
      *source; /* author of the table: a file, or parameters, whose mistakes are E_USAGE with the line; NULL:
                       * the plugin, whose mistakes are E_INTERNAL and found when it is loaded */
  const char *let;
  const char *when;
  const char *reverse_prefix; /* the alternative of .prefix that names get in reverse; NULL: the first */
  const char *attributes;     /* JSON: the attributes of the output; NULL: those of the input */
  const char *sides;          /* "bfl|diffusers": whose names `from` and `to` are; NULL: nobody's */
  const char *check;          /* as .when, but a model that does not meet it is recognized, and refused */
  unsigned
      is_part; /* only tensors with the prefix are the table's: it neither drops nor refuses the others */
  const struct fmtconv_rules_component
      *components; /* of a pipeline, up to one without a name; NULL: one model */
  const struct fmtconv_rules_place *
      places; /* where .source has the entries of .attributes and of .let, up to one without a key; NULL: not known */
} fmtconv_rules;

/* Where a file has the value of a key. */
typedef struct fmtconv_rules_place
{
  const char *map; /* "config" or "let": the key that it is under; NULL: none */
  const char *key;
  unsigned line, column; /* from 1 */
  const char *help;      /* of a name in .let, the values that are known, for people; NULL: none */
} fmtconv_rules_place;

/* A component of a pipeline.  The tensors whose names begin with `prefix` become it by separate rules. */
typedef struct fmtconv_rules_component
{
  const char *name;
  const char *prefix;         /* NULL: the component has no tensors, only what .attributes say of it */
  const fmtconv_rules *rules; /* for the names after the prefix */
  unsigned flags;             /* FMTCONV_RULE_OPTIONAL: the input need not have it */
  int has_files;              /* it is a folder of files, which the user names */
} fmtconv_rules_component;

/* Put into `out` the tensors that the rules make of `in`, forward or in reverse, and drop the rest.  Every problem is
 * listed.
 * Errors: E_MISSING, E_FORMAT, E_UNSUPPORTED (not reversible), E_USAGE, E_INTERNAL.  Thread: context.  Since: 0.1. */
void fmtconv_rules_apply (const fmtconv_rules *rules, const fmtconv_model *in, fmtconv_model *out);
void fmtconv_rules_reverse (const fmtconv_rules *rules, const fmtconv_model *in, fmtconv_model *out);

/* Returns a number that fmtconv_rules_apply bound: "h": the value of a shape variable; "#i": the number of values of a
 * capture; 0 if it is unbound.
 * Errors: none.  Thread: context.  Since: 0.1. */
uint64_t fmtconv_rules_variable (const fmtconv_model *out, const char *name);

FMTCONV_END_DECLS

#endif
