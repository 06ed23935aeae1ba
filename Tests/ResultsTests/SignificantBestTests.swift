import BenchSupport
import Results
import Testing

@Suite("The significantly best model") struct SignificantBestTests {
  private let low: [Double?] = [0.10, 0.11, 0.12, 0.11]
  private let middle: [Double?] = [0.30, 0.31, 0.29, 0.30]
  private let high: [Double?] = [0.50, 0.51, 0.52, 0.50]
  private let wide: [Double?] = [0.10, 0.95, 0.40, 0.80]

  @Test("stands out from every other model, in the metric's direction")
  func standsOut() {
    let results = runs("a", low) + runs("b", high) + runs("c", middle)
    #expect(significantlyBestModel(results, metric: "mig") == "b")
    let errors = ["a": low, "b": high, "c": middle].flatMap { runs($0, metric: "mse", $1) }
    #expect(significantlyBestModel(errors, metric: "mse") == "a")
  }

  @Test("does not exist if one other model is not distinguishable from the best mean")
  func notDistinguishable() {
    let results = runs("a", low) + runs("b", high) + runs("c", wide)
    #expect(significantlyBestModel(results, metric: "mig") == nil)
  }

  @Test("needs seeds, defined values, labels left alone, and another model")
  func refusals() {
    let single = runs("a", [0.1]) + runs("b", [0.9])
    #expect(significantlyBestModel(single, metric: "mig") == nil)
    #expect(significantlyBestModel(runs("b", high), metric: "mig") == nil)
    let undefined = runs("a", low) + runs("b", high) + runs("c", [nil, 0.2, 0.2])
    #expect(significantlyBestModel(undefined, metric: "mig") == nil)
    let selected: [String: JSONValue] = ["selection": "selected-on-labels"]
    let oracle = runs("a", low, details: selected) + runs("b", high, details: selected)
    #expect(significantlyBestModel(oracle, metric: "mig") == nil)
    #expect(significantlyBestModel(runs("a", low) + runs("b", high), metric: "unknown") == nil)
  }

  @Test("corrects for the number of comparisons")
  func correction() {
    // One comparison of these two groups has p = 0.04; among five, that is no evidence.
    let (first, second): ([Double?], [Double?]) = (
      [0.50, 0.53, 0.47, 0.55], [0.44, 0.40, 0.47, 0.45]
    )
    let pair = runs("a", first) + runs("b", second)
    #expect(significantlyBestModel(pair, metric: "mig") == "a")
    let many = pair + (0..<4).flatMap { runs("c\($0)", second) }
    #expect(significantlyBestModel(many, metric: "mig") == nil)
  }
}
