import BenchSupport
import Disentanglement
import Foundation
import LinearAlgebra
import Testing

@Suite("Gradient-boosted trees") struct GradientBoostingTests {
  @Test("follow scikit-learn stage by stage", arguments: GoldenFile.cases("gbt_debug"))
  func followsScikitLearn(golden: GoldenFile.Case) throws {
    let codes = try single(golden.codes())
    let labels = try golden.factors().labels(0)
    var boosting = GradientBoosting()
    boosting.stageCount = 5
    let model = boosting.fit(codes: codes, targets: [labels])[0]

    golden.check(model.initialScores, "init_raw", within: 1e-12)
    // The golden file keeps the first ten samples.
    golden.check(Array(model.trainingScores.elements.prefix(30)), "raw_after_5", within: 1e-9)
    golden.check(Array(model.scores(codes).elements.prefix(30)), "raw_after_5", within: 1e-9)
    golden.check(
      model.importances, "importance",
      within: golden.tolerance["importance_abs"]?.double ?? 0)
    for tree in golden.expected["trees"]?.array ?? [] {
      let stage = Int(flatten(tree["stage"])[0])
      let ours = model.stages[stage][Int(flatten(tree["cls"])[0])]
      #expect(Int(ours.columns[0]) == Int(flatten(tree["feature"])[0]))
      let threshold = flatten(tree["threshold"])[0]
      #expect(abs(Double(ours.thresholds[0]) - threshold) <= 1e-7 * abs(threshold))
    }
    // The golden train_score is the mean log loss after each stage.
    let losses = flatten(golden.expected["train_score"])
    for stageCount in 1...losses.count {
      boosting.stageCount = stageCount
      let scores = boosting.fit(codes: codes, targets: [labels])[0].trainingScores
      #expect(abs(logLoss(scores, labels) - losses[stageCount - 1]) <= 1e-9)
    }
  }

  private func logLoss(_ scores: Matrix<Double>, _ labels: Labels) -> Double {
    let losses = labels.values.indices.map { sample in
      let row = scores.row(sample)
      let largest = row.max() ?? 0
      let total = row.reduce(0) { $0 + exp($1 - largest) }
      return log(total) + largest - scores[sample, Int(labels.values[sample])]
    }
    return losses.reduce(0, +) / Double(losses.count)
  }

  /// How the codes of the exhaustive test are spread.
  enum Spread: String, CaseIterable {
    /// Distinct values.
    case continuous
    /// Few distinct values.
    case quantised
    /// Steps below and above the smallest gap that separates two values.
    case crowded
  }

  @Test("take the best of all splits at every node", arguments: Spread.allCases, [7, 64, 65, 300])
  func splitsAreBest(spread: Spread, sampleCount: Int) throws {
    for seed in 0..<3 {
      let sample = SampleCodes(
        sampleCount: sampleCount, sizes: [3], noiseCount: 6,
        seed: UInt64(seed * 1000 + sampleCount))
      let classes = (0..<sampleCount).map { $0 % 3 }
      let latents = sample.noise.enumerated().map { latent, noise in
        zip(noise, classes).map { noise, label in
          let value = noise + (latent < 2 ? 0.4 * Double(label) : 0)
          switch spread {
          case .continuous: return value
          case .quantised: return (value * 2).rounded()
          case .crowded: return 0.5 + (value * 4).rounded() * 6e-8
          }
        }
      }
      let codes = try single(codes(latents))
      let labels = Labels(classes)
      var boosting = GradientBoosting(seed: UInt64(seed))
      boosting.stageCount = 1
      let model = boosting.fit(codes: codes, targets: [labels])[0]
      for label in 0..<3 {
        let prior = Double(labels.counts[label]) / Double(sampleCount)
        let residuals = labels.values.map { ($0 == label ? 1 : 0) - prior }
        expectBestSplits(
          model.stages[0][label], codes: codes, residuals: residuals,
          samples: Array(0..<sampleCount), node: 0)
      }
    }
  }

  /// Compares every split of a tree with all splits there are.
  private func expectBestSplits(
    _ tree: BoostedTree, codes: Matrix<Float>, residuals: [Double], samples: [Int], node: Int
  ) {
    guard node < 7 else { return }
    let best =
      (0..<codes.columnCount).map { column in
        bestScore(samples, residuals) { codes[$0, column] }
      }.max() ?? -.infinity
    let column = Int(tree.columns[node])
    let left = samples.filter { codes[$0, column] <= tree.thresholds[node] }
    let right = samples.filter { codes[$0, column] > tree.thresholds[node] }
    guard tree.thresholds[node] < .infinity else {
      // A leaf: nothing to separate, or nothing left to explain.
      #expect(best == -.infinity || isPure(samples, residuals), "node \(node) was not split")
      return
    }
    let score = score(left.map { residuals[$0] }) + score(right.map { residuals[$0] })
    #expect(!left.isEmpty && !right.isEmpty)
    #expect(abs(score - best) <= 1e-12 * max(1, best), "node \(node): \(score), best \(best)")
    expectBestSplits(tree, codes: codes, residuals: residuals, samples: left, node: 2 * node + 1)
    expectBestSplits(tree, codes: codes, residuals: residuals, samples: right, node: 2 * node + 2)
  }

  private func score(_ residuals: [Double]) -> Double {
    let sum = residuals.reduce(0, +)
    return sum * sum / Double(residuals.count)
  }

  private func bestScore(
    _ samples: [Int], _ residuals: [Double], value: (Int) -> Float
  ) -> Double {
    let sorted = samples.sorted { value($0) < value($1) }
    return (1..<max(1, sorted.count)).reduce(-.infinity) { best, count in
      guard value(sorted[count]) > value(sorted[count - 1]) + 1e-7 else { return best }
      return max(
        best,
        score(sorted[..<count].map { residuals[$0] })
          + score(sorted[count...].map { residuals[$0] }))
    }
  }

  private func isPure(_ samples: [Int], _ residuals: [Double]) -> Bool {
    Set(samples.map { residuals[$0] }).count <= 1
  }

  @Test("learn a target among others as if alone")
  func targetsAreIndependent() throws {
    let sample = SampleCodes(sampleCount: 150, sizes: [2, 3, 5])
    let codes = try single(codes(sample.aligned + sample.noise))
    let labels = sample.factors.map { Labels($0) }
    var boosting = GradientBoosting()
    boosting.stageCount = 8
    let together = boosting.fit(codes: codes, targets: labels)
    let alone = boosting.fit(codes: codes, targets: [labels[0]])
    #expect(together[0].trainingScores == alone[0].trainingScores)
    #expect(together[0].importances == alone[0].importances)
  }

  @Test("sort floats in their order, equal ones stably", arguments: [0, 1, 5, 512, 513, 4000])
  func sorts(count: Int) {
    var random = Philox(seed: UInt64(count))
    let values = (0..<count).map { index in
      switch index % 4 {
      case 0: Float(random.normal())
      case 1: Float(random.integer(below: 5)) - 2
      case 2: -Float(random.uniform()) * 1000 * .leastNonzeroMagnitude
      default: Float(random.normal() * 1e30)
      }
    }
    let expected = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    #expect(sortedOrder(values) == expected.map { UInt32($0) })
  }

  private func single(_ codes: Codes) throws -> Matrix<Float> {
    Matrix(
      rowCount: codes.sampleCount, columnCount: codes.latentCount,
      elements: codes.matrix.elements.map { Float($0) })
  }
}
