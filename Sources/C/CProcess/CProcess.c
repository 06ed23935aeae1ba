#define _GNU_SOURCE
#include "CProcess.h"

#include <limits.h>
#include <malloc.h>
#include <stdlib.h>

void cprocess_tune(void) {
  // Tensors of a training step, and pictures by the thousand, come and go in the same sizes. By default
  // glibc returns each large one to the system and pays for its pages again at the next step: a tenth
  // of a step's time, a quarter of that of a small picture.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest value glibc accepts
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  // Threads other than the first allocate from heaps of 64 MiB, and an empty heap goes back whatever
  // the threshold, unless the padding would not fit into the heap before it.
  mallopt(M_TOP_PAD, 64 << 20);
  // A thread that waits for the others spins, by default for milliseconds. Where another program
  // wants the cores this made a training step eight times as long. 3,000 rounds, some 50 µs, do not,
  // and are enough for an idle machine. libgomp, which comes with libtorch, reads the variable when it
  // is loaded.
  if (!getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "3000", 0);
}

void cprocess_release_memory(void) { malloc_trim(0); }
