#include "CLogistic.h"

#include <math.h>
#include <string.h>

// Plain C in one body, compiled for any processor, for those with AVX2 and for those with AVX-512. The latter two fuse
// the same products and sums, and give the same bits; one without fused operations rounds more often.
#pragma STDC FP_CONTRACT ON
#if defined(__clang__)
// It warns of how vectors are passed to functions; these are none, being inlined.
#pragma clang diagnostic ignored "-Wpsabi"
#endif
#define BODY static inline __attribute__((always_inline))

typedef double lanes __attribute__((vector_size(8 * clogistic_lanes)));
typedef int64_t whole __attribute__((vector_size(8 * clogistic_lanes)));

BODY lanes load(const double *place) {
  lanes value;
  memcpy(&value, place, sizeof value);
  return value;
}

BODY void store(double *place, lanes value) { memcpy(place, &value, sizeof value); }

BODY lanes all(double value) {
  return (lanes){value, value, value, value, value, value, value, value};
}

BODY double total(lanes x) {
  return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
}

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

// Decisions of every class for the lanes at `place`, into `room`, whose rows lie `stride` apart; the highest.
BODY lanes decide(struct clogistic_samples samples, size_t place, const double *parameters,
                  double *room, size_t stride) {
  const size_t classes = samples.class_count;
  lanes highest = all(-INFINITY);
  for (size_t c = 0; c < classes; c++) {
    lanes decision = all(parameters[samples.feature_count * classes + c]);
    for (size_t f = 0; f < samples.feature_count; f++)
      decision +=
          load(samples.features + f * samples.stride + place) * parameters[f * classes + c];
    store(room + c * stride, decision);
    highest = larger(decision, highest);
  }
  return highest;
}

// Replaces decisions by their exponentials; the sum of those.
BODY lanes exponentials(size_t classes, lanes highest, double *room, size_t stride) {
  lanes sum = all(0);
  for (size_t c = 0; c < classes; c++) {
    const lanes share = exponential(load(room + c * stride) - highest);
    store(room + c * stride, share);
    sum += share;
  }
  return sum;
}

// Adds the products of a feature, or of ones, with the residuals of `width` classes; several at a time, so that one
// sum need not wait for another.
BODY void multiply(const double *feature, const double *residuals, size_t count, size_t width,
                   double *gradient) {
  lanes sums[4] = {all(0), all(0), all(0), all(0)};
  for (size_t i = 0; i < count; i += clogistic_lanes) {
    const lanes value = feature ? load(feature + i) : all(1);
    for (size_t c = 0; c < width; c++) sums[c] += value * load(residuals + c * clogistic_block + i);
  }
  for (size_t c = 0; c < width; c++) gradient[c] += total(sums[c]);
}

BODY double add(struct clogistic_samples samples, size_t start, size_t count,
                const double *parameters, double *gradient, double *room) {
  const size_t classes = samples.class_count;
  double loss = 0;
  for (size_t i = 0; i < count; i += clogistic_lanes) {
    const lanes highest = decide(samples, start + i, parameters, room + i, clogistic_block);
    double own[clogistic_lanes];
    for (size_t lane = 0; lane < clogistic_lanes; lane++)
      own[lane] = room[(size_t)samples.labels[start + i + lane] * clogistic_block + i + lane];
    const lanes sum = exponentials(classes, highest, room + i, clogistic_block);
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
    const double *feature =
        f < samples.feature_count ? samples.features + f * samples.stride + start : NULL;
    size_t c = 0;
    for (; c + 4 <= classes; c += 4)
      multiply(feature, room + c * clogistic_block, count, 4, gradient + f * classes + c);
    for (; c < classes; c++)
      multiply(feature, room + c * clogistic_block, count, 1, gradient + f * classes + c);
  }
  return loss;
}

BODY void probabilities(struct clogistic_samples samples, size_t start, size_t count,
                        const double *parameters, double *result) {
  for (size_t i = start; i < start + count; i += clogistic_lanes) {
    const lanes highest = decide(samples, i, parameters, result + i, samples.stride);
    const lanes sum = exponentials(samples.class_count, highest, result + i, samples.stride);
    for (size_t c = 0; c < samples.class_count; c++) {
      double *place = result + c * samples.stride + i;
      store(place, load(place) / sum);
    }
  }
}

// The functions for processors of one kind, and which of them this one runs.
#define FUNCTIONS(name, target)                                                                 \
  target static double add_##name(struct clogistic_samples samples, size_t start, size_t count, \
                                  const double *parameters, double *gradient, double *room) {   \
    return add(samples, start, count, parameters, gradient, room);                              \
  }                                                                                             \
  target static void probabilities_##name(struct clogistic_samples samples, size_t start,       \
                                          size_t count, const double *parameters,               \
                                          double *result) {                                     \
    probabilities(samples, start, count, parameters, result);                                   \
  }
FUNCTIONS(any, )
#if defined(__x86_64__)
FUNCTIONS(avx2, __attribute__((target("avx2,fma"))))
FUNCTIONS(avx512, __attribute__((target("avx512f"))))
#define CALL(name, ...)                                                      \
  (__builtin_cpu_supports("avx512f") ? name##_avx512(__VA_ARGS__)            \
   : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")         \
       ? name##_avx2(__VA_ARGS__)                                            \
       : name##_any(__VA_ARGS__))
#else
#define CALL(name, ...) name##_any(__VA_ARGS__)
#endif

double clogistic_add(struct clogistic_samples samples, size_t start, size_t count,
                     const double *parameters, double *gradient, double *room) {
  return CALL(add, samples, start, count, parameters, gradient, room);
}

void clogistic_probabilities(struct clogistic_samples samples, size_t start, size_t count,
                             const double *parameters, double *result) {
  CALL(probabilities, samples, start, count, parameters, result);
}
