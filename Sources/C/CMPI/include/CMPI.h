#pragma once

#include <stdint.h>

/// Open MPI, loaded at run time: the build needs no MPI, and programs that are alone never load it.
///
/// Functions that can fail return NULL on success or a message that the caller frees with free().
/// All but the first two need a successful `cmpi_join` before.

/// Loads the library on the first call. NULL on success, else why it cannot be used.
const char *cmpi_load(void);

/// The library's own description of its version, or NULL when it cannot be loaded.
const char *cmpi_version(void);

/// Connects this process with the others of its launch, once.
char *cmpi_join(int32_t *rank, int32_t *size);

/// Ends the connection; all processes do so together.
char *cmpi_leave(void);

/// Ends all processes with an exit code.
void cmpi_abort(int32_t code);

/// Replaces every number by its sum over all processes.
char *cmpi_sum_floats(float *values, int32_t count);
char *cmpi_sum_doubles(double *values, int32_t count);

/// Replaces the bytes by those of process 0.
char *cmpi_broadcast(void *bytes, int32_t count);

/// Passes bytes to process 0, which receives as many from that process.
char *cmpi_send(const void *bytes, int32_t count);
char *cmpi_receive(void *bytes, int32_t count, int32_t rank);

/// Starts to wait for all processes, without blocking; `cmpi_barrier_test` says whether all are there.
char *cmpi_barrier_begin(void);
char *cmpi_barrier_test(int32_t *is_done);
