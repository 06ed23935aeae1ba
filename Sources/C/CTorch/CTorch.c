#define _GNU_SOURCE
#include "CTorch.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

uint64_t ct_version(void *library) {
  uint64_t (*version)(void) = (uint64_t (*)(void))dlsym(library, "aoti_torch_abi_version");
  return version ? version() : 0;
}

const ct_api *ct_load(const char *shim, char **error) {
  *error = NULL;
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

size_t ct_gpu_name(int32_t index, char *buffer, size_t capacity) {
  // Asked of the driver itself: numbers in files under /proc are not CUDA's, which depend on
  // CUDA_VISIBLE_DEVICES and on CUDA_DEVICE_ORDER.
  void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!driver) return 0;
  int (*start)(unsigned) = (int (*)(unsigned))dlsym(driver, "cuInit");
  int (*find)(int *, int) = (int (*)(int *, int))dlsym(driver, "cuDeviceGet");
  int (*name)(char *, int, int) = (int (*)(char *, int, int))dlsym(driver, "cuDeviceGetName");
  int device;
  if (!start || !find || !name || start(0) || find(&device, index)) return 0;
  if (name(buffer, (int)capacity, device)) return 0;
  buffer[capacity - 1] = 0;
  return strlen(buffer);
}
