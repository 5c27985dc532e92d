/* cli/sandbox.h: rights that the program gives up before it reads the files of strangers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only the program does that, never the library, whose process belongs to an application.  What the kernel lacks is left
 * out without a message: the first line is parsers that trust nothing, and the sandbox the second. */
#ifndef CLI_SANDBOX_H
#define CLI_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/* Ends the process when it makes a system call that fmtconv never makes: a program, a process, a socket, another process's
 * memory … (sandbox-calls.c).  To be called before threads start.  Cannot be undone.
 *   status  the exit status in that case
 * Returns false if the system cannot. */
bool sandbox_calls (int status);

/* Denies changes of files, except inside these folders and, of unnamed files, in the folder of temporary files
 * (sandbox-files.c).  Those that do not exist are left out.  To be called before threads start.  Cannot be undone.
 * Returns false if the system cannot. */
bool sandbox_files (const char *const *folders, size_t n);

/* Return what the system offers, as text: "yes (Landlock 6)", "no". */
const char *sandbox_calls_text (void);
const char *sandbox_files_text (char *buffer, size_t size);

/* Whether this build has parts that themselves start processes or write files: a sanitizer, a profiler. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANDBOX_IS_INSTRUMENTED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANDBOX_IS_INSTRUMENTED 1
#endif
#endif
#ifndef SANDBOX_IS_INSTRUMENTED
#define SANDBOX_IS_INSTRUMENTED 0
#endif

#endif
