/* core/api/report-chain.c: inputs and transforms in the report of a conversion, through specs that are inputs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/report-chain.h"
#include "core/api/tree.h"
#include "core/base/ctx.h"
#include "core/convert/convert.h"
#include "core/convert/link.h"
#include "core/convert/links.h"
#include "core/spec/input.h"

/* A chain in the report: that of the conversion, or of a spec that is an input of another spec. */
typedef struct chain
{
  const fci_conversion *c;
  const char *component;     /* the part that it makes; NULL: the whole model */
  const char *spec;          /* path of the spec; NULL: the conversion */
  const struct chain *outer; /* the chain that has it as input */
} chain;

/* Sets the chain of the spec that a part was read from. Returns false if a reader of files read it. */
static bool
is_spec (const chain *outer, const fci_input_part *part, chain *out)
{
  const fci_spec_input *spec = fci_spec_input_of (outer->c->ctx, part->read);
  const char *component = part->job.name ? part->job.name : outer->component;
  if (spec)
    *out = (chain){ .c = spec->chain, .component = component, .spec = spec->path, .outer = outer };
  return spec != NULL;
}

/* Adds "through": the specs that contain an input or transform, outermost first. */
static void
add_chain (fmtconv_attr *list, const chain *of)
{
  if (!of->spec)
    return;
  add_chain (list, of->outer);
  fci_add_text (list, NULL, of->spec);
}

static void
add_input (fmtconv_attr *list, const chain *of, const fci_input_part *part)
{
  fmtconv_attr *input = fci_add_object (list);
  fmtconv_attr_set_string (input, "component", of->component ? of->component : part->job.name);
  fci_add_text (input, "path", part->job.input);
  fmtconv_attr_set_string (input, "reader", part->job.copy ? "copy" : part->reader.plugin->name);
  add_chain (fci_add_array (input, "through"), of);
  fci_add_count (input, "tensors", fci_model_tensors (part->read));
  fci_add_count (input, "bytes", fci_model_bytes (part->read));
  fci_add_skipped (input, part->read);
}

/* Adds the files that are read, instead of the specs that name them. */
static void
add_inputs (fmtconv_attr *list, const chain *of)
{
  chain inner;
  for (size_t i = 0; i < of->c->n_parts; i++)
    if (is_spec (of, &of->c->part[i], &inner))
      add_inputs (list, &inner);
    else
      add_input (list, of, &of->c->part[i]);
}

static void
add_links (fmtconv_attr *list, const chain *of, const fci_links *links, const char *component)
{
  for (size_t i = 0; i < links->n; i++)
    {
      const fci_link *link = &links->link[i];
      fmtconv_attr *node = fci_add_object (list);
      fmtconv_attr_set_string (node, "name", link->plugin->name);
      fmtconv_attr_set_bool (node, "reverse", link->reverse);
      fmtconv_attr_set_string (node, "component", link->component ? link->component : component);
      add_chain (fci_add_array (node, "through"), of);
      fmtconv_attr_set_string (node, "title",
                               fmtconv_attr_get_string (fmtconv_model_attrs (link->out), "title", NULL));
      fci_add_count (node, "in", link->n_in);
      fci_add_count (node, "out", fci_model_tensors (link->out));
    }
}

static void add_transforms (fmtconv_attr *list, const chain *of);

/* Adds the transforms of its parts, in the order in which they ran. */
static void
add_part_transforms (fmtconv_attr *list, const chain *of)
{
  chain inner;
  for (size_t i = 0; i < of->c->n_parts; i++)
    {
      const fci_input_part *part = &of->c->part[i];
      if (is_spec (of, part, &inner))
        add_transforms (list, &inner);
      add_links (list, of, &part->chain, of->component ? of->component : part->job.name);
    }
}

static void
add_transforms (fmtconv_attr *list, const chain *of)
{
  add_part_transforms (list, of);
  add_links (list, of, &of->c->chain, of->component);
}

/* Adds the transforms from link `first` on. */
static uint64_t
links_memory (const fci_links *links, size_t first)
{
  uint64_t sum = 0;
  for (size_t i = first; i < links->n; i++)
    sum += fci_model_memory (links->link[i].out);
  return sum;
}

/* Adds the transforms of all models of a chain. */
static uint64_t
chain_memory (const chain *of)
{
  chain inner;
  uint64_t sum = links_memory (&of->c->chain, 0);
  for (size_t i = 0; i < of->c->n_parts; i++)
    {
      const fci_input_part *part = &of->c->part[i];
      sum += fci_model_memory (part->read) + links_memory (&part->chain, 0);
      if (is_spec (of, part, &inner))
        sum += chain_memory (&inner);
    }
  return sum;
}

void
fci_add_inputs (fmtconv_attr *list, const fci_conversion *c)
{
  add_inputs (list, &(chain){ .c = c });
}

void
fci_add_part_transforms (fmtconv_attr *list, const fci_conversion *c)
{
  add_part_transforms (list, &(chain){ .c = c });
}

void
fci_add_own_transforms (fmtconv_attr *list, const fci_conversion *c)
{
  add_links (list, &(chain){ .c = c }, &c->chain, NULL);
}

uint64_t
fci_chains_memory (const fci_conversion *c, size_t n)
{
  uint64_t sum = chain_memory (&(chain){ .c = c });
  for (size_t i = 1; i < n; i++)
    sum += links_memory (&c[i].chain, c[i].n_common);
  return sum;
}
