/* cli/plugin-test/child.c: runs a test in a process of bounded time and memory, so that a crash is a result.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugin-test.h"
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum
{
  SECONDS = 120, /* of the processor */
  MINUTES = 15   /* of the clock, for one that waits: a busy machine may need as many for SECONDS */
};

void
now_at (struct tester *t, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  vsnprintf (t->outcome->at, sizeof t->outcome->at, format, ap);
  va_end (ap);
  t->outcome->cases++;
}

void
complain (struct tester *t, const char *format, ...)
{
  va_list ap;
  if (*t->outcome->wrong)
    return;
  va_start (ap, format);
  vsnprintf (t->outcome->wrong, sizeof t->outcome->wrong, format, ap);
  va_end (ap);
}

/* Sanitizers reserve terabytes of addresses, which are not memory. */
static bool
has_sanitizer (void)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
  return true;
#else
  const char *preloaded = getenv ("LD_PRELOAD");
  return getenv ("ASAN_OPTIONS") || getenv ("TSAN_OPTIONS") || (preloaded && strstr (preloaded, "san"));
#endif
}

static void
limit (int resource, rlim_t most)
{
  setrlimit (resource, &(struct rlimit){ .rlim_cur = most, .rlim_max = most });
}

static void
run_bounded (struct tester *t, void (*run) (struct tester *t, void *arg), void *arg)
{
  const int null = open ("/dev/null", O_WRONLY);
  limit (RLIMIT_CORE, 0);
  limit (RLIMIT_CPU, SECONDS);
  signal (SIGALRM, SIG_DFL);
  alarm (MINUTES * 60);
  if (!has_sanitizer ())
    limit (RLIMIT_AS, (rlim_t) 8 << 30);
  if (null >= 0)
    dup2 (null, STDOUT_FILENO);
  run (t, arg);
  fflush (NULL);
  _exit (0);
}

bool
run_child (struct tester *t, void (*run) (struct tester *t, void *arg), void *arg)
{
  int status = 0;
  memset (t->outcome, 0, sizeof *t->outcome);
  fflush (NULL);
  const pid_t pid = fork ();
  if (pid == 0)
    run_bounded (t, run, arg);
  if (pid < 0 || waitpid (pid, &status, 0) != pid)
    complain (t, "cannot run a child process");
  else if (WIFSIGNALED (status) && (WTERMSIG (status) == SIGXCPU || WTERMSIG (status) == SIGKILL))
    complain (t, "stopped after %d s of processor time", SECONDS);
  else if (WIFSIGNALED (status) && WTERMSIG (status) == SIGALRM)
    complain (t, "stopped after %d minutes", MINUTES);
  else if (WIFSIGNALED (status))
    complain (t, "crashed: %s", strsignal (WTERMSIG (status)));
  else if (WEXITSTATUS (status))
    complain (t, "ended the process with status %d", WEXITSTATUS (status));
  return !*t->outcome->wrong;
}

void
report_found (struct tester *t, bool good, const char *what)
{
  const struct outcome *o = t->outcome;
  if (good && o->cases > 1)
    report (t, true, "%s (%u cases, %u refused)", what, o->cases, o->refused);
  else
    report (t, good, "%s", what);
  if (!good)
    printf ("# %s\n", o->wrong);
  if (!good && *o->at)
    printf ("# at: %s\n", o->at);
  if (!good && *o->error)
    printf ("# message: %s\n", o->error);
}

bool
report_child (struct tester *t, void (*run) (struct tester *t, void *arg), void *arg, const char *what)
{
  const bool good = run_child (t, run, arg);
  report_found (t, good, what);
  return good;
}
