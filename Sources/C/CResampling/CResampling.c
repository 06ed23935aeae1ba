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

BODY void float_rows(const float *source, size_t height, size_t width, size_t channels,
                     float *target, size_t new_width, struct cresampling_float_window window,
                     float *row) {
  for (size_t y = 0; y < height; y++, source += width * channels) {
    memcpy(row, source, width * channels * sizeof *row);
    const double *weights = window.weights;
    for (size_t x = 0; x < new_width; x++, weights += window.stride) {
      const float *pixel = row + (size_t)window.starts[x] * channels;
      doubles sum = {0, 0, 0, 0};
      for (int32_t tap = 0; tap < window.counts[x]; tap++, pixel += channels) {
        floats samples;
        memcpy(&samples, pixel, sizeof samples);
        sum += __builtin_convertvector(samples, doubles) * weights[tap];
      }
      for (size_t channel = 0; channel < channels; channel++) *target++ = (float)sum[channel];
    }
  }
}

BODY void float_columns(const float *source, size_t row_count, float *target, size_t new_height,
                        struct cresampling_float_window window, double *restrict sums) {
  const double *weights = window.weights;
  for (size_t y = 0; y < new_height; y++, weights += window.stride, target += row_count) {
    for (size_t x = 0; x < row_count; x++) sums[x] = 0;
    for (int32_t tap = 0; tap < window.counts[y]; tap++) {
      const float *line = source + ((size_t)window.starts[y] + (size_t)tap) * row_count;
      double weight = weights[tap];
      for (size_t x = 0; x < row_count; x++) sums[x] += (double)line[x] * weight;
    }
    for (size_t x = 0; x < row_count; x++) target[x] = (float)sums[x];
  }
}

BODY void float_rows_of(const float *source, size_t height, size_t width, size_t channels,
                        float *target, size_t new_width, struct cresampling_float_window window,
                        float *row) {
  if (channels == 3) float_rows(source, height, width, 3, target, new_width, window, row);
  else float_rows(source, height, width, channels, target, new_width, window, row);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void float_rows_avx2(
    const float *source, size_t height, size_t width, size_t channels, float *target,
    size_t new_width, struct cresampling_float_window window, float *row) {
  float_rows_of(source, height, width, channels, target, new_width, window, row);
}

__attribute__((target("avx2"))) static void float_columns_avx2(
    const float *source, size_t row_count, float *target, size_t new_height,
    struct cresampling_float_window window, double *sums) {
  float_columns(source, row_count, target, new_height, window, sums);
}
#endif

void cresampling_float_rows(const float *source, size_t height, size_t width, size_t channels,
                            float *target, size_t new_width,
                            struct cresampling_float_window window, float *row) {
  memset(row + width * channels, 0, 4 * sizeof *row);
#if defined(__x86_64__)
  if (has_avx2()) {
    float_rows_avx2(source, height, width, channels, target, new_width, window, row);
    return;
  }
#endif
  float_rows_of(source, height, width, channels, target, new_width, window, row);
}

void cresampling_float_columns(const float *source, size_t row_count, float *target,
                               size_t new_height, struct cresampling_float_window window,
                               double *sums) {
#if defined(__x86_64__)
  if (has_avx2()) {
    float_columns_avx2(source, row_count, target, new_height, window, sums);
    return;
  }
#endif
  float_columns(source, row_count, target, new_height, window, sums);
}
