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

  private static let rowsPerBlock = 1024

  /// One tree to grow per stage.
  private struct Job {
    var target: Int
    var tree: Int
  }

  /// Learns each target from the codes.
  ///
  /// - Parameters:
  ///   - codes: `[sample, latent]`, finite.
  ///   - targets: For each target the class of every sample; at least two classes each.
  /// - Returns: One classifier per target.
  package func fit(codes: Matrix<Float>, targets: [Labels]) -> [BoostedClassifier] {
    let features = SortedFeatures(codes)
    let growers = Mutex<[TreeGrower]>([])
    let jobs = targets.indices.flatMap { target in
      (0..<treeCount(targets[target])).map { Job(target: target, tree: $0) }
    }
    var models = targets.map {
      BoostedClassifier(
        learningRate: learningRate, initialScores: initialScores($0),
        latentCount: codes.columnCount)
    }
    let blocks = models.map { model in
      stride(from: 0, to: codes.rowCount, by: Self.rowsPerBlock).map { first in
        ScoreBlock(
          firstRow: first,
          ClassScores(
            model.initialScores, rowCount: min(Self.rowsPerBlock, codes.rowCount - first)))
      }
    }
    for stage in 0..<stageCount {
      let probabilities = blocks.map { blocks in
        Parallel.map(blocks.count) { blocks[$0].probabilities }
      }
      let grown = Parallel.map(jobs.count) { item in
        let job = jobs[item]
        var grower = growers.withLock { $0.popLast() } ?? TreeGrower(features)
        defer { growers.withLock { $0.append(grower) } }
        return grow(
          job, stage: stage, with: &grower, target: targets[job.target],
          probabilities: probabilities[job.target])
      }
      var next = 0
      for target in targets.indices {
        let trees = grown[next..<next + treeCount(targets[target])]
        next = trees.endIndex
        models[target].append(trees, columns: features.columns)
        Parallel.forEach(blocks[target].count) {
          blocks[target][$0].add(trees, learningRate: learningRate)
        }
      }
    }
    for target in targets.indices {
      models[target].trainingScores = Matrix(blocks[target].map(\.scores))
    }
    return models
  }

  // MARK: - Parts of a stage

  /// Two classes need one tree per stage, that of the second class.
  private func treeCount(_ target: Labels) -> Int {
    target.classCount == 2 ? 1 : target.classCount
  }

  /// Scores before the first stage: log p minus its mean over the classes, or logit p for two.
  private func initialScores(_ target: Labels) -> [Double] {
    let total = Double(target.values.count)
    let priors = target.counts.map {
      min(max(Double($0) / total, .ulpOfOne), 1 - .ulpOfOne)
    }
    if priors.count == 2 { return [log(priors[1] / (1 - priors[1]))] }
    let logarithms = priors.map { log($0) }
    return logarithms.map { $0 - logarithms.mean }
  }

  /// Grows the tree of one class on its residuals: 1 for the class's samples and 0 for the others,
  /// minus the probability.
  private func grow(
    _ job: Job, stage: Int, with grower: inout TreeGrower, target: Labels,
    probabilities: [[Double]]
  ) -> TreeGrower.Grown {
    let treeCount = treeCount(target)
    let label = Int32(treeCount == 1 ? 1 : job.tree)
    let classes = Double(target.classCount)
    var random = Philox(
      seed: seed,
      stream: UInt64(job.target) << 44 | UInt64(stage) << 32 | UInt64(job.tree))
    return grower.grow(leafScale: treeCount == 1 ? 1 : (classes - 1) / classes, random: &random) {
      residuals in
      let labels = target.values.span
      var first = 0
      for block in probabilities {
        let rowCount = block.count / treeCount
        let column = block.span.extracting(job.tree * rowCount..<(job.tree + 1) * rowCount)
        for row in 0..<rowCount {
          residuals[first + row] = (labels[first + row] == label ? 1 : 0) - column[row]
        }
        first += rowCount
      }
    }
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
