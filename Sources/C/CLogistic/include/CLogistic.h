#pragma once

#include <stddef.h>
#include <stdint.h>

/// Samples are worked on in whole lanes; their number is padded to a multiple of this.
enum { clogistic_lanes = 8 };

/// Samples of one call, at most; a multiple of the lanes.
enum { clogistic_block = 256 };

/// Samples for multinomial logistic regression.
struct clogistic_samples {
  /// `[feature, stride]`; beyond the samples anything finite.
  const double *features;
  size_t feature_count, stride;
  /// The class of each sample, and what it weighs; beyond the samples class 0 with weight 0.
  const int32_t *labels;
  const double *weights;
  size_t class_count;
};

/// Adds the gradient of the weighted log loss of some samples, and returns that loss.
///
/// `parameters` and `gradient` are `[feature + 1, class]`, the last row the intercepts. `start` and `count` are
/// multiples of the lanes, `count` at most a block. `room` is for a block times class_count numbers. Sums have a fixed
/// order on every processor.
double clogistic_add(struct clogistic_samples samples, size_t start, size_t count,
                     const double *parameters, double *gradient, double *room);

/// The probability of every class, `[class, stride]`, for some samples; labels and weights are not looked at, and what
/// is written beyond the samples is finite.
void clogistic_probabilities(struct clogistic_samples samples, size_t start, size_t count,
                             const double *parameters, double *probabilities);
