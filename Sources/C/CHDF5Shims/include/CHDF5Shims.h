#pragma once
#include <stddef.h>
#include <stdint.h>

/// The element types a dataset is read as.
enum chdf5_type { chdf5_uint8 = 0, chdf5_int64 = 1, chdf5_double = 2 };

/// What an array of an HDF5 file holds.
struct chdf5_layout {
  int rank;
  uint64_t sizes[32];
  /// Rows per chunk; 0 if the array is not stored in chunks.
  uint64_t chunk_rows;
  /// 'i' signed, 'u' unsigned, 'f' floating point, '?' anything else.
  char kind;
  /// Bytes per element.
  size_t element_bytes;
};

struct chdf5_array;

/// Opens one array of a file for reading.
///
/// Every array is read by a child process of its own, which closing it ends. All functions may be
/// called from any thread. They return 0, or 1 with a reason in `message`; chdf5_open returns 2 if
/// the file is HDF5 but lacks the array, 3 if it is stored in a way that is deliberately not read.
int chdf5_open(const char *path, const char *name, struct chdf5_array **array,
               struct chdf5_layout *layout, char *message, size_t message_size);

/// Reads rows `first` to `first + count` of the array, converted to `type`.
int chdf5_read_rows(struct chdf5_array *array, uint64_t first, uint64_t count,
                    enum chdf5_type type, void *values, char *message, size_t message_size);

/// The names in the file's root group, one per line.
void chdf5_names(const char *path, char *names, size_t names_size);

void chdf5_close(struct chdf5_array *array);
