#pragma once

#include <stdint.h>

/// NVIDIA's collectives between graphics processors, loaded at run time: the build needs no NCCL.
///
/// Functions that can fail return NULL on success or a message that the caller frees with free(). All but the
/// first need a successful `cnccl_load` before.

enum { cnccl_id_size = 128 };

/// Loads the library at a path, or by its name. NULL on success; also if that library is loaded already.
char *cnccl_load(const char *path);

/// Makes the id by which processes find one another: `cnccl_id_size` bytes.
char *cnccl_make_id(void *id);

/// Connects this process, whose current device is the one it works on, with the others that have the id.
char *cnccl_join(const void *id, int32_t size, int32_t rank, void **communicator);

/// Replaces numbers in the device's memory by their sums over all processes, in the order of a stream's work.
char *cnccl_sum_floats(void *communicator, void *values, int64_t count, void *stream);

/// Ends the connection.
void cnccl_leave(void *communicator);
