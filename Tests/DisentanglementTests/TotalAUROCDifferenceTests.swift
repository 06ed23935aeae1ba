import BenchSupport
import Datasets
import Disentanglement
import LinearAlgebra
import Testing

@Suite("Total AUROC difference") struct TotalAUROCDifferenceTests {
  @Test("equals the published programs", arguments: GoldenFile.cases("tad"))
  func published(golden: GoldenFile.Case) throws {
    let codes = try golden.codes()
    let attributes = try attributes(golden)
    let variants: [(field: String, detector: AttributeDetector)] = [
      ("nashae", .grid(thresholdCount: 101)), ("infodiffusion_dev", .grid(thresholdCount: 101)),
      ("disdiff", .grid(thresholdCount: 11)), ("infodiffusion", .exact),
    ]
    var checked = 0
    for (field, detector) in variants {
      guard let expected = golden.expected[field] else { continue }
      let tad = try TotalAUROCDifference(
        codes: codes, attributes: attributes, detector: detector)
      check(tad, expected, "\(golden.id) \(field)")
      checked += 1
    }
    #expect(checked > 0)
  }

  private func check(_ tad: TotalAUROCDifference, _ expected: JSONValue, _ label: String) {
    // Single-precision tensors in the references: 2e-5 for areas, 1e-4 for their sums.
    #expect(abs(tad.value - (expected["tad"]?.double ?? .nan)) <= 1e-4, "\(label)")
    #expect(Double(tad.attributesCaptured) == expected["attributes_captured"]?.double, "\(label)")
    close(tad.attributes.map { $0.areas.map { $0 } }, expected["auroc"], label)
    close(tad.attributes.map { $0.bestArea.map { [$0] } }, expected["max_auroc"], label)
    close(tad.attributes.map { $0.difference.map { [$0] } }, expected["auroc_difference"], label)
    close(
      tad.attributes.map { $0.entropyReduction.map { [$0] } }, expected["entropy_reduction"], label)
    close(tad.attributes.map { [$0.entropy] }, expected["attribute_entropy_nats"], label)
    if let best = expected["best_latent"] {
      #expect(tad.attributes.map { Double($0.bestLatent ?? -1) } == flatten(best), "\(label)")
    }
    if let selected = expected["selected"] {
      #expect(tad.attributes.map { $0.isCaptured ? 1 : 0 } == flatten(selected), "\(label)")
    }
  }

  /// Compares per attribute; NaN in the reference stands for nil.
  private func close(_ values: [[Double]?], _ expected: JSONValue?, _ label: String) {
    guard let rows = expected?.array else { return }
    #expect(rows.count == values.count, "\(label)")
    for (value, row) in zip(values, rows) {
      let wanted = flatten(row)
      guard let value else {
        #expect(wanted.allSatisfy { $0.isNaN }, "\(label)")
        continue
      }
      #expect(
        value.count == wanted.count && zip(value, wanted).allSatisfy { abs($0 - $1) <= 2e-5 },
        "\(label): \(value), expected \(wanted)")
    }
  }

  @Test("over folds equals InfoDiffusion", arguments: GoldenFile.cases("tad_kfold"))
  func folds(golden: GoldenFile.Case) throws {
    let attributes = try attributes(golden)
    let folds = NumPyRandom.foldOfSample(attributes.sampleCount, folds: 5, seed: 0)
    #expect(folds == (try golden.archive().array("fold").integers()))
    let tad = try TotalAUROCDifferenceFolds(codes: golden.codes(), attributes: attributes)
    golden.check(tad.folds.map(\.value), "tad_per_fold", within: 1e-4)
    golden.check(
      tad.folds.map { Double($0.attributesCaptured) }, "attributes_per_fold", within: 0)
    golden.check(tad.value, "tad_mean", within: 1e-4)
    golden.check(tad.standardDeviation, "tad_std", within: 1e-4)
    golden.check(tad.attributesCaptured, "attributes_mean", within: 1e-12)
    golden.check(tad.attributesCapturedStandardDeviation, "attributes_std", within: 1e-12)
  }

  private func attributes(_ golden: GoldenFile.Case) throws -> Attributes {
    let array = try golden.archive().array("y")
    return try Attributes(rows: try array.integers(), attributeCount: array.shape[1])
  }
}

@Suite("Properties of the total AUROC difference") struct TotalAUROCDifferencePropertyTests {
  private let sample = SampleCodes(sampleCount: 200, sizes: [2, 2, 2])

  private func score(
    _ latents: [[Double]], _ detector: AttributeDetector = .exact
  ) throws -> TotalAUROCDifference {
    try TotalAUROCDifference(
      codes: codes(latents), attributes: Attributes(columns: sample.factors), detector: detector)
  }

  static let detectors: [AttributeDetector] = [
    .exact, .grid(thresholdCount: 11), .grid(thresholdCount: 101),
  ]

