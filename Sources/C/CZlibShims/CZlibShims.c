#include "CZlibShims.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct czlib_inflater {
  z_stream stream;
};

// zlib's window bits: negative for raw deflate, +16 for gzip.
static int window_bits(enum czlib_format format) {
  switch (format) {
  case czlib_raw: return -MAX_WBITS;
  case czlib_gzip: return MAX_WBITS + 16;
  default: return MAX_WBITS;
  }
}

// zlib counts in 32 bits; larger buffers are served in pieces by the caller's loop.
static uInt clamp(size_t count) { return count > INT_MAX ? INT_MAX : (uInt)count; }

struct czlib_inflater *czlib_inflater_create(enum czlib_format format) {
  struct czlib_inflater *inflater = calloc(1, sizeof *inflater);
  if (inflater && inflateInit2(&inflater->stream, window_bits(format)) != Z_OK) {
    free(inflater);
    return NULL;
  }
  return inflater;
}

enum czlib_status czlib_inflater_step(struct czlib_inflater *inflater, const void *input,
                                      size_t input_count, void *output, size_t output_count,
                                      size_t *consumed, size_t *produced) {
  z_stream *stream = &inflater->stream;
  uInt available_in = clamp(input_count), available_out = clamp(output_count);
  stream->next_in = (Bytef *)input;
  stream->avail_in = available_in;
  stream->next_out = output;
  stream->avail_out = available_out;
  int status = inflate(stream, Z_NO_FLUSH);
  *consumed = available_in - stream->avail_in;
  *produced = available_out - stream->avail_out;
  switch (status) {
  case Z_STREAM_END: return czlib_end;
  case Z_OK:
  case Z_BUF_ERROR: return czlib_more;
  case Z_MEM_ERROR: return czlib_no_memory;
  default: return czlib_corrupt;
  }
}

enum czlib_status czlib_inflater_reset(struct czlib_inflater *inflater) {
  return inflateReset(&inflater->stream) == Z_OK ? czlib_more : czlib_corrupt;
}

const char *czlib_inflater_message(const struct czlib_inflater *inflater) {
  return inflater->stream.msg;
}

void czlib_inflater_free(struct czlib_inflater *inflater) {
  if (!inflater) return;
  inflateEnd(&inflater->stream);
  free(inflater);
}

size_t czlib_deflate_bound(size_t count) {
  // compressBound plus the gzip header and trailer.
  return count + (count >> 12) + (count >> 14) + (count >> 25) + 13 + 18;
}

size_t czlib_deflate(enum czlib_format format, const void *input, size_t input_count, void *output,
                     size_t output_count) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits(format), 8,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    return 0;
  const Bytef *next = input;
  Bytef *target = output;
  size_t left = input_count, room = output_count;
  int status = Z_OK;
  while (status == Z_OK) {
    uInt step_in = clamp(left), step_out = clamp(room);
    stream.next_in = (Bytef *)next;
    stream.avail_in = step_in;
    stream.next_out = target;
    stream.avail_out = step_out;
    status = deflate(&stream, step_in == left ? Z_FINISH : Z_NO_FLUSH);
    next += step_in - stream.avail_in;
    left -= step_in - stream.avail_in;
    target += step_out - stream.avail_out;
    room -= step_out - stream.avail_out;
    if (room == 0 && status != Z_STREAM_END) break;
  }
  deflateEnd(&stream);
  return status == Z_STREAM_END ? output_count - room : 0;
}

uint32_t czlib_crc32(uint32_t crc, const void *input, size_t count) {
  return (uint32_t)crc32_z(crc, input, count);
}
