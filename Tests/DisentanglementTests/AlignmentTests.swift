import BenchSupport
import Datasets
import Disentanglement
import LinearAlgebra
import Testing

@Suite("Alignment and model ranking") struct AlignmentTests {
  @Test("a rotation keeps lengths and its seed decides it")
  func rotation() throws {
    let codes = try SyntheticCodes(.mixed, count: 50).codes
    let rotation = try CodeAlignment(.rotation(seed: 4), fittedTo: codes)
    let product = try rotation.axes.multiplied(by: rotation.axes, transposingOther: true)
    for row in 0..<5 {
      for column in 0..<5 {
        #expect(abs(product[row, column] - (row == column ? 1 : 0)) < 1e-14)
      }
    }
    #expect(try CodeAlignment(.rotation(seed: 4), fittedTo: codes) == rotation)
    #expect(try CodeAlignment(.rotation(seed: 5), fittedTo: codes) != rotation)
    #expect(try CodeAlignment(.raw, fittedTo: codes).apply(to: codes) == codes)
  }

  @Test("principal components are uncorrelated, by falling variance, with the variance kept")
  func principalComponents() throws {
    let codes = try SyntheticCodes(.mixed, count: 400, noise: 0.3).codes
    let aligned = try CodeAlignment(.pca, fittedTo: codes).apply(to: codes)
    let before = try Covariance(rows: codes.matrix).matrix
    let after = try Covariance(rows: aligned.matrix).matrix
    let variances = (0..<5).map { after[$0, $0] }
    #expect(variances == variances.sorted(by: >))
    #expect(abs(variances.reduce(0, +) - (0..<5).reduce(0) { $0 + before[$1, $1] }) < 1e-10)
    for row in 0..<5 {
      for column in 0..<row { #expect(abs(after[row, column]) < 1e-12) }
    }
  }

  @Test("ICA separates independent sources that PCA leaves mixed")
  func independentComponents() throws {
    let sample = try SyntheticCodes(.axisAligned, count: 3000, noise: 0.05)
    let sources = sample.codes.latents([0, 1, 2])
    let mixing = try CodeAlignment(.rotation(seed: 8), fittedTo: sources)
    let mixed = mixing.apply(to: sources)
    let ica = try CodeAlignment(.ica(seed: 0), fittedTo: mixed)
    #expect(ica.hasConverged)
    let restored = ica.apply(to: mixed)
    let gap = { (codes: Codes) in
      try MutualInformationGap(codes: codes, factors: sample.factors).value
    }
    #expect(try gap(restored) > 0.85)
    #expect(try gap(mixed) < 0.6)
  }

  @Test("ICA says how far its starts agree: entirely on independent sources, hardly on normal ones")
  func stability() throws {
    let sources = try SyntheticCodes(.axisAligned, count: 3000, noise: 0.05).codes.latents([
      0, 1, 2,
    ])
    let found = try CodeAlignment(.ica(seed: 0), fittedTo: sources)
    #expect(try #require(found.stability) > 0.999)
    var random = Philox(seed: 1)
    let normal = try Codes(
      Matrix<Double>(
        rowCount: 3000, columnCount: 6, elements: (0..<18_000).map { _ in random.normal() }))
    #expect(try #require(CodeAlignment(.ica(seed: 0), fittedTo: normal).stability) < 0.95)
    #expect(try CodeAlignment(.pca, fittedTo: sources).stability == nil)
    // The kept start is one of the five of the seed: another seed finds the same sources.
    let again = try CodeAlignment(.ica(seed: 5), fittedTo: sources)
    let products = try found.axes.multiplied(
      by: Covariance(rows: sources.matrix).matrix.multiplied(
        by: again.axes, transposingOther: true))
    for row in 0..<3 {
      #expect(products.row(row).map(abs).max() ?? 0 > 0.99)
    }
  }

  @Test("ICA drops directions without variance")
  func degenerateComponents() throws {
    let codes = try SyntheticCodes(.axisAligned, count: 500).codes.latents([0, 1, 2, 0])
    let ica = try CodeAlignment(.ica(seed: 1), fittedTo: codes)
    #expect(ica.axes.rowCount == 3)
    let constant = try codes.mapping { _, _ in 1 }
    #expect(throws: DisentanglementError.noActiveLatents(metric: "ica")) {
      try CodeAlignment(.ica(seed: 1), fittedTo: constant)
    }
  }

