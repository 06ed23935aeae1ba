// Chunks are found by libhdf5 and decoded here: libhdf5 trusts that a chunk unpacks to the size that
// its shape says and reads beyond the end of one that does not, as a damaged file may have it.
#include "Chunks.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

// Largest chunk that is unpacked: 1 GiB.
static const size_t chunk_limit = (size_t)1 << 30;

const char *describe_chunks(hid_t list, hid_t type, struct chunk_storage *storage) {
  if (H5Pget_chunk(list, H5S_MAX_RANK, storage->chunk) != storage->rank)
    return "its chunks have another number of axes";
  storage->element_bytes = H5Tget_size(type);
  if (!storage->element_bytes) return "its type cannot be read";
  storage->chunk_elements = 1;
  for (int axis = 0; axis < storage->rank; axis++) {
    size_t size = storage->chunk[axis];
    if (!size || size > chunk_limit / storage->element_bytes / storage->chunk_elements)
      return "its chunks are larger than 1 GiB or empty";
    storage->chunk_elements *= size;
  }
  unsigned options = 0;
  H5Pget_chunk_opts(list, &options);
  storage->skips_partial = (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0;
  storage->filter_count = H5Pget_nfilters(list);
  if (storage->filter_count < 0 || storage->filter_count > 8) return "it has too many filters";
  for (int i = 0; i < storage->filter_count; i++) {
    unsigned flags, config, parameters[8] = {0};
    size_t parameter_count = 8;
    storage->filters[i] = H5Pget_filter2(list, (unsigned)i, &flags, &parameter_count, parameters,
                                         0, NULL, &config);
    switch (storage->filters[i]) {
    case H5Z_FILTER_DEFLATE:
    case H5Z_FILTER_FLETCHER32: break;
    case H5Z_FILTER_SHUFFLE:
      if (!parameter_count || !parameters[0]) return "its shuffle filter has no element size";
      storage->shuffle_bytes[i] = parameters[0];
      break;
    default: return "its filter is neither gzip, shuffle nor Fletcher32; write it with one of them";
    }
  }
  return NULL;
}

// MARK: - Filters

struct buffer {
  unsigned char *bytes;
  size_t count, capacity;
};

static uint32_t fletcher32(const unsigned char *bytes, size_t count) {
  uint32_t first = 0, second = 0;
  for (size_t i = 0; i < count; i += 2) {
    first = (first + ((uint32_t)bytes[i] << 8) + (i + 1 < count ? bytes[i + 1] : 0)) % 65535;
    second = (second + first) % 65535;
  }
  return second << 16 | first;
}

static const char *check_fletcher32(struct buffer *data) {
  if (data->count < 4) return "a chunk is too short for its checksum";
  data->count -= 4;
  const unsigned char *end = data->bytes + data->count;
  uint32_t stored = end[0] | (uint32_t)end[1] << 8 | (uint32_t)end[2] << 16 | (uint32_t)end[3] << 24;
  uint32_t found = fletcher32(data->bytes, data->count);
  // Sums are remainders of 65535, of which 0 and 65535 are the same.
  for (int half = 0; half < 32; half += 16)
    if ((found >> half & 0xFFFF) % 65535 != (stored >> half & 0xFFFF) % 65535)
      return "a chunk's checksum is wrong";
  return NULL;
}

static const char *unpack(struct buffer *data, struct buffer *spare) {
  // zlib counts in 32 bits, which hold any chunk, but not every room for one.
  if (data->count > UINT_MAX) return "a chunk's compressed data are larger than 4 GiB";
  z_stream stream = {.next_in = data->bytes, .avail_in = (uInt)data->count};
  stream.next_out = spare->bytes;
  stream.avail_out = spare->capacity > UINT_MAX ? UINT_MAX : (uInt)spare->capacity;
  if (inflateInit(&stream) != Z_OK) return "zlib cannot be started";
  int status = inflate(&stream, Z_FINISH);
  spare->count = stream.total_out;
  inflateEnd(&stream);
  if (status != Z_STREAM_END) return "a chunk's compressed data are damaged";
  struct buffer swap = *data;
  *data = *spare;
  *spare = swap;
  return NULL;
}

static void unshuffle(struct buffer *data, struct buffer *spare, size_t element_bytes) {
  size_t elements = data->count / element_bytes;
  if (element_bytes < 2 || elements < 2) return;
  for (size_t place = 0; place < element_bytes; place++)
    for (size_t i = 0; i < elements; i++)
      spare->bytes[i * element_bytes + place] = data->bytes[place * elements + i];
  size_t whole = elements * element_bytes;
  memcpy(spare->bytes + whole, data->bytes + whole, data->count - whole);
  spare->count = data->count;
  struct buffer swap = *data;
  *data = *spare;
  *spare = swap;
}

static const char *decode(const struct chunk_storage *storage, unsigned skipped,
                          struct buffer *data, struct buffer *spare) {
  for (int i = storage->filter_count - 1; i >= 0; i--) {
    if (skipped >> i & 1) continue;
    const char *problem = NULL;
    switch (storage->filters[i]) {
    case H5Z_FILTER_FLETCHER32: problem = check_fletcher32(data); break;
    case H5Z_FILTER_DEFLATE: problem = unpack(data, spare); break;
    default: unshuffle(data, spare, storage->shuffle_bytes[i]); break;
    }
    if (problem) return problem;
  }
  if (data->count < storage->chunk_elements * storage->element_bytes)
    return "a chunk is shorter than its shape";
  return NULL;
}

// MARK: - Chunks

struct reading {
  hid_t dataset, file_type, memory_type;
  const struct chunk_storage *storage;
  hsize_t first, count;
  unsigned char *values;
  size_t value_bytes, capacity;
  struct buffer data, spare;
};

// The chunk's elements in the file's type: stored ones, or the fill value where none are.
static const char *load(struct reading *reading, const hsize_t *offset) {
  const struct chunk_storage *storage = reading->storage;
  size_t bytes = storage->chunk_elements * storage->element_bytes;
  unsigned skipped = 0;
  haddr_t address;
  hsize_t stored;
  if (H5Dget_chunk_info_by_coord(reading->dataset, offset, &skipped, &address, &stored) < 0)
    return "a chunk cannot be found";
  if (address == HADDR_UNDEF) {
    hid_t list = H5Dget_create_plist(reading->dataset);
    memset(reading->data.bytes, 0, storage->element_bytes);
    herr_t status = H5Pget_fill_value(list, reading->file_type, reading->data.bytes);
    H5Pclose(list);
    if (status < 0) memset(reading->data.bytes, 0, storage->element_bytes);
    for (size_t i = storage->element_bytes; i < bytes; i++)
      reading->data.bytes[i] = reading->data.bytes[i - storage->element_bytes];
    return NULL;
  }
  if (stored > reading->capacity) return "a chunk is larger than its shape";
  uint32_t mask = 0;
  if (H5Dread_chunk(reading->dataset, H5P_DEFAULT, offset, &mask, reading->data.bytes) < 0)
    return "a chunk cannot be read";
  reading->data.count = stored;
  for (int axis = 0; storage->skips_partial && axis < storage->rank; axis++)
    if (offset[axis] + storage->chunk[axis] > storage->sizes[axis]) mask = ~0u;
  return decode(storage, mask, &reading->data, &reading->spare);
}

// Copies the part of a converted chunk that lies in the rows asked for.
static void place(struct reading *reading, const hsize_t *offset) {
  const struct chunk_storage *storage = reading->storage;
  int last = storage->rank - 1;
  hsize_t begin[H5S_MAX_RANK], end[H5S_MAX_RANK], at[H5S_MAX_RANK];
  for (int axis = 0; axis <= last; axis++) {
    hsize_t low = axis ? 0 : reading->first;
    hsize_t high = axis ? storage->sizes[axis] : reading->first + reading->count;
    begin[axis] = offset[axis] > low ? offset[axis] : low;
    end[axis] = offset[axis] + storage->chunk[axis] < high ? offset[axis] + storage->chunk[axis] : high;
    at[axis] = begin[axis];
  }
  for (;;) {
    size_t source = 0, target = 0;
    for (int axis = 0; axis <= last; axis++) {
      source = source * storage->chunk[axis] + (at[axis] - offset[axis]);
      target = target * (axis ? storage->sizes[axis] : reading->count) +
               (at[axis] - (axis ? 0 : reading->first));
    }
    memcpy(reading->values + target * reading->value_bytes,
           reading->data.bytes + source * reading->value_bytes,
           (end[last] - begin[last]) * reading->value_bytes);
    int axis = last - 1;
    while (axis >= 0 && ++at[axis] == end[axis]) {
      at[axis] = begin[axis];
      axis--;
    }
    if (axis < 0) return;
  }
}

static const char *read_all(struct reading *reading) {
  const struct chunk_storage *storage = reading->storage;
  hsize_t offset[H5S_MAX_RANK] = {0};
  hsize_t start = reading->first / storage->chunk[0] * storage->chunk[0];
  offset[0] = start;
  for (;;) {
    const char *problem = load(reading, offset);
    if (problem) return problem;
    if (H5Tconvert(reading->file_type, reading->memory_type, storage->chunk_elements,
                   reading->data.bytes, NULL, H5P_DEFAULT) < 0)
      return "its elements are not numbers that can be converted";
    place(reading, offset);
    int axis = storage->rank - 1;
    for (; axis >= 0; axis--) {
      hsize_t limit = axis ? storage->sizes[axis] : reading->first + reading->count;
      offset[axis] += storage->chunk[axis];
      if (offset[axis] < limit) break;
      offset[axis] = axis ? 0 : start;
    }
    if (axis < 0) return NULL;
  }
}

const char *read_chunks(hid_t dataset, const struct chunk_storage *storage, hsize_t first,
                        hsize_t count, hid_t memory_type, unsigned char *values) {
  struct reading reading = {
      .dataset = dataset, .file_type = H5Dget_type(dataset), .memory_type = memory_type,
      .storage = storage, .first = first, .count = count, .values = values,
      .value_bytes = H5Tget_size(memory_type)};
  size_t widest = storage->element_bytes > reading.value_bytes ? storage->element_bytes : reading.value_bytes;
  // Data that do not shrink grow a little; checksums take 4 bytes each.
  reading.capacity = storage->chunk_elements * widest;
  reading.capacity += reading.capacity / 1024 + 1024;
  reading.data = (struct buffer){malloc(reading.capacity), 0, reading.capacity};
  reading.spare = (struct buffer){malloc(reading.capacity), 0, reading.capacity};
  const char *problem = "out of memory";
  if (reading.file_type < 0)
    problem = "its type cannot be read";
  else if (reading.data.bytes && reading.spare.bytes)
    problem = read_all(&reading);
  free(reading.data.bytes);
  free(reading.spare.bytes);
  if (reading.file_type >= 0) H5Tclose(reading.file_type);
  return problem;
}
