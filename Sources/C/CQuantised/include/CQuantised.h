#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Columns of one panel, and of how many bytes a row's width is a multiple.
enum { cquantised_panel = 64, cquantised_group = 4 };

/// Whether this processor multiplies bytes in groups of four (AVX-512 VNNI).
bool cquantised_is_available(void);

/// Squared distances between rows of bytes, exact but for the rounding to single precision.
///
/// `rows` has `row_count` rows of `width` values less 128. `panels` holds the other rows' values, 64 of
/// them side by side: `[panel][width / 4][64][4]`. `row_norms` are sums of squared values,
/// `column_norms` the same less 256 times the sum of values. `target` gets `[row][column]` with
/// `stride` places per row. Width is a multiple of 4 and at most 8192.
void cquantised_squares(const int8_t *rows, const int32_t *row_norms, size_t row_count,
                        size_t width, const uint8_t *panels, const int32_t *column_norms,
                        size_t column_count, float *target, size_t stride);
