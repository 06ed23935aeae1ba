#define _GNU_SOURCE
#include "CMPI.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Open MPI's binary interface: handles are addresses of objects that libmpi exports.
typedef void *handle;
enum { success = 0, thread_serialized = 2, text_length = 256 };
static void *const in_place = (void *)1;

static struct {
  int (*MPI_Init_thread)(int *, char ***, int, int *);
  int (*MPI_Finalize)(void);
  int (*MPI_Abort)(handle, int);
  int (*MPI_Comm_rank)(handle, int *);
  int (*MPI_Comm_size)(handle, int *);
  int (*MPI_Comm_set_errhandler)(handle, handle);
  int (*MPI_Allreduce)(const void *, void *, int, handle, handle, handle);
  int (*MPI_Bcast)(void *, int, handle, int, handle);
  int (*MPI_Send)(const void *, int, handle, int, int, handle);
  int (*MPI_Recv)(void *, int, handle, int, int, handle, void *);
  int (*MPI_Ibarrier)(handle, handle *);
  int (*MPI_Test)(handle *, int *, void *);
  int (*MPI_Error_string)(int, char *, int *);
  int (*MPI_Get_library_version)(char *, int *);
  handle ompi_mpi_comm_world, ompi_mpi_errors_return;
  handle ompi_mpi_float, ompi_mpi_double, ompi_mpi_byte, ompi_mpi_op_sum;
} mpi;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[512], version[text_length];
static handle barrier;

static void load(void) {
  // Its plugins look for the library's symbols among the global ones.
  void *library = dlopen("libmpi.so.40", RTLD_NOW | RTLD_GLOBAL);
  if (!library) {
    snprintf(failure, sizeof failure, "%s", dlerror());
    return;
  }
#define RESOLVE(name)                                                     \
  if (!(*(void **)&mpi.name = dlsym(library, #name))) {                   \
    snprintf(failure, sizeof failure, "libmpi.so.40 has no " #name);      \
    return;                                                               \
  }
  RESOLVE(MPI_Init_thread)
  RESOLVE(MPI_Finalize)
  RESOLVE(MPI_Abort)
  RESOLVE(MPI_Comm_rank)
  RESOLVE(MPI_Comm_size)
  RESOLVE(MPI_Comm_set_errhandler)
  RESOLVE(MPI_Allreduce)
  RESOLVE(MPI_Bcast)
  RESOLVE(MPI_Send)
  RESOLVE(MPI_Recv)
  RESOLVE(MPI_Ibarrier)
  RESOLVE(MPI_Test)
  RESOLVE(MPI_Error_string)
  RESOLVE(MPI_Get_library_version)
  RESOLVE(ompi_mpi_comm_world)
  RESOLVE(ompi_mpi_errors_return)
  RESOLVE(ompi_mpi_float)
  RESOLVE(ompi_mpi_double)
  RESOLVE(ompi_mpi_byte)
  RESOLVE(ompi_mpi_op_sum)
  int length = 0;
  mpi.MPI_Get_library_version(version, &length);
}

const char *cmpi_load(void) {
  pthread_once(&once, load);
  return failure[0] ? failure : NULL;
}

const char *cmpi_version(void) { return cmpi_load() ? NULL : version; }

static char *check(int code) {
  if (code == success) return NULL;
  char text[text_length] = "unknown error";
  int length = 0;
  mpi.MPI_Error_string(code, text, &length);
  return strdup(text);
}

char *cmpi_join(int32_t *rank, int32_t *size) {
  // MPI waits by asking again and again. On a core that something else wants too, that holds up
  // whatever is waited for; between two questions it then lets others run.
  setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
  int provided = 0, code = mpi.MPI_Init_thread(NULL, NULL, thread_serialized, &provided);
  if (code != success) return check(code);
  if (provided < thread_serialized)
    return strdup("this build of Open MPI may only be called from the main thread");
  // Errors come back as codes instead of ending the process.
  code = mpi.MPI_Comm_set_errhandler(mpi.ompi_mpi_comm_world, mpi.ompi_mpi_errors_return);
  if (code == success) code = mpi.MPI_Comm_rank(mpi.ompi_mpi_comm_world, rank);
  if (code == success) code = mpi.MPI_Comm_size(mpi.ompi_mpi_comm_world, size);
  return check(code);
}

char *cmpi_leave(void) { return check(mpi.MPI_Finalize()); }

void cmpi_abort(int32_t code) { mpi.MPI_Abort(mpi.ompi_mpi_comm_world, code); }

static char *sum(void *values, int32_t count, handle type) {
  return check(mpi.MPI_Allreduce(in_place, values, count, type, mpi.ompi_mpi_op_sum,
                                 mpi.ompi_mpi_comm_world));
}

char *cmpi_sum_floats(float *values, int32_t count) {
  return sum(values, count, mpi.ompi_mpi_float);
}

char *cmpi_sum_doubles(double *values, int32_t count) {
  return sum(values, count, mpi.ompi_mpi_double);
}

char *cmpi_broadcast(void *bytes, int32_t count) {
  return check(mpi.MPI_Bcast(bytes, count, mpi.ompi_mpi_byte, 0, mpi.ompi_mpi_comm_world));
}

char *cmpi_send(const void *bytes, int32_t count) {
  return check(mpi.MPI_Send(bytes, count, mpi.ompi_mpi_byte, 0, 0, mpi.ompi_mpi_comm_world));
}

char *cmpi_receive(void *bytes, int32_t count, int32_t rank) {
  return check(
      mpi.MPI_Recv(bytes, count, mpi.ompi_mpi_byte, rank, 0, mpi.ompi_mpi_comm_world, NULL));
}

char *cmpi_barrier_begin(void) { return check(mpi.MPI_Ibarrier(mpi.ompi_mpi_comm_world, &barrier)); }

char *cmpi_barrier_test(int32_t *is_done) {
  return check(mpi.MPI_Test(&barrier, is_done, NULL));
}
