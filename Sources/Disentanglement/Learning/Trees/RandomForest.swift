import BenchSupport
import LinearAlgebra

/// Bootstrapped decision trees, as scikit-learn's `RandomForestClassifier` and
/// `RandomForestRegressor` grow them.
///
/// *Random Forests*, Breiman 2001. Bootstraps and drawn features come from `seed`; the result does
/// not depend on the number of threads.
struct RandomForest: Sendable {
  /// Number of trees.
  var treeCount = 100
  /// Splits from the root to a leaf at most.
  var maximumDepth: Int
  /// How many latents a node draws.
  var featuresPerSplit: Int
  /// Seed of the bootstraps and the draws.
  var seed: UInt64 = 0

  /// Trees are added up in groups, so that sums do not depend on the number of threads.
  private static let groupSize = 10

  /// What the trees say together.
  struct Fit: Sendable {
    /// Each latent's mean share of the decrease of impurity, summing to 1; zeros without splits.
    var importances: [Double]
    /// For each set of codes the trees' mean prediction, `[sample, output]`.
    var predictions: [Matrix<Double>]
  }

  /// Grows the forest on `codes` and evaluates it on other codes.
  ///
  /// `target` tells the random streams of several targets apart.
  func fit(
    codes: Matrix<Float>, features: SortedFeatures, criterion: some SplitCriterion, target: Int,
    evaluating sets: [Matrix<Float>]
  ) -> Fit {
    let groupCount = (treeCount + Self.groupSize - 1) / Self.groupSize
    let empty = Fit(
      importances: Array(repeating: 0, count: codes.columnCount),
      predictions: sets.map {
        Matrix(rowCount: $0.rowCount, columnCount: criterion.leafWidth)
      })
    let groups = Parallel.map(groupCount) { group in
      var sums = empty
      for tree in group * Self.groupSize..<min(treeCount, (group + 1) * Self.groupSize) {
        var random = Philox(seed: seed, stream: UInt64(target) << 32 | UInt64(tree))
        var weights = [Int32](repeating: 0, count: codes.rowCount)
        for _ in 0..<codes.rowCount { weights[random.integer(below: codes.rowCount)] += 1 }
        let grown = DecisionTree(
          features: features, columnCount: codes.columnCount, weights: weights,
          criterion: criterion, maximumDepth: maximumDepth, featuresPerSplit: featuresPerSplit,
          random: &random)
        for latent in sums.importances.indices {
          sums.importances[latent] += grown.importances[latent]
        }
        for set in sets.indices {
          grown.addPredictions(for: sets[set], to: &sums.predictions[set])
        }
      }
      return sums
    }
    var total = groups.reduce(into: empty) { total, group in
      for latent in total.importances.indices {
        total.importances[latent] += group.importances[latent]
      }
      for set in sets.indices {
        for index in total.predictions[set].elements.indices {
          total.predictions[set].elements[index] += group.predictions[set].elements[index]
        }
      }
    }
    let importance = total.importances.reduce(0, +)
    if importance > 0 { total.importances = total.importances.map { $0 / importance } }
    for set in sets.indices {
      for index in total.predictions[set].elements.indices {
        total.predictions[set].elements[index] /= Double(treeCount)
      }
    }
    return total
  }
}
