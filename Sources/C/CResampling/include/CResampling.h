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