  @Test("one latent per attribute captures all of them", arguments: detectors)
  func ideal(detector: AttributeDetector) throws {
    let tad = try score(sample.aligned, detector)
    #expect(tad.attributesCaptured == 3)
    #expect(tad.attributes.allSatisfy { $0.bestArea.map { abs($0 - 1) < 1e-12 } ?? false })
    #expect(tad.value > 0.9)
  }

  @Test("noise captures none", arguments: detectors)
  func useless(detector: AttributeDetector) throws {
    let tad = try score(Array(sample.noise[3...]), detector)
    #expect(tad.attributesCaptured == 0 && tad.value == 0)
  }

  @Test("every latent twice makes every difference 0", arguments: detectors)
  func duplicated(detector: AttributeDetector) throws {
    let tad = try score(sample.aligned + sample.aligned, detector)
    #expect(tad.attributesCaptured == 3 && tad.value == 0)
  }

  @Test("order, sign and scale of the latents do not matter")
  func invariance() throws {
    let latents = sample.aligned + sample.noise
    let changed = latents.reversed().enumerated().map { index, latent in
      latent.map { $0 * [1, -2, 0.5, -8][index % 4] }
    }
    #expect(abs(try score(latents).value - score(changed).value) < 1e-12)
  }

  @Test("areas count wins of pairs, ties one half")
  func countsPairs() throws {
    let latent = sample.noise[0].map { ($0 * 2).rounded() }
    let positives = zip(latent, sample.factors[0]).filter { $1 == 1 }.map(\.0)
    let negatives = zip(latent, sample.factors[0]).filter { $1 == 0 }.map(\.0)
    let wins = positives.reduce(0.0) { sum, positive in
      sum + negatives.reduce(0) { $0 + ($1 < positive ? 1 : $1 == positive ? 0.5 : 0) }
    }
    let area = wins / Double(positives.count * negatives.count)
    let nothing = Array(repeating: 2.0, count: latent.count)
    let found = try #require(try score([latent, nothing]).attributes[0].areas)
    #expect(abs(found[0] - max(area, 1 - area)) < 1e-14)
  }

  @Test("a constant latent detects nothing", arguments: detectors)
  func constantLatent(detector: AttributeDetector) throws {
    let tad = try score([Array(repeating: 2, count: 200)] + sample.aligned, detector)
    #expect(tad.attributes.allSatisfy { $0.areas?[0] == 0.5 })
  }

  @Test("a constant attribute is left out", arguments: detectors)
  func constantAttribute(detector: AttributeDetector) throws {
    let columns = sample.factors + [Array(repeating: 1, count: 200)]
    let tad = try TotalAUROCDifference(
      codes: codes(sample.aligned), attributes: Attributes(columns: columns), detector: detector)
    #expect(tad.attributes[3].areas == nil && !tad.attributes[3].isCaptured)
    #expect(tad.attributesCaptured == 3)
  }

  @Test("an attribute that another one explains is left out")
  func explainedAttribute() throws {
    let tad = try TotalAUROCDifference(
      codes: codes(sample.aligned),
      attributes: Attributes(columns: [sample.factors[0], sample.factors[0].map { 1 - $0 }]))
    #expect(tad.attributesCaptured == 0)
    #expect(tad.attributes.allSatisfy { abs(($0.entropyReduction ?? 0) - 1) < 1e-12 })
  }

  @Test("the number of threads changes nothing") func threads() throws {
    let results = try [1, 3].map { count in
      try Parallel.$threadCount.withValue(count) { try score(sample.aligned + sample.noise) }
    }
    #expect(results[0] == results[1])
  }

  @Test("the catalog's result is complete and finite")
  func catalog() throws {
    let input = try MetricInput(
      codes: codes(sample.aligned + sample.noise),
      attributes: Attributes(columns: sample.factors + [Array(repeating: 0, count: 200)]))
    for name in ["tad", "tad:nashae", "tad:disdiff", "tad:infodiffusion-folds"] {
      let result = try MetricCatalog.metric(named: name).evaluate(input)
      #expect(result["value"].map { $0 > 0.5 } ?? false)
      #expect(result["attributes_captured"] == 3)
      _ = try result.json.text()
    }
  }

  @Test("errors are typed") func errors() throws {
    let attributes = try Attributes(columns: [[0, 1, 1]])
    #expect(
      throws: DisentanglementError.rowMismatch(
        array: "attributes", rows: 3, other: "codes", otherRows: 200)
    ) { try TotalAUROCDifference(codes: codes(sample.noise), attributes: attributes) }
    #expect(
      throws: DisentanglementError.tooFewSamples(
        metric: "tad:infodiffusion-folds", needed: 5, found: 3)
    ) {
      try TotalAUROCDifferenceFolds(codes: codes([[1, 2, 3]]), attributes: attributes)
    }
  }
}
