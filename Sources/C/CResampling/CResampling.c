#include "CResampling.h"

#include <string.h>

// Plain C in one body per pass, compiled once for any processor and once for those with AVX2, whose
// 32-bit products and conversions from bytes are single instructions.
#define BODY static inline __attribute__((always_inline))

typedef int32_t lanes __attribute__((vector_size(16)));
typedef uint8_t bytes __attribute__((vector_size(4)));

// Half of 2^22: sums are rounded to the nearest.
enum { half = 1 << 21, shift = 22 };

BODY uint8_t clip(int32_t sum) {
  int32_t value = sum >> shift;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

// A pixel's channels are the lanes; lanes beyond them are computed and dropped.
BODY void rows(const uint8_t *source, size_t height, size_t width, size_t channels, uint8_t *target,
               size_t new_width, struct cresampling_window window, uint8_t *row) {
  for (size_t y = 0; y < height; y++, source += width * channels) {
    memcpy(row, source, width * channels);
    const int32_t *weights = window.weights;
    for (size_t x = 0; x < new_width; x++, weights += window.stride) {
      const uint8_t *pixel = row + (size_t)window.starts[x] * channels;
      lanes sum = {half, half, half, half};
      for (int32_t tap = 0; tap < window.counts[x]; tap++, pixel += channels) {
        bytes samples;
        memcpy(&samples, pixel, sizeof samples);
        sum += __builtin_convertvector(samples, lanes) * weights[tap];
      }
      for (size_t channel = 0; channel < channels; channel++) *target++ = clip(sum[channel]);
    }
  }
}

BODY void columns(const uint8_t *source, size_t row_bytes, uint8_t *target, size_t new_height,
                  struct cresampling_window window, int32_t *restrict sums) {
  const int32_t *weights = window.weights;
  for (size_t y = 0; y < new_height; y++, weights += window.stride, target += row_bytes) {
    for (size_t x = 0; x < row_bytes; x++) sums[x] = half;
    for (int32_t tap = 0; tap < window.counts[y]; tap++) {
      const uint8_t *line = source + ((size_t)window.starts[y] + (size_t)tap) * row_bytes;
      int32_t weight = weights[tap];
      for (size_t x = 0; x < row_bytes; x++) sums[x] += line[x] * weight;
    }
    for (size_t x = 0; x < row_bytes; x++) target[x] = clip(sums[x]);
  }
}

BODY void rows_of(const uint8_t *source, size_t height, size_t width, size_t channels,
                  uint8_t *target, size_t new_width, struct cresampling_window window,
                  uint8_t *row) {
  // Constant numbers of channels make loops without branches.
  if (channels == 3) rows(source, height, width, 3, target, new_width, window, row);
  else rows(source, height, width, channels, target, new_width, window, row);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void rows_avx2(
    const uint8_t *source, size_t height, size_t width, size_t channels, uint8_t *target,
    size_t new_width, struct cresampling_window window, uint8_t *row) {
  rows_of(source, height, width, channels, target, new_width, window, row);
}

__attribute__((target("avx2"))) static void columns_avx2(
    const uint8_t *source, size_t row_bytes, uint8_t *target, size_t new_height,
    struct cresampling_window window, int32_t *sums) {
  columns(source, row_bytes, target, new_height, window, sums);
}

static int has_avx2(void) { return __builtin_cpu_supports("avx2"); }
#endif

void cresampling_rows(const uint8_t *source, size_t height, size_t width, size_t channels,
                      uint8_t *target, size_t new_width, struct cresampling_window window,
                      uint8_t *row) {
  memset(row + width * channels, 0, 4);
#if defined(__x86_64__)
  if (has_avx2()) {
    rows_avx2(source, height, width, channels, target, new_width, window, row);
    return;
  }
#endif
  rows_of(source, height, width, channels, target, new_width, window, row);
}

void cresampling_columns(const uint8_t *source, size_t row_bytes, uint8_t *target,
                         size_t new_height, struct cresampling_window window, int32_t *sums) {
#if defined(__x86_64__)
  if (has_avx2()) {
    columns_avx2(source, row_bytes, target, new_height, window, sums);
    return;
  }
#endif
  columns(source, row_bytes, target, new_height, window, sums);
}

// Floating point: products and sums in double precision, one tap after the other, as Pillow has them.
#pragma STDC FP_CONTRACT OFF

typedef float floats __attribute__((vector_size(16)));
typedef double doubles __attribute__((vector_size(32)));

// One source row in the new width, one line of `line_stride` samples for every channel.
BODY void plane_row(const uint8_t *source, size_t width, size_t channels, float *lines,
                    size_t line_stride, size_t new_width, struct cresampling_float_window window,
                    double *row) {
  for (size_t x = 0; x < width * channels; x++) row[x] = source[x];
  const double *weights = window.weights;
  for (size_t x = 0; x < new_width; x++, weights += window.stride) {
    const double *pixel = row + (size_t)window.starts[x] * channels;
    doubles sum = {0, 0, 0, 0};
    for (int32_t tap = 0; tap < window.counts[x]; tap++, pixel += channels) {
      doubles samples;
      memcpy(&samples, pixel, sizeof samples);
      sum += samples * weights[tap];
    }
    const floats rounded = __builtin_convertvector(sum, floats);
    for (size_t channel = 0; channel < channels; channel++)
      lines[channel * line_stride + x] = rounded[channel];
  }
}

typedef int32_t masks __attribute__((vector_size(16)));

BODY floats bounded(floats value, struct cresampling_bounds bounds) {
  const floats low = {bounds.low, bounds.low, bounds.low, bounds.low};
  const floats high = {bounds.high, bounds.high, bounds.high, bounds.high};
  const masks is_low = value < low, is_high = value > high;
  const masks kept = (masks)value & ~(is_low | is_high);
  return (floats)(kept | (is_low & (masks)low) | (is_high & (masks)high));
}

// Eight samples of one target row of one channel.
BODY void plane_sums(const float *const *taps, const double *weights, size_t count, size_t x,
                     struct cresampling_bounds bounds, floats sums[2]) {
  doubles low = {0, 0, 0, 0}, high = {0, 0, 0, 0};
  for (size_t tap = 0; tap < count; tap++) {
    floats samples[2];
    memcpy(samples, taps[tap] + x, sizeof samples);
    low += __builtin_convertvector(samples[0], doubles) * weights[tap];
    high += __builtin_convertvector(samples[1], doubles) * weights[tap];
  }
  sums[0] = bounded(__builtin_convertvector(low, floats), bounds);
  sums[1] = bounded(__builtin_convertvector(high, floats), bounds);
}

// One target row of one channel: `taps` holds the source rows' lines, padded to whole lanes.
BODY void plane_column(const float *const *taps, const double *weights, size_t count, float *target,
                       size_t width, struct cresampling_bounds bounds) {
  floats sums[2];
  size_t x = 0;
  for (; x + 8 <= width; x += 8) {
    plane_sums(taps, weights, count, x, bounds, sums);
    memcpy(target + x, sums, sizeof sums);
  }
  if (x < width) {
    plane_sums(taps, weights, count, x, bounds, sums);
    memcpy(target + x, sums, (width - x) * sizeof *target);
  }
}

BODY void planes(const uint8_t *source, size_t width, size_t channels, float *target,
                 size_t new_height, size_t new_width, struct cresampling_float_window columns,
                 struct cresampling_float_window rows, struct cresampling_bounds bounds, struct cresampling_room room) {
  size_t line_stride = cresampling_line(new_width), next = 0;
  const double *weights = rows.weights;
  for (size_t y = 0; y < new_height; y++, weights += rows.stride) {
    size_t start = (size_t)rows.starts[y], count = (size_t)rows.counts[y];
    // Source rows are resampled once, when the first target row needs them, and stay while others do.
    if (next < start) next = start;
    for (; next < start + count; next++) {
      float *lines = room.lines + next % rows.stride * channels * line_stride;
      plane_row(source + next * width * channels, width, channels, lines, line_stride, new_width,
                columns, room.row);
    }
    for (size_t channel = 0; channel < channels; channel++) {
      for (size_t tap = 0; tap < count; tap++)
        room.taps[tap] =
            room.lines + ((start + tap) % rows.stride * channels + channel) * line_stride;
      plane_column(room.taps, weights, count,
                   target + (channel * new_height + y) * new_width, new_width, bounds);
    }
  }
}

BODY void planes_of(const uint8_t *source, size_t width, size_t channels, float *target,
                    size_t new_height, size_t new_width, struct cresampling_float_window columns,
                    struct cresampling_float_window rows, struct cresampling_bounds bounds, struct cresampling_room room) {
  if (channels == 3) planes(source, width, 3, target, new_height, new_width, columns, rows, bounds, room);
  else planes(source, width, channels, target, new_height, new_width, columns, rows, bounds, room);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void planes_avx2(
    const uint8_t *source, size_t width, size_t channels, float *target, size_t new_height,
    size_t new_width, struct cresampling_float_window columns, struct cresampling_float_window rows,
    struct cresampling_bounds bounds, struct cresampling_room room) {
  planes_of(source, width, channels, target, new_height, new_width, columns, rows, bounds, room);
}
#endif

void cresampling_planes(const uint8_t *source, size_t width, size_t channels, float *target,
                        size_t new_height, size_t new_width,
                        struct cresampling_float_window columns,
                        struct cresampling_float_window rows, struct cresampling_bounds bounds, struct cresampling_room room) {
  memset(room.row + width * channels, 0, 4 * sizeof *room.row);
#if defined(__x86_64__)
  if (has_avx2()) {
    planes_avx2(source, width, channels, target, new_height, new_width, columns, rows, bounds, room);
    return;
  }
#endif
  planes_of(source, width, channels, target, new_height, new_width, columns, rows, bounds, room);
}
