#include "CLogistic.h"

#include <math.h>
#include <string.h>

// Plain C in one body, compiled once for any processor and once for those with AVX2. Without contraction
// both give the same bits.
#pragma STDC FP_CONTRACT OFF
#define BODY static inline __attribute__((always_inline))

typedef double lanes __attribute__((vector_size(8 * clogistic_lanes)));
typedef int64_t whole __attribute__((vector_size(8 * clogistic_lanes)));

BODY lanes load(const double *place) {
  lanes value;
  memcpy(&value, place, sizeof value);
  return value;
}

BODY void store(double *place, lanes value) { memcpy(place, &value, sizeof value); }

BODY lanes all(double value) { return (lanes){value, value, value, value}; }

BODY lanes larger(lanes a, lanes b) {
  const whole is_a = a > b;
  return (lanes)((is_a & (whole)a) | (~is_a & (whole)b));
}

// e^x for x ≤ 0 to within a unit in the last place: 2^n·e^r with |r| ≤ ln 2/2, and e^r by its Taylor series, whose
// next term is below 10⁻¹⁷.
BODY lanes exponential(lanes x) {
  const lanes bounded = larger(x, all(-708));
  // Adding 1.5·2^52 rounds to whole numbers and leaves them in the low bits.
  const lanes shifted = bounded * 0x1.71547652b82fep0 + 0x1.8p52;
  const lanes n = shifted - 0x1.8p52;
  const lanes r = (bounded - n * 0x1.62e42fefa3800p-1) - n * 0x1.ef35793c76730p-45;
  static const double factors[] = {
      1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880,
      1.0 / 40320,      1.0 / 5040,      1.0 / 720,      1.0 / 120,     1.0 / 24,
      1.0 / 6,          1.0 / 2,         1.0,            1.0};
  lanes sum = all(factors[0]);
  for (size_t i = 1; i < sizeof factors / sizeof *factors; i++) sum = sum * r + factors[i];
  return (lanes)((whole)sum + ((whole)shifted << 52));
}

BODY double add(struct clogistic_samples samples, size_t start, size_t count,
                const double *parameters, double *gradient, double *room) {
  const size_t classes = samples.class_count;
  const double *intercepts = parameters + samples.feature_count * classes;
  double loss = 0;
  for (size_t i = 0; i < count; i += clogistic_lanes) {
    lanes highest = all(-INFINITY), sum = all(0);
    for (size_t c = 0; c < classes; c++) {
      lanes decision = all(intercepts[c]);
      for (size_t f = 0; f < samples.feature_count; f++)
        decision += load(samples.features + f * samples.stride + start + i) *
                    parameters[f * classes + c];
      store(room + c * clogistic_block + i, decision);
      highest = larger(decision, highest);
    }
    double own[clogistic_lanes];
    for (size_t lane = 0; lane < clogistic_lanes; lane++)
      own[lane] = room[(size_t)samples.labels[start + i + lane] * clogistic_block + i + lane];
    for (size_t c = 0; c < classes; c++) {
      const lanes share = exponential(load(room + c * clogistic_block + i) - highest);
      store(room + c * clogistic_block + i, share);
      sum += share;
    }
    const lanes weight = load(samples.weights + start + i);
    const lanes scale = weight / sum;
    for (size_t c = 0; c < classes; c++)
      store(room + c * clogistic_block + i, load(room + c * clogistic_block + i) * scale);
    for (size_t lane = 0; lane < clogistic_lanes; lane++) {
      room[(size_t)samples.labels[start + i + lane] * clogistic_block + i + lane] -= weight[lane];
      loss += weight[lane] * (log(sum[lane]) + highest[lane] - own[lane]);
    }
  }
  for (size_t f = 0; f <= samples.feature_count; f++) {
    const double *feature = samples.features + f * samples.stride + start;
    for (size_t c = 0; c < classes; c++) {
      lanes sum = all(0);
      for (size_t i = 0; i < count; i += clogistic_lanes) {
        const lanes residual = load(room + c * clogistic_block + i);
        sum += f < samples.feature_count ? load(feature + i) * residual : residual;
      }
      gradient[f * classes + c] += (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }
  }
  return loss;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static double add_avx2(struct clogistic_samples samples, size_t start,
                                                       size_t count, const double *parameters,
                                                       double *gradient, double *room) {
  return add(samples, start, count, parameters, gradient, room);
}
#endif

double clogistic_add(struct clogistic_samples samples, size_t start, size_t count,
                     const double *parameters, double *gradient, double *room) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2"))
    return add_avx2(samples, start, count, parameters, gradient, room);
#endif
  return add(samples, start, count, parameters, gradient, room);
}