  @Test("ICA leaves collapsed latents out, also of codes on a smaller scale")
  func collapsedLatents() throws {
    let sources = try SyntheticCodes(.axisAligned, count: 500).codes.latents([0, 1, 2])
    var random = Philox(seed: 2)
    let rows = (0..<500).flatMap { row in
      Array(sources.matrix.row(row)) + (0..<2).map { _ in 0.03 * random.normal() }
    }
    for scale in [1, 1e-3] {
      let codes = try Codes(
        Matrix<Double>(rowCount: 500, columnCount: 5, elements: rows.map { $0 * scale }))
      let ica = try CodeAlignment(.ica(seed: 0), fittedTo: codes)
      #expect(ica.axes.rowCount == 3)
      // The three are those of the latents that vary.
      for axis in 0..<3 {
        let weights = ica.axes.row(axis).map { abs($0) * scale }
        #expect(weights[3...].allSatisfy { $0 < 0.5 * (weights[..<3].max() ?? 0) })
      }
    }
  }

  @Test("alignment keeps float32 codes in float32")
  func precision() throws {
    let values = try SyntheticCodes(.mixed, count: 60).codes.matrix
    let codes = try Codes(
      Matrix<Float>(rowCount: 60, columnCount: 5, elements: values.elements.map { Float($0) }))
    let aligned = try CodeAlignment(.pca, fittedTo: codes).apply(to: codes)
    #expect(aligned.precision == .float32)
    #expect(aligned.matrix.elements.allSatisfy { Double(Float($0)) == $0 })
  }

  @Test("UDR equals disentanglement_lib")
  func ranking() throws {
    let golden = try GoldenFile.extra.get().goldenCase("udr")
    let archive = try golden.archive()
    let models = try (0..<3).map { index in
      let array = try archive.array("model\(index)")
      return try Codes(
        Matrix(
          rowCount: array.shape[0], columnCount: array.shape[1], elements: try array.doubles()))
    }
    let divergences = golden.params["kl"]?.array?.map { flatten($0) }
    for (name, similarity) in [
      ("lasso", UnsupervisedDisentanglementRanking.Similarity.lasso), ("spearman", .spearman),
    ] {
      let ranking = try UnsupervisedDisentanglementRanking(
        models: models, klDivergences: divergences, similarity: similarity)
      let expected = golden.expected[name]
      for (found, wanted) in zip(ranking.pairScores.elements, flatten(expected?["pairs"])) {
        #expect(abs(found - wanted) <= 1e-6)
      }
      for (found, wanted) in zip(ranking.scoreOfModel, flatten(expected?["models"])) {
        #expect(abs(found - wanted) <= 1e-6)
      }
    }
  }

  @Test("UDR refuses one model, other samples and models without informative latents")
  func rankingErrors() throws {
    let codes = try SyntheticCodes(.mixed, count: 40).codes
    #expect(throws: DisentanglementError.self) {
      try UnsupervisedDisentanglementRanking(models: [codes])
    }
    #expect(throws: DisentanglementError.self) {
      try UnsupervisedDisentanglementRanking(models: [codes, codes.samples([0, 1])])
    }
    #expect(throws: DisentanglementError.noActiveLatents(metric: "udr (model 1)")) {
      try UnsupervisedDisentanglementRanking(
        models: [codes, codes], klDivergences: [[1, 1, 1, 1, 1], [0, 0, 0, 0, 0]])
    }
  }
}
