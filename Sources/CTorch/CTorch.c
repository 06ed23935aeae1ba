#define _GNU_SOURCE
#include "CTorch.h"

#include <dlfcn.h>
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
