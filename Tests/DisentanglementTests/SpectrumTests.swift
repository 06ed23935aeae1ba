import BenchSupport
import Datasets
import Disentanglement
import LinearAlgebra
import Testing

@Suite("Axes of a spectrum of codes") struct SpectrumTests {
  private static let cases = (try? GoldenFile.spectrum.get().cases) ?? []

  /// The case's codes by point.
  private static func spectrum(_ golden: GoldenFile.Case) throws -> [Codes] {
    let array = try golden.archive().array("codes")
    let (points, samples, latents) = (array.shape[0], array.shape[1], array.shape[2])
    let values = try array.doubles()
    return try (0..<points).map { point in
      let size = samples * latents
      return try Codes(
        Matrix(
          rowCount: samples, columnCount: latents,
          elements: Array(values[point * size..<(point + 1) * size])))
    }
  }

  @Test("are those of the formulas in numpy", arguments: cases)
  func golden(golden: GoldenFile.Case) throws {
    let spectrum = try Self.spectrum(golden)
    let joint = try CodeAlignment(jointSpectrumOf: spectrum)
    #expect(joint.hasConverged)
    #expect(joint.method.name == "spectrum-joint")
    golden.check(joint.mean, "mean")
    golden.check(joint.axes.elements, "axes")
    golden.check(Double(try CodeAlignment.tellingPoint(of: spectrum)), "rule")
    let rule = try CodeAlignment(spectrumOf: spectrum)
    let principal = try CodeAlignment(
      .pca, fittedTo: spectrum[CodeAlignment.tellingPoint(of: spectrum)])
    #expect(rule.axes == principal.axes && rule.mean == principal.mean)
  }

  /// Three latents, the second of which is shrunk at the last point so that it counts as lost, and a point with fewer
  /// nats in between.
  @Test("the fullest point has the most directions and of those the most nats, on any axes")
  func fullest() throws {
    let sources = try SyntheticCodes(.axisAligned, count: 500, noise: 0.05).codes.latents([0, 1, 2])
    let lost = try Codes(
      Matrix<Double>(
        rowCount: 500, columnCount: 3,
        elements: sources.matrix.elements.enumerated().map { $0 % 3 == 1 ? 0.01 * $1 : $1 }))
    let points = [lost, sources, sources, sources]
    #expect(try CodeAlignment.fullestPoint(of: points, rates: [30, 12, 17, 17]) == 2)
    #expect(try lost.activeDirectionCount() == 2 && sources.activeDirectionCount() == 3)
    let rotated = try points.enumerated().map { index, codes in
      try CodeAlignment(.rotation(seed: UInt64(index)), fittedTo: codes).apply(to: codes)
    }
    #expect(try CodeAlignment.fullestPoint(of: rotated, rates: [30, 12, 17, 17]) == 2)
    #expect(try rotated[0].activeDirectionCount() == 2)
  }

  @Test("are the sources, to 1e-8, where these are exactly white and lost one by one")
  func exact() throws {
    let golden = try GoldenFile.spectrum.get().goldenCase("spectrum_exact")
    let spectrum = try Self.spectrum(golden)
    let found = try CodeAlignment(jointSpectrumOf: spectrum).apply(to: spectrum[0])
    let sources = try golden.codes("sources")
    var partners: Set<Int> = []
    for axis in 0..<6 {
      let correlations = (0..<6).map { source in
        (0..<400).reduce(0.0) { $0 + found.matrix[$1, axis] * sources.matrix[$1, source] } / 400
      }
      let best = correlations.indices.max { abs(correlations[$0]) < abs(correlations[$1]) } ?? 0
      #expect(abs(abs(correlations[best]) - 1) < 1e-8)
      partners.insert(best)
    }
    #expect(partners.count == 6)
  }

  @Test("turn with the codes: what is read on them does not depend on the codes' own axes")
  func rotated() throws {
    let golden = try GoldenFile.spectrum.get().goldenCase("spectrum_noisy")
    let spectrum = try Self.spectrum(golden)
    let rotation = try CodeAlignment(.rotation(seed: 3), fittedTo: spectrum[0])
    let turned = spectrum.map { rotation.apply(to: $0) }
    for method in [CodeAlignment.init(jointSpectrumOf:), CodeAlignment.init(spectrumOf:)] {
      let (first, second) = (try method(spectrum), try method(turned))
      let (read, again) = (first.apply(to: spectrum[0]), second.apply(to: turned[0]))
      for index in read.matrix.elements.indices {
        #expect(abs(abs(read.matrix.elements[index]) - abs(again.matrix.elements[index])) < 1e-6)
      }
    }
  }

