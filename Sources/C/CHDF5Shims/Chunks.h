#pragma once

#include <hdf5.h>
#include <stddef.h>

// How a chunked array is stored.
struct chunk_storage {
  int rank;
  hsize_t sizes[H5S_MAX_RANK], chunk[H5S_MAX_RANK];
  // The filters in the order of writing; see `filters_are_known`.
  int filter_count;
  H5Z_filter_t filters[8];
  unsigned shuffle_bytes[8];
  // Chunks that reach beyond the array were stored without filters.
  int skips_partial;
  size_t element_bytes, chunk_elements;
};

// Fills `storage` from a creation property list; returns a reason to refuse it, or NULL.
const char *describe_chunks(hid_t list, hid_t type, struct chunk_storage *storage);

// Reads `count` rows from `first` into `values` as `memory_type`. Returns NULL or what is wrong.
const char *read_chunks(hid_t dataset, const struct chunk_storage *storage, hsize_t first,
                        hsize_t count, hid_t memory_type, unsigned char *values);
