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

/// Samples of a resampled row of `width`, rounded up to whole lanes.
static inline size_t cresampling_line(size_t width) { return (width + 7) / 8 * 8; }

/// What samples are limited to; infinite for no limit.
struct cresampling_bounds {
  float low, high;
};

/// Room for the work of ``cresampling_planes``.
struct cresampling_room {
  /// A source row: width × channels + 4 samples.
  double *row;
  /// Resampled source rows: `rows.stride` × channels × `cresampling_line(new_width)` samples.
  float *lines;
  /// `rows.stride` places.
  const float **taps;
};

/// Resamples 8-bit pixels of 1 to 4 channels to floating point planes, `[channel, new_height, new_width]`: along
/// rows by `columns`, the result rounded to single precision, then across them by `rows`; sums in
/// double precision; the result within bounds. Starts never fall from one target sample to the next.
void cresampling_planes(const uint8_t *source, size_t width, size_t channels, float *target,
                        size_t new_height, size_t new_width,
                        struct cresampling_float_window columns,
                        struct cresampling_float_window rows, struct cresampling_bounds bounds, struct cresampling_room room);
