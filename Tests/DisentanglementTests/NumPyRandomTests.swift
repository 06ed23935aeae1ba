import BenchSupport
import Disentanglement
import Testing

@Suite("NumPy's RandomState") struct NumPyRandomTests {
  @Test("replays every draw of numpy bit for bit", arguments: [0, 30, 2020])
  func replays(seed: Int) throws {
    let expected = try GoldenFile.shared.get().goldenCase("rng_randomstate_\(seed)").expected
    let fresh = NumPyRandom(seed: UInt32(seed))

    var random = fresh
    #expect((0..<10).map { _ in Int(random.nextWord()) } == integers(expected["raw_uint32"]))
    random = fresh
    #expect(random.randint(6, count: 20) == integers(expected["randint_scalar_6"]))
    for bound in [10, 15, 183] {
      random = fresh
      #expect(random.randint(bound, count: 16) == integers(expected["randint_\(bound)_size16"]))
    }
    random = fresh
    #expect(random.randint(6) == integers(expected["mixed"]?["scalar"]).first)
    #expect(random.randint(10, count: 12) == integers(expected["mixed"]?["batch"]))
    #expect(random.randint(183) == integers(expected["mixed"]?["next_scalar"]).first)
    random = fresh
    #expect(close((0..<8).map { _ in random.randomSample() }, expected["random_sample"]))
    random = fresh
    #expect(close(random.randn(8), expected["randn"]))
    random = fresh
    #expect(random.permutation(20) == integers(expected["permutation_20"]))
    random = fresh
    #expect(random.choice(50, 10) == integers(expected["choice_50_10_no_replace"]))
    #expect(
      NumPyRandom.foldOfSample(17, folds: 5, seed: UInt32(seed))
        == integers(expected["kfold5_n17_fold_of_sample"]))
  }

  @Test("a bound of 1 draws nothing") func boundOfOne() {
    var random = NumPyRandom(seed: 7)
    let fresh = random.nextWord()
    var other = NumPyRandom(seed: 7)
    #expect(other.randint(1) == 0)
    #expect(other.nextWord() == fresh)
  }

  private func integers(_ value: JSONValue?) -> [Int] {
    (value?.array ?? value.map { [$0] } ?? []).compactMap { $0.double.map { Int($0) } }
  }

  /// Within two units in the last place: numpy's `log` and ours may round differently.
  private func close(_ values: [Double], _ expected: JSONValue?) -> Bool {
    let expected = expected?.array?.compactMap(\.double) ?? []
    return values.count == expected.count
      && zip(values, expected).allSatisfy { abs($0 - $1) <= 4e-16 * max(1, abs($1)) }
  }
}
