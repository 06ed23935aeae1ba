// A stand-in for NCCL, for tests on machines without graphics processors: it notes what it is asked, and sums as if
// every process had passed the same numbers, which lie in the processor's memory.
#include "CNCCLStandIn.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  char bytes[128];
} identifier;

static char calls[1 << 16];
static struct {
  int size;
} group;

static void note(const char *format, ...) {
  size_t length = strlen(calls);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(calls + length, sizeof calls - length, format, arguments);
  va_end(arguments);
}

const char *nccl_stand_in_calls(void) { return calls; }

int ncclGetUniqueId(identifier *id) {
  memset(id->bytes, 7, sizeof id->bytes);
  note("id\n");
  return 0;
}

int ncclCommInitRank(void **communicator, int size, identifier id, int rank) {
  note("join %d of %d, id of %ds\n", rank, size, id.bytes[127]);
  if (id.bytes[0] != id.bytes[127]) return 4;
  group.size = size;
  *communicator = &group;
  return 0;
}

int ncclAllReduce(const void *sent, void *received, size_t count, int type, int operation,
                  void *communicator, void *stream) {
  note("sum %zu numbers, type %d, operation %d, stream %p\n", count, type, operation, stream);
  if (type != 7 || operation != 0 || sent != received || communicator != &group) return 4;
  float *values = received;
  for (size_t i = 0; i < count; i++) values[i] *= (float)group.size;
  return 0;
}

int ncclCommDestroy(void *communicator) {
  note("leave\n");
  return communicator == &group ? 0 : 4;
}

const char *ncclGetErrorString(int code) { return code == 4 ? "invalid argument" : "no error"; }
