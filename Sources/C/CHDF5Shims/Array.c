#include "Array.h"

#include "Chunks.h"
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

struct hdf5_array {
  hid_t file, dataset, space;
  struct chdf5_layout layout;
  // Of a chunked array.
  struct chunk_storage chunks;
  int is_chunked;
};

static void prepare(void) {
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  H5Eclear2(H5E_DEFAULT);
  // Filters and drivers from shared libraries are code that a data file must not choose.
  H5PLset_loading_state(0);
}

struct text {
  char *bytes;
  size_t size;
};

static void set_text(struct text text, const char *words) {
  if (!text.size) return;
  strncpy(text.bytes, words, text.size - 1);
  text.bytes[text.size - 1] = 0;
}

// The innermost entry says what really went wrong; it is walked first.
static herr_t keep_first(unsigned number, const H5E_error2_t *error, void *client) {
  struct text *text = client;
  if (number == 0 && error->desc) set_text(*text, error->desc);
  return 0;
}

static int fail(struct text message, const char *fallback) {
  set_text(message, fallback);
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &message);
  return 1;
}

static void release(struct hdf5_array *array) {
  if (array->space >= 0) H5Sclose(array->space);
  if (array->dataset >= 0) H5Dclose(array->dataset);
  if (array->file >= 0) H5Fclose(array->file);
  free(array);
}

static void describe_type(hid_t dataset, struct chdf5_layout *layout) {
  hid_t type = H5Dget_type(dataset);
  layout->kind = '?';
  if (type < 0) return;
  layout->element_bytes = H5Tget_size(type);
  switch (H5Tget_class(type)) {
  case H5T_INTEGER: layout->kind = H5Tget_sign(type) == H5T_SGN_NONE ? 'u' : 'i'; break;
  case H5T_FLOAT: layout->kind = 'f'; break;
  default: break;
  }
  H5Tclose(type);
}

// Whether what is stored in one piece is as large as the shape says: libhdf5 reads on beyond its end.
// Contiguous storage of 0 bytes has never been written, and reads as the fill value.
static int is_complete(const struct hdf5_array *array, hid_t type, int may_be_unwritten) {
  hsize_t stored = H5Dget_storage_size(array->dataset), needed = H5Tget_size(type);
  for (int axis = 0; axis < array->layout.rank; axis++) {
    hsize_t size = array->layout.sizes[axis];
    if (size && needed > (hsize_t)-1 / size) return 0;
    needed *= size;
  }
  return stored >= needed || (may_be_unwritten && stored == 0);
}

// Returns a reason to refuse the storage, or NULL.
static const char *describe_storage(struct hdf5_array *array) {
  hid_t list = H5Dget_create_plist(array->dataset), type = H5Dget_type(array->dataset);
  const char *refusal = "its storage cannot be read";
  if (list >= 0 && type >= 0) {
    switch (H5Pget_layout(list)) {
    case H5D_CHUNKED:
      array->is_chunked = 1;
      array->chunks.rank = array->layout.rank;
      for (int axis = 0; axis < array->layout.rank; axis++)
        array->chunks.sizes[axis] = array->layout.sizes[axis];
      refusal = describe_chunks(list, type, &array->chunks);
      array->layout.chunk_rows = array->chunks.chunk[0];
      break;
    case H5D_CONTIGUOUS:
      // Such a file could name any other file of the machine.
      refusal = H5Pget_external_count(list) > 0 ? "its data lies in another file"
                : is_complete(array, type, 1)   ? NULL
                                                : "its data is shorter than its shape";
      break;
    case H5D_COMPACT:
      refusal = is_complete(array, type, 0) ? NULL : "its data is shorter than its shape";
      break;
    default: refusal = "its data lies in other files"; break;
    }
  }
  if (type >= 0) H5Tclose(type);
  if (list >= 0) H5Pclose(list);
  return refusal;
}

