import BenchSupport
import GenerationMetrics
import LinearAlgebra
import Testing

@Suite("Several generation metrics") struct GenerationEvaluationTests {
  private func side(_ count: Int, seed: UInt64, logits: Matrix<Float>? = nil) throws
    -> GenerationSide
  {
    GenerationSide(
      features: try GenerationMetricsTests.features(count, 4, seed: seed, name: "set \(seed)"),
      logits: logits)
  }

  @Test("that were named are all computed but those that cannot be had, which say why")
  func named() throws {
    let evaluation = try GenerationEvaluation(
      reference: side(40, seed: 1), generated: side(30, seed: 2),
      metrics: [.kernel, .frechet, .inceptionScore, .precision])
    #expect(Set(evaluation.values.keys) == [.frechet, .precision])
    #expect(Set(evaluation.failed.keys) == [.kernel, .inceptionScore])
    #expect(evaluation.skipped.isEmpty)
    #expect(evaluation.failed[.kernel]?.contains("--kid-subset-size 30") == true)
    #expect(evaluation.json["kid"]?["value"] == .null)
    #expect(evaluation.json["kid"]?["reason"]?.string == evaluation.failed[.kernel])
    let error = #expect(throws: MissingValues.self) { try evaluation.requireValues() }
    #expect(error?.description.contains("no value for kid: set 1: ") == true)
    #expect(error?.description.contains("no value for is: set 2: ") == true)
  }

  @Test("that nobody named are left out where the sets do not hold what they need")
  func standard() throws {
    let evaluation = try GenerationEvaluation(
      reference: side(40, seed: 1), generated: side(30, seed: 2))
    #expect(Set(evaluation.skipped.keys) == [.kernel, .inceptionScore])
    #expect(evaluation.failed.isEmpty && evaluation.json["kid"] == nil)
    try evaluation.requireValues()
    // What they do hold and cannot be used is no matter of course.
    var logits = Matrix<Float>(rowCount: 30, columnCount: 3)
    logits[7, 1] = .nan
    let damaged = try GenerationEvaluation(
      reference: side(40, seed: 1), generated: side(30, seed: 2, logits: logits))
    #expect(damaged.values[.frechet] != nil && damaged.values[.coverage] != nil)
    #expect(damaged.failed[.inceptionScore]?.contains("row 7, column 1") == true)
    #expect(throws: MissingValues.self) { try damaged.requireValues() }
  }
}
