#pragma once
#include <stddef.h>
#include <stdint.h>

/// How the deflated data is wrapped.
enum czlib_format { czlib_raw = 0, czlib_zlib = 1, czlib_gzip = 2 };

/// What a step of inflating or deflating ended with.
enum czlib_status { czlib_more = 0, czlib_end = 1, czlib_corrupt = 2, czlib_no_memory = 3 };

struct czlib_inflater;

/// A new decompressor, or NULL without memory.
struct czlib_inflater *czlib_inflater_create(enum czlib_format format);

/// Decompresses as much as fits; `consumed` and `produced` say how much that was.
enum czlib_status czlib_inflater_step(struct czlib_inflater *inflater, const void *input,
                                      size_t input_count, void *output, size_t output_count,
                                      size_t *consumed, size_t *produced);

/// Starts over, for the next member of a gzip file.
enum czlib_status czlib_inflater_reset(struct czlib_inflater *inflater);

/// zlib's own words about corrupt data, or NULL.
const char *czlib_inflater_message(const struct czlib_inflater *inflater);

void czlib_inflater_free(struct czlib_inflater *inflater);

/// Upper bound of what czlib_deflate writes for `count` bytes.
size_t czlib_deflate_bound(size_t count);

/// Compresses all input at once; returns the bytes written, 0 on failure.
size_t czlib_deflate(enum czlib_format format, const void *input, size_t input_count, void *output,
                     size_t output_count);

/// Continues a CRC-32, which starts at 0.
uint32_t czlib_crc32(uint32_t crc, const void *input, size_t count);
