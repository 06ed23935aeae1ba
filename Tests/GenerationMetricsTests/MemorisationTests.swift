import BenchSupport
import Datasets
import GenerationMetrics
import LinearAlgebra
import Testing

@Suite("Memorisation") struct MemorisationTests {
  /// The permutation that stands for the package's draws, see scripts/make_distance_goldens.py.
  static func order(_ count: Int) -> [Int] {
    func divisor(_ first: Int, _ second: Int) -> Int {
      second == 0 ? first : divisor(second, first % second)
    }
    let step = (count / 3 + 1...count).first { divisor($0, count) == 1 } ?? 1
    return (0..<count).map { $0 * step % count }
  }

  @Test("equals dgm-eval and fld", arguments: GoldenFile.distances("heldout_"))
  func golden(golden: GoldenFile.Case) throws {
    let training = try golden.set("train")
    let heldOut = try golden.set("test")
    let generated = try golden.set("generated")
    let authentic = try Authenticity.percentage(training: training, generated: generated)
    #expect(try golden.agrees(authentic, "authenticity"))
    let archive = try golden.archive()
    let cells = DataCopying.Cells(
      training: try archive.array("train_cells").integers(),
      heldOut: try archive.array("test_cells").integers(),
      generated: try archive.array("generated_cells").integers())
    let copying = try DataCopying(
      training: training, heldOut: heldOut, generated: generated, cells: cells)
    #expect(try golden.agrees(copying.value, "ct"))
    let likelihood = try FeatureLikelihood(
      training: training, heldOut: heldOut, generated: generated, order: Self.order)
    #expect(try golden.agrees(likelihood.value, "fld"), "\(likelihood.value)")
    #expect(try golden.agrees(likelihood.gap, "fld_gap"))
  }

  @Test("copies are told from new samples")
  func copies() throws {
    let training = try features(400, 12, seed: 1, name: "train")
    let heldOut = try features(300, 12, seed: 2, name: "test")
    let fresh = try features(300, 12, seed: 3, name: "fresh")
    let copies = try FeatureSet(
      name: "copies",
      features: Matrix(
        rowCount: 300, columnCount: 12,
        elements: training.features.elements.prefix(3600).map { $0 + 1e-3 }))
    func scores(_ generated: FeatureSet) throws -> (Double, Double, Double) {
      (
        try Authenticity.percentage(training: training, generated: generated),
        try DataCopying(training: training, heldOut: heldOut, generated: generated).value,
        try FeatureLikelihood(training: training, heldOut: heldOut, generated: generated).gap
      )
    }
    let (new, old) = (try scores(fresh), try scores(copies))
    #expect(old.0 < 5 && new.0 > 30)
    #expect(old.1 < -10 && abs(new.1) < 4)
    #expect(old.2 < 3 * min(-1, new.2))
  }

  @Test("held-out metrics need a held-out set, and notice one that is none")
  func heldOut() throws {
    let sides = try (1...3).map { seed in
      GenerationSide(features: try features(60, 5, seed: UInt64(seed), name: "\(seed)"))
    }
    let without = try GenerationEvaluation(
      reference: sides[0], generated: sides[1], metrics: [.frechetRatio, .authenticity])
    #expect(without.failed[.frechetRatio]?.contains("give them with --held-out") == true)
    #expect(without.values[.authenticity] != nil && without.heldOutOverlap == nil)
    let evaluation = try GenerationEvaluation(
      reference: sides[0], generated: sides[1], heldOut: sides[2])
    #expect(evaluation.heldOutOverlap == 0)
    for metric in [GenerationMetric.frechetRatio, .authenticity, .dataCopying, .likelihood] {
      #expect(evaluation.values[metric] != nil, "\(metric.name)")
    }
    let ratio = try #require(evaluation.values[.frechetRatio])
    let parts = try [sides[1], sides[2]].map {
      try FrechetDistance(sides[0].statistics(), $0.statistics()).value
    }
    #expect(abs(ratio.value - parts[0] / parts[1]) < 1e-9 * ratio.value)
    let same = try GenerationEvaluation(
      reference: sides[0], generated: sides[1], heldOut: sides[0], metrics: [.frechetRatio])
    #expect(same.heldOutOverlap == 60)
    #expect(same.failed[.frechetRatio]?.contains("no distance from the reference") == true)
  }

  @Test("small and constant sets are refused by name")
  func errors() throws {
    let training = try features(60, 5, seed: 1, name: "train")
    let few = try features(20, 5, seed: 2, name: "few")
    #expect(
      throws: GenerationError.tooFewSamples(set: "few", found: 20, needed: 21, metric: "'ct'")
    ) { try DataCopying(training: training, heldOut: training, generated: few) }
    var rows = few.features
    for row in 0..<20 { rows[row, 3] = 1 }
    let constant = try FeatureSet(name: "constant", features: rows)
    #expect(
      throws: GenerationError.constantFeature(set: "constant", column: 3, metric: "'fld'")
    ) { try FeatureLikelihood(training: training, heldOut: constant, generated: few) }
    let other = try features(30, 6, seed: 3)
    #expect(throws: GenerationError.self) {
      try Authenticity.percentage(training: training, generated: other)
    }
  }
}

@Suite("Neighbour search by bytes") struct ByteSearchTests {
  @Test("changes no result", arguments: [17, 64, 131])
  func parity(width: Int) throws {
    let x = try features(700, width, seed: 1)
    let y = try features(577, width, shift: 0.05, seed: 2)
    // Duplicates and a row far off, which the bytes clip.
    var elements = y.features.elements
    for column in 0..<width {
      elements[column] = x.features[3, column]
      elements[width + column] = 40
      elements[2 * width + column] = x.features[3, column]
    }
    let z = try FeatureSet(
      name: "z", features: Matrix(rowCount: 577, columnCount: width, elements: elements))
    for other in [y, z] {
      for inside in [GenerationOptions.Inside.strict, .inclusive] {
        let found = try [true, false].map { usesBytes in
          try NeighbourSearch.$usesBytes.withValue(usesBytes) {
            try PrecisionRecall(
              reference: x, generated: other, neighbourCount: 4, inside: inside)
          }
        }
        #expect(found[0] == found[1])
      }
      let others = try [true, false].map { usesBytes in
        try NeighbourSearch.$usesBytes.withValue(usesBytes) {
          [
            try Authenticity.percentage(training: x, generated: other),
            try Realism.scores(reference: x, generated: other).reduce(0, +),
          ]
        }
      }
      #expect(others[0] == others[1])
    }
  }

  @Test("gives way where one column is far larger than the others")
  func coarse() throws {
    func stretched(_ set: FeatureSet) throws -> FeatureSet {
      var features = set.features
      for row in 0..<set.count { features[row, 0] *= 5000 }
      return try FeatureSet(name: set.name, features: features)
    }
    let x = try stretched(features(300, 64, seed: 1))
    let y = try stretched(features(280, 64, seed: 2))
    let found = try [true, false].map { usesBytes in
      try NeighbourSearch.$usesBytes.withValue(usesBytes) {
        try PrecisionRecall(reference: x, generated: y)
      }
    }
    #expect(found[0] == found[1])
  }

  @Test("copes with equal rows")
  func equal() throws {
    let same = try FeatureSet(
      name: "same", features: Matrix(rowCount: 300, columnCount: 32, repeating: 0.7))
    let found = try PrecisionRecall(
      reference: same, generated: same, neighbourCount: 3, inside: .inclusive)
    #expect(found.precision == 1 && found.recall == 1)
  }
}