  @Test("diagonalise matrices that commute exactly, whatever their common axes")
  func commuting() throws {
    var random = Philox(seed: 4)
    let order = 7
    let names = try Codes(
      Matrix(
        rowCount: 2, columnCount: order, elements: (0..<2 * order).map { _ in random.normal() }))
    let axes = try CodeAlignment(.rotation(seed: 9), fittedTo: names).axes
    let diagonals = (0..<4).map { _ in (0..<order).map { _ in random.normal() } }
    let matrices = diagonals.map { diagonal in
      Matrix<Double>(
        rowCount: order, columnCount: order,
        elements: (0..<order).flatMap { row in
          (0..<order).map { column in
            (0..<order).reduce(0.0) {
              $0 + axes[$1, row] * diagonal[$1] * axes[$1, column]
            }
          }
        })
    }
    let joint = JointDiagonalization(matrices, order: order)
    #expect(joint.hasConverged)
    for axis in 0..<order {
      let cosines = (0..<order).map { other in
        (0..<order).reduce(0.0) { $0 + joint.axes[axis, $1] * axes[other, $1] }
      }
      #expect(abs((cosines.map { abs($0) }.max() ?? 0) - 1) < 1e-8)
    }
    for (found, wanted) in zip(joint.diagonals, diagonals) {
      for (one, other) in zip(found.sorted(), wanted.sorted()) { #expect(abs(one - other) < 1e-8) }
    }
  }

  @Test("are principal axes, or whitened ones, for codes of a single point")
  func single() throws {
    let codes = try Self.spectrum(GoldenFile.spectrum.get().goldenCase("spectrum_noisy"))[0]
    let spectrum = try CodeAlignment(.spectrum, fittedTo: codes)
    #expect(spectrum.axes == (try CodeAlignment(.pca, fittedTo: codes)).axes)
    let joint = try CodeAlignment(.spectrumJoint, fittedTo: codes)
    #expect(joint.axes.rowCount == 6 && joint.hasConverged)
  }

  @Test("are refused where no direction is active")
  func inactive() throws {
    let codes = try Codes(
      Matrix<Double>(rowCount: 3, columnCount: 2, elements: [0, 0, 0.01, 0, 0, 0.01]))
    #expect(throws: DisentanglementError.noActiveLatents(metric: "alignment")) {
      try CodeAlignment(jointSpectrumOf: [codes, codes])
    }
  }
}

@Suite("The rank of a score among rotations of the codes") struct HaarRankTests {
  /// A metric that prefers latents with a spread of their own: the fourth moments on the axes.
  private static let kurtosis = MetricDefinition(
    MetricDescription(name: "kurtosis"), summary: "sum of fourth moments", requirements: []
  ) { input in
    let value = input.codes.matrix.elements.reduce(0) { $0 + $1 * $1 * $1 * $1 }
    return try MetricResult(metric: "kurtosis", scores: [.init("value", value)], estimator: "sum")
  }

  private static func codes(_ random: inout Philox, count: Int, power: Double) throws -> Codes {
    try Codes(
      Matrix(
        rowCount: count, columnCount: 3,
        elements: (0..<3 * count).map { _ in
          let draw = random.normal()
          return power == 1 ? draw : draw * abs(draw)
        }))
  }

  @Test("is uniform under codes whose law no rotation changes")
  func uniform() throws {
    // 1,000 draws of 12 normal codes, ranked among 19 rotations: p is uniform on {.05, .10, …, 1}.
    var random = Philox(seed: 17)
    var counts = [Int](repeating: 0, count: 20)
    for draw in 0..<1000 {
      let input = try MetricInput(codes: Self.codes(&random, count: 12, power: 1))
      let rank = try HaarRank(of: Self.kurtosis, input, rotationCount: 19, seed: UInt64(draw))
      counts[Int((rank.pValue * 20).rounded()) - 1] += 1
    }
    let expected = 50.0
    let chiSquared = counts.reduce(0.0) { sum, count in
      sum + (Double(count) - expected) * (Double(count) - expected) / expected
    }
    // The 99.9 % point of χ² with 19 degrees of freedom.
    #expect(chiSquared < 43.82, "\(counts)")
  }

  @Test("is the smallest where the axes mean something, and follows the metric's direction")
  func meaningful() throws {
    var random = Philox(seed: 5)
    let input = try MetricInput(codes: Self.codes(&random, count: 2000, power: 2))
    let rank = try HaarRank(of: Self.kurtosis, input, rotationCount: 199, seed: 0)
    #expect(rank.pValue == 0.005)
    #expect(rank.rotated.count == 199 && rank.meanOfRotated < rank.value)
    #expect(rank.json["p"]?.double == 0.005)
    let falling = MetricDefinition(
      MetricDescription(name: "fall", direction: .lowerIsBetter), summary: "", requirements: []
    ) { try Self.kurtosis.evaluate($0) }
    #expect(try HaarRank(of: falling, input, rotationCount: 19, seed: 0).pValue == 1)
  }
}
