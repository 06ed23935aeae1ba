import BenchSupport
import Datasets
import Disentanglement
import Foundation
import LinearAlgebra
import Testing

/// Goldens: the authors' programs, see scripts/make_further_goldens.py.
@Suite("Minimality, sufficiency, DCI-ES and flatness") struct FurtherMetricTests {
  static func cases(_ prefix: String) -> [GoldenFile.Case] {
    (try? GoldenFile.further.get().cases.filter { $0.id.hasPrefix(prefix) }) ?? []
  }

  @Test("there are golden cases") func goldens() throws {
    #expect(try GoldenFile.further.get().cases.count == 8)
  }

  @Test("minimality and sufficiency are the authors'", arguments: cases("min_suf_"))
  func information(golden: GoldenFile.Case) throws {
    let input = try MetricInput(
      codes: golden.codes("codes"), factors: golden.factors("factors"))
    for name in ["minimality", "sufficiency"] {
      golden.check(try MetricCatalog.metric(named: name).evaluate(input).value, name)
    }
  }

  @Test("a latent that does not vary is left out; none that varies is an error")
  func constantLatents() throws {
    let factors = try Factors(columns: [[0, 1, 0, 1, 0, 1], [0, 0, 1, 1, 2, 2]])
    func codes(_ columns: [[Double]]) throws -> Codes {
      let rows = (0..<6).flatMap { row in columns.map { $0[row] } }
      return try Codes(Matrix(rowCount: 6, columnCount: columns.count, elements: rows))
    }
    let one: [Double] = [0, 1, 0, 1, 0, 1]
    let score = try MinimalitySufficiency(
      codes: codes([one, Array(repeating: 3, count: 6)]), factors: factors)
    #expect(score.activeLatents == [0])
    #expect(abs(score.minimality - 1) < 1e-12)
    #expect(throws: DisentanglementError.noActiveLatents(metric: "minimality")) {
      try MinimalitySufficiency(
        codes: codes([Array(repeating: 3, count: 6)]), factors: factors)
    }
  }

  @Test("a curve's explicitness is the authors'", arguments: cases("explicitness_curves"))
  func curves(golden: GoldenFile.Case) throws {
    let curves = try #require(golden.params["losses"]?.array)
    let guesses = flatten(golden.params["guesses"])
    let found = zip(curves, guesses).map {
      ExtendedDCI.explicitness(
        losses: flatten($0), capacities: flatten(golden.params["capacities"]), guess: $1)
    }
    golden.check(found, "explicitness")
  }

  @Test("DCI-ES is that of scikit-learn's forests", arguments: cases("dci_es_"))
  func forests(golden: GoldenFile.Case) throws {
    let (codes, test) = try (golden.codes("codes"), golden.codes("test_codes"))
    let input =
      golden.id == "dci_es_classes"
      ? try MetricInput(
        codes: codes, factors: golden.factors("factors"),
        test: LabelledCodes(codes: test, factors: golden.factors("test_factors")))
      : try MetricInput(
        codes: codes, factorValues: golden.values("factors"),
        testValues: ValuedCodes(codes: test, values: golden.values("test_factors")))
    let result = try MetricCatalog.metric(named: "dci-es").evaluate(input)
    for name in ["explicitness", "disentanglement", "completeness", "informativeness_test"] {
      golden.check(result[name], name)
    }
    #expect(result["size"] == 0.6)
  }

  @Test("flatness is disent's", arguments: cases("flatness_"))
  func flatness(golden: GoldenFile.Case) throws {
    let sizes = try #require(golden.params["sizes"]?.array).compactMap(\.integer)
    let starts = try golden.archive().array("starts")
    let values = try starts.doubles().map { Int($0) }
    let source = try InterventionSource(grid: golden.codes("codes"), factorSizes: sizes)
    let paths = try sizes.indices.filter { sizes[$0] > 1 }.map { factor in
      try (0..<starts.shape[1]).map { path in
        let first = (factor * starts.shape[1] + path) * sizes.count
        let columns = sizes.indices.map { other in
          (0..<sizes[factor]).map { other == factor ? $0 : values[first + other] }
        }
        return try source.codes(of: Factors(columns: columns, sizes: sizes)).matrix
      }
    }
    let found = Flatness(ofPaths: paths)
    golden.check(found.value, "value")
    golden.check(found.blockValue, "flatness_l1")
    golden.check(found.euclideanValue, "flatness_l2")
  }

  @Test("flatness of straight paths along axes is 1, and a sample without every state is refused")
  func straight() throws {
    let sizes = [4, 3, 5]
    let states = (0..<60).map { [$0 / 15, $0 / 5 % 3, $0 % 5] }
    let codes = try Codes(
      Matrix(rowCount: 60, columnCount: 3, elements: states.flatMap { $0.map { Double($0) } }))
    let source = try InterventionSource(grid: codes, factorSizes: sizes)
    #expect(abs(try Flatness(source, pathCount: 7).value - 1) < 1e-12)
    let factors = try Factors(
      columns: (0..<3).map { factor in states.dropLast().map { $0[factor] } }, sizes: sizes)
    let input = try MetricInput(codes: codes.samples(Array(0..<59)), factors: factors)
    let metric = try MetricCatalog.metric(named: "flatness")
    #expect(!metric.accepts(input))
    #expect(throws: DisentanglementError.self) { try metric.evaluate(input) }
  }
}

extension GoldenFile.Case {
  /// Values of factors from a two-dimensional array.
  fileprivate func values(_ name: String) throws -> FactorValues {
    let values = try codes(name).matrix
    return try FactorValues(columns: (0..<values.columnCount).map { values.column($0) })
  }
}
