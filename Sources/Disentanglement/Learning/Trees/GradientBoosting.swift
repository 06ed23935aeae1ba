import BenchSupport
import Glibc
package import LinearAlgebra
import Synchronization

/// Gradient-boosted classification trees with the defaults of scikit-learn's
/// `GradientBoostingClassifier` and its exact split search.
///
/// *Greedy Function Approximation: A Gradient Boosting Machine*, Friedman 2001, Algorithm 6: in
/// each stage one regression tree of depth at most 3 per class (one in all for two classes) is
/// fitted to the residuals of the log loss. Several targets are learned from the same codes at
/// once; each comes out as if it were learned alone. Where two splits are equally good
/// scikit-learn takes the one that its random visiting order meets first; so does this, with an
/// order drawn from `seed`, hence importances agree with scikit-learn's up to that choice.
///
/// A stage costs O(samples × latents) per class. Trees of one stage grow in parallel.
package struct GradientBoosting: Sendable {
  /// Number of stages.
  package var stageCount = 100
  /// Factor of every leaf's value.
  package var learningRate = 0.1
  /// Seed of the visiting orders.
  package var seed: UInt64 = 0

  /// The defaults of scikit-learn.
  package init(seed: UInt64 = 0) { self.seed = seed }

  /// Learns each target from the codes.
  ///
  /// - Parameters:
  ///   - codes: `[sample, latent]`, finite.
  ///   - targets: For each target the class of every sample; at least two classes each.
  /// - Returns: One classifier per target.
  package func fit(codes: Matrix<Float>, targets: [Labels]) -> [BoostedClassifier] {
    let features = SortedFeatures(codes)
    let targets = targets.enumerated().map { BoostingTarget(index: $0, labels: $1) }
    let growers = Mutex<[TreeGrower]>([])
    let jobs = targets.indices.flatMap { target in
      (0..<targets[target].treeCount).map { (target: target, tree: $0) }
    }
    var models = targets.map {
      BoostedClassifier(
        learningRate: learningRate, initialScores: $0.initialScores,
        latentCount: codes.columnCount)
    }
    for stage in 0..<stageCount {
      let probabilities = targets.map(\.probabilities)
      let grown = Parallel.map(jobs.count) { item in
        let (target, tree) = jobs[item]
        var grower = growers.withLock { $0.popLast() } ?? TreeGrower(features)
        defer { growers.withLock { $0.append(grower) } }
        return grow(
          tree, of: targets[target], stage: stage, with: &grower,
          probabilities: probabilities[target])
      }
      var next = 0
      for (index, target) in targets.enumerated() {
        let trees = grown[next..<next + target.treeCount]
        next = trees.endIndex
        models[index].append(trees, columns: features.columns)
        target.add(trees, learningRate: learningRate)
      }
    }
    for (index, target) in targets.enumerated() { models[index].trainingScores = target.scores }
    return models
  }

  /// Grows the tree of one class on its residuals: 1 for the class's samples and 0 for the others,
  /// minus the probability.
  private func grow(
    _ tree: Int, of target: BoostingTarget, stage: Int, with grower: inout TreeGrower,
    probabilities: [[Double]]
  ) -> TreeGrower.Grown {
    let label = Int32(target.treeCount == 1 ? 1 : tree)
    let labels = target.labels.values
    var random = Philox(
      seed: seed, stream: UInt64(target.index) << 44 | UInt64(stage) << 32 | UInt64(tree))
    return grower.grow(leafScale: target.leafScale, random: &random) { residuals in
      let labels = labels.span
      var first = 0
      for block in probabilities {
        let rowCount = block.count / target.treeCount
        let column = block.span.extracting(tree * rowCount..<(tree + 1) * rowCount)
        for row in 0..<rowCount {
          residuals[first + row] = (labels[first + row] == label ? 1 : 0) - column[row]
        }
        first += rowCount
      }
    }
  }
}

/// One target with the scores of its training samples so far.
private struct BoostingTarget: Sendable {
  private static let rowsPerBlock = 1024

  let index: Int
  let labels: Labels
  /// Scores before the first stage: log p minus its mean over the classes, or logit p for two.
  let initialScores: [Double]
  private let blocks: [ScoreBlock]

  init(index: Int, labels: Labels) {
    self.index = index
    self.labels = labels
    let count = labels.values.count
    let priors = labels.counts.map {
      min(max(Double($0) / Double(count), .ulpOfOne), 1 - .ulpOfOne)
    }
    let logarithms = priors.map { log($0) }
    let scores =
      priors.count == 2
      ? [log(priors[1] / (1 - priors[1]))] : logarithms.map { $0 - logarithms.mean }
    initialScores = scores
    blocks = stride(from: 0, to: count, by: Self.rowsPerBlock).map { first in
      ScoreBlock(
        firstRow: first, ClassScores(scores, rowCount: min(Self.rowsPerBlock, count - first)))
    }
  }

  /// Trees per stage; two classes need one, that of the second class.
  var treeCount: Int { initialScores.count }

  /// Factor of the leaves' Newton steps, (K − 1) / K for K > 2 classes.
  var leafScale: Double {
    treeCount == 1 ? 1 : Double(treeCount - 1) / Double(treeCount)
  }

  /// The class probabilities of consecutive samples, `[block][class, row]`.
  var probabilities: [[Double]] { Parallel.map(blocks.count) { blocks[$0].probabilities } }

  /// The scores of all samples, `[sample, class]`.
  var scores: Matrix<Double> { Matrix(blocks.map(\.scores)) }

  /// Adds the values of a stage's trees.
  func add(_ stage: ArraySlice<TreeGrower.Grown>, learningRate: Double) {
    Parallel.forEach(blocks.count) { blocks[$0].add(stage, learningRate: learningRate) }
  }
}

/// The scores of consecutive training samples, advanced stage by stage.
private final class ScoreBlock: Sendable {
  private let firstRow: Int
  private let state: Mutex<ClassScores>

  init(firstRow: Int, _ scores: ClassScores) {
    self.firstRow = firstRow
    state = Mutex(scores)
  }

  var scores: ClassScores { state.withLock { $0 } }

  var probabilities: [Double] { state.withLock { $0.probabilities } }

  /// Adds the values of a stage's trees.
  func add(_ stage: ArraySlice<TreeGrower.Grown>, learningRate: Double) {
    state.withLock { scores in
      let rowCount = scores.rowCount
      var values = scores.values.mutableSpan
      for (column, grown) in stage.enumerated() {
        let leaves = (0..<BoostedTree.leafCount).map { learningRate * grown.tree.leaves[$0] }
        let leafOfSample = grown.leafOfSample.span.extracting(firstRow..<firstRow + rowCount)
        for row in 0..<rowCount {
          values[unchecked: column &* rowCount &+ row] += leaves[Int(leafOfSample[row])]
        }
      }
    }
  }
}
