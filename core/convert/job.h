/* core/convert/job.h: copies the job of an application.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_JOB_H
#define FCI_CONVERT_JOB_H

#include <fmtconv/fmtconv.h>

/* Copies a job with its arrays and texts, which the application may then free.  Returns 0, or E_USAGE for a struct of
 * another release that cannot be understood, or a NULL in an array. */
int fci_job_take (fmtconv_ctx *ctx, const fmtconv_job *given, fmtconv_job *job);

#endif
