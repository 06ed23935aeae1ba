#define _GNU_SOURCE
#include "CTorch.h"

#include <dlfcn.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *message(const char *text) { return strdup(text ? text : "unknown error of dlopen"); }

void *ct_open(const char *folder, char **error) {
  // In the order of their dependencies; the shim then finds them by name, already loaded.
  static const char *const names[] = {"libc10.so", "libtorch_cpu.so"};
  void *library = NULL;
  *error = NULL;
  // Tensors of a training step come and go in the same sizes. By default glibc returns each large
  // one to the system and pays for its pages again at the next step, a tenth of the step's time.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest value glibc accepts
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  // Threads other than the first allocate from heaps of 64 MiB, and an empty heap goes back whatever
  // the threshold, unless the padding would not fit into the heap before it.
  mallopt(M_TOP_PAD, 64 << 20);
  // A thread that waits for the others spins, by default for milliseconds. Where another program
  // wants the cores this made a training step eight times as long. 3,000 rounds, some 50 µs, do not,
  // and are enough for an idle machine. libgomp reads the variable when it is loaded.
  if (!getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "3000", 0);
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    char path[4096];
    snprintf(path, sizeof(path), "%s/lib/%s", folder, names[i]);
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      *error = message(dlerror());
      return NULL;
    }
  }
  return library;
}

const ct_api *ct_load(const char *folder, const char *shim, char **error) {
  if (!ct_open(folder, error)) return NULL;
  void *handle = dlopen(shim, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    *error = message(dlerror());
    return NULL;
  }
  const ct_api *(*table)(void) = (const ct_api *(*)(void))dlsym(handle, "ct_api_table");
  if (!table) {
    *error = message(dlerror());
    return NULL;
  }
  return table();
}

size_t ct_program_path(char *buffer, size_t capacity) {
  ssize_t length = readlink("/proc/self/exe", buffer, capacity - 1);
  if (length < 0) length = 0;
  buffer[length] = 0;
  return (size_t)length;
}