static int open_array(struct hdf5_array *array, const char *path, const char *name,
                      struct text message) {
  struct chdf5_layout *layout = &array->layout;
  array->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (array->file < 0) return fail(message, "it cannot be opened");
  array->dataset = H5Dopen2(array->file, name, H5P_DEFAULT);
  if (array->dataset < 0) {
    fail(message, "its array cannot be opened");
    return H5Lexists(array->file, name, H5P_DEFAULT) > 0 ? 1 : 2;
  }
  array->space = H5Dget_space(array->dataset);
  if (array->space < 0) return fail(message, "its shape cannot be read");
  layout->rank = H5Sget_simple_extent_ndims(array->space);
  hsize_t sizes[H5S_MAX_RANK];
  if (layout->rank < 0 || H5Sget_simple_extent_dims(array->space, sizes, NULL) < 0)
    return fail(message, "its shape cannot be read");
  for (int axis = 0; axis < layout->rank; axis++) layout->sizes[axis] = sizes[axis];
  describe_type(array->dataset, layout);
  const char *refusal = layout->rank ? describe_storage(array) : NULL;
  if (refusal) {
    set_text(message, refusal);
    return 3;
  }
  return 0;
}

int hdf5_open(const char *path, const char *name, struct hdf5_array **result,
              struct chdf5_layout *layout, char *message, size_t message_size) {
  struct text text = {message, message_size};
  struct hdf5_array *array = calloc(1, sizeof *array);
  if (!array) {
    set_text(text, "out of memory");
    return 1;
  }
  array->file = array->dataset = array->space = -1;
  prepare();
  int status = open_array(array, path, name, text);
  if (status)
    release(array);
  else {
    *result = array;
    *layout = array->layout;
  }
  return status;
}

static hid_t memory_type(enum chdf5_type type) {
  switch (type) {
  case chdf5_uint8: return H5T_NATIVE_UINT8;
  case chdf5_int64: return H5T_NATIVE_INT64;
  default: return H5T_NATIVE_DOUBLE;
  }
}

static int read_whole(struct hdf5_array *array, uint64_t first, uint64_t count, hid_t type,
                      void *values) {
  hsize_t start[H5S_MAX_RANK] = {0}, sizes[H5S_MAX_RANK];
  for (int axis = 0; axis < array->layout.rank; axis++) sizes[axis] = array->layout.sizes[axis];
  start[0] = first;
  sizes[0] = count;
  hid_t memory = H5Screate_simple(array->layout.rank, sizes, NULL);
  int failed =
      memory < 0 ||
      H5Sselect_hyperslab(array->space, H5S_SELECT_SET, start, NULL, sizes, NULL) < 0 ||
      H5Dread(array->dataset, type, memory, array->space, H5P_DEFAULT, values) < 0;
  if (memory >= 0) H5Sclose(memory);
  return failed;
}

int hdf5_read_rows(struct hdf5_array *array, uint64_t first, uint64_t count, enum chdf5_type type,
                   void *values, char *message, size_t message_size) {
  struct text text = {message, message_size};
  H5Eclear2(H5E_DEFAULT);
  if (array->is_chunked) {
    const char *problem =
        read_chunks(array->dataset, &array->chunks, first, count, memory_type(type), values);
    return problem ? fail(text, problem) : 0;
  }
  return read_whole(array, first, count, memory_type(type), values)
             ? fail(text, "its data cannot be read")
             : 0;
}

static herr_t append_name(hid_t group, const char *name, const H5L_info_t *info, void *client) {
  (void)group;
  (void)info;
  struct text *text = client;
  size_t used = strlen(text->bytes), length = strlen(name);
  if (used + length + 2 > text->size) return 1;
  memcpy(text->bytes + used, name, length);
  memcpy(text->bytes + used + length, "\n", 2);
  return 0;
}

void hdf5_names(const char *path, char *names, size_t names_size) {
  struct text text = {names, names_size};
  if (names_size) names[0] = 0;
  prepare();
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) return;
  H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, NULL, append_name, &text);
  H5Fclose(file);
}
