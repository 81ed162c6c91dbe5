/*
 * Which processor a thread runs on. Linux alone lets a program say so; elsewhere every function says
 * that it cannot. Threads are the system's numbers, 0 is the calling one; what is returned is 0, or
 * the system's number of why not.
 */
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "export.h"

EXPORT int millrace_thread(void) { return (int)syscall(SYS_gettid); }

/* Has the calling thread run on this processor only. */
EXPORT int millrace_pin(int cpu) {
  if (cpu < 0 || cpu >= CPU_SETSIZE) return EINVAL;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0 ? 0 : errno;
}

/* Whether the calling thread may run on this processor: 1 or 0; -1 where nobody can say. */
EXPORT int millrace_may_use(int cpu) {
  cpu_set_t set;
  if (cpu < 0 || cpu >= CPU_SETSIZE) return 0;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return -1;
  return CPU_ISSET(cpu, &set) != 0;
}

/* Where a thread is put it stays when it may run anywhere again, until the system has a reason. */
static int move(int thread, const cpu_set_t *usual, const cpu_set_t *now) {
  if (sched_setaffinity(thread, sizeof *now, now) != 0) return errno;
  return sched_setaffinity(thread, sizeof *usual, usual) == 0 ? 0 : errno;
}

/* Moves a thread to the calling thread's processor. */
EXPORT int millrace_bring(int thread) {
  cpu_set_t usual, here;
  int cpu = sched_getcpu();
  if (cpu < 0 || sched_getaffinity(thread, sizeof usual, &usual) != 0) return errno;
  if (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &usual)) return EINVAL;
  CPU_ZERO(&here);
  CPU_SET(cpu, &here);
  return move(thread, &usual, &here);
}

/* Moves the calling thread to any other processor that it may run on. */
EXPORT int millrace_leave(void) {
  cpu_set_t usual, others;
  int cpu = sched_getcpu();
  if (cpu < 0 || sched_getaffinity(0, sizeof usual, &usual) != 0) return errno;
  others = usual;
  if (cpu < CPU_SETSIZE) CPU_CLR(cpu, &others);
  return CPU_COUNT(&others) == 0 ? EINVAL : move(0, &usual, &others);
}
#else
#include "export.h"

EXPORT int millrace_thread(void) { return -1; }
EXPORT int millrace_pin(int cpu) { return (void)cpu, -1; }
EXPORT int millrace_may_use(int cpu) { return (void)cpu, -1; }
EXPORT int millrace_bring(int thread) { return (void)thread, -1; }
EXPORT int millrace_leave(void) { return -1; }
#endif
