#pragma once

#include "CHDF5Shims.h"

// The same as in CHDF5Shims.h, in this process: a damaged file may end it.

struct hdf5_array;

int hdf5_open(const char *path, const char *name, struct hdf5_array **array,
              struct chdf5_layout *layout, char *message, size_t message_size);

int hdf5_read_rows(struct hdf5_array *array, uint64_t first, uint64_t count, enum chdf5_type type,
                   void *values, char *message, size_t message_size);

void hdf5_names(const char *path, char *names, size_t names_size);
