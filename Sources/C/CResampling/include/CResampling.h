#pragma once

#include <stddef.h>
#include <stdint.h>

/// For every target sample of one axis: its first source sample, how many there are, and their
/// weights times 2^22, `stride` places per target sample.
struct cresampling_window {
  const int32_t *starts, *counts, *weights;
  size_t stride;
};

/// Resamples rows: `source` has `height` rows of `width` pixels of 1 to 4 channels, `target` as many
/// of `new_width`. `row` is room for width × channels + 4 bytes.
void cresampling_rows(const uint8_t *source, size_t height, size_t width, size_t channels,
                      uint8_t *target, size_t new_width, struct cresampling_window window,
                      uint8_t *row);

/// Resamples columns: `target` has `new_height` rows of `row_bytes` samples. `sums` is room for
/// `row_bytes` sums.
void cresampling_columns(const uint8_t *source, size_t row_bytes, uint8_t *target,
                         size_t new_height, struct cresampling_window window, int32_t *sums);

/// The same with weights as they are.
struct cresampling_float_window {
  const int32_t *starts, *counts;
  const double *weights;
  size_t stride;
};

/// Resamples rows of floating point samples, 1 to 4 channels; sums in double precision. `row` is room
/// for width × channels + 4 samples.
void cresampling_float_rows(const float *source, size_t height, size_t width, size_t channels,
                            float *target, size_t new_width,
                            struct cresampling_float_window window, float *row);

/// Resamples columns of floating point samples: `target` has `new_height` rows of `row_count`. `sums`
/// is room for `row_count` sums.
void cresampling_float_columns(const float *source, size_t row_count, float *target,
                               size_t new_height, struct cresampling_float_window window,
                               double *sums);
