#define _GNU_SOURCE
#include "CNCCL.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// NCCL's C interface, the same since 2.0: an id is passed by value, enumerations are integers.
typedef struct {
  char bytes[cnccl_id_size];
} identifier;
enum { success = 0, float32 = 7, sum = 0 };

static struct {
  int (*ncclGetUniqueId)(identifier *);
  int (*ncclCommInitRank)(void **, int, identifier, int);
  int (*ncclAllReduce)(const void *, void *, size_t, int, int, void *, void *);
  int (*ncclCommDestroy)(void *);
  const char *(*ncclGetErrorString)(int);
} nccl;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static void *loaded;

static char *failure(const char *text, const char *detail) {
  char *message = NULL;
  return asprintf(&message, "%s%s", text, detail) < 0 ? strdup(text) : message;
}

static char *load(const char *path) {
  // libtorch's CUDA part has loaded it under this name from wherever pip has put it.
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) return failure("", dlerror());
#define RESOLVE(name)                                                    \
  if (!(*(void **)&nccl.name = dlsym(library, #name))) {                 \
    dlclose(library);                                                    \
    return failure(path, " has no " #name);                              \
  }
  RESOLVE(ncclGetUniqueId)
  RESOLVE(ncclCommInitRank)
  RESOLVE(ncclAllReduce)
  RESOLVE(ncclCommDestroy)
  RESOLVE(ncclGetErrorString)
  loaded = library;
  return NULL;
}

char *cnccl_load(const char *path) {
  pthread_mutex_lock(&mutex);
  char *message = loaded ? NULL : load(path);
  pthread_mutex_unlock(&mutex);
  return message;
}

static char *check(int code) {
  return code == success ? NULL : strdup(nccl.ncclGetErrorString(code));
}

char *cnccl_make_id(void *id) { return check(nccl.ncclGetUniqueId(id)); }

char *cnccl_join(const void *id, int32_t size, int32_t rank, void **communicator) {
  identifier value;
  memcpy(&value, id, sizeof value);
  return check(nccl.ncclCommInitRank(communicator, size, value, rank));
}

char *cnccl_sum_floats(void *communicator, void *values, int64_t count, void *stream) {
  return check(nccl.ncclAllReduce(values, values, (size_t)count, float32, sum, communicator, stream));
}

void cnccl_leave(void *communicator) { nccl.ncclCommDestroy(communicator); }
