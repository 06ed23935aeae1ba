#include "CQuantised.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vnni")))
#define INLINE TARGET static inline __attribute__((always_inline))

bool cquantised_is_available(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vnni");
}

// Up to six rows and one panel: 24 sums stay in registers.
INLINE void tile(const int8_t *rows, const int32_t *row_norms, const size_t row_count,
                 size_t width, const uint8_t *panel, const int32_t *column_norms,
                 size_t column_count, float *target, size_t stride) {
  __m512i sums[6][4];
  for (size_t row = 0; row < row_count; row++)
    for (size_t part = 0; part < 4; part++) sums[row][part] = _mm512_setzero_si512();
  for (size_t place = 0; place < width; place += 4, panel += 256) {
    const __m512i first = _mm512_loadu_si512(panel);
    const __m512i second = _mm512_loadu_si512(panel + 64);
    const __m512i third = _mm512_loadu_si512(panel + 128);
    const __m512i fourth = _mm512_loadu_si512(panel + 192);
    for (size_t row = 0; row < row_count; row++) {
      int32_t group;
      memcpy(&group, rows + row * width + place, sizeof group);
      const __m512i values = _mm512_set1_epi32(group);
      sums[row][0] = _mm512_dpbusd_epi32(sums[row][0], first, values);
      sums[row][1] = _mm512_dpbusd_epi32(sums[row][1], second, values);
      sums[row][2] = _mm512_dpbusd_epi32(sums[row][2], third, values);
      sums[row][3] = _mm512_dpbusd_epi32(sums[row][3], fourth, values);
    }
  }
  for (size_t row = 0; row < row_count; row++) {
    const __m512i norm = _mm512_set1_epi32(row_norms[row]);
    for (size_t part = 0; part < 4; part++) {
      const size_t start = 16 * part;
      if (start >= column_count) break;
      const size_t left = column_count - start;
      const __mmask16 mask = left >= 16 ? 0xFFFF : (__mmask16)((1u << left) - 1);
      const __m512i others = _mm512_maskz_loadu_epi32(mask, column_norms + start);
      // |a|² + |b|² − 2 a·b, where the rows hold a − 128.
      const __m512i squares = _mm512_sub_epi32(
          _mm512_add_epi32(norm, others), _mm512_slli_epi32(sums[row][part], 1));
      _mm512_mask_storeu_ps(target + row * stride + start, mask, _mm512_cvtepi32_ps(squares));
    }
  }
}

TARGET void cquantised_squares(const int8_t *rows, const int32_t *row_norms, size_t row_count,
                               size_t width, const uint8_t *panels, const int32_t *column_norms,
                               size_t column_count, float *target, size_t stride) {
  for (size_t column = 0; column < column_count; column += cquantised_panel) {
    const size_t left = column_count - column;
    const size_t count = left < cquantised_panel ? left : cquantised_panel;
    const uint8_t *panel = panels + column * width;
    const int32_t *others = column_norms + column;
    size_t row = 0;
    for (; row + 6 <= row_count; row += 6)
      tile(rows + row * width, row_norms + row, 6, width, panel, others, count,
           target + row * stride + column, stride);
    for (; row < row_count; row++)
      tile(rows + row * width, row_norms + row, 1, width, panel, others, count,
           target + row * stride + column, stride);
  }
}

#else

bool cquantised_is_available(void) { return false; }

void cquantised_squares(const int8_t *rows, const int32_t *row_norms, size_t row_count,
                        size_t width, const uint8_t *panels, const int32_t *column_norms,
                        size_t column_count, float *target, size_t stride) {
  (void)rows, (void)row_norms, (void)row_count, (void)width, (void)panels, (void)column_norms;
  (void)column_count, (void)target, (void)stride;
}

#endif
