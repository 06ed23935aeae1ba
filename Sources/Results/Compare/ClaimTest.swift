import BenchSupport

/// The tests behind a claim, before the correction for many claims.
struct ClaimTest {
  /// Error rate of the tests.
  let significance: Double
  /// The margin of equivalence in standard deviations of what is compared with.
  let marginInDeviations: Double
  /// Seeds assumed behind a published mean ± spread that does not say how many.
  let assumedCount: Int
  /// Whether groups are compared by permutations instead of Welch's test.
  let usesPermutations: Bool

  /// Compares runs with runs.
  func claim(_ sample: Sample, against other: Sample, name: String) -> Claim {
    if let refusal = refusal(sample, name) ?? refusal(other, name) { return refusal }
    if sample.isSelectedOnLabels != other.isSelectedOnLabels {
      return Claim(
        against: name, verdict: .notComparable, reason: "one of them was selected on labels")
    }
    if let difference = sample.difference(from: other) {
      return Claim(against: name, verdict: .notComparable, reason: difference)
    }
    guard let first = sample.summary, let second = other.summary else {
      return Claim(against: name, verdict: .notComparable, reason: "no values")
    }
    var claim = claim(first, second, name: name)
    if usesPermutations, first.count > 1, second.count > 1 {
      claim.pValue = permutationTest(sample.values, other.values)?.pValue
    }
    claim.bootstrapInterval = Bootstrap.interval(
      sample.values, minus: other.values, confidence: 1 - significance)
    return claim
  }

  /// Compares runs with a published number.
  func claim(_ sample: Sample, against row: PublishedRow, dataset: String, name: String) -> Claim {
    func notComparable(_ reason: String) -> Claim {
      Claim(against: name, verdict: .notComparable, reason: reason)
    }
    if let refusal = refusal(sample, name) { return refusal }
    if sample.isSelectedOnLabels { return notComparable("selected on labels") }
    guard let expected = row.protocolID else {
      return notComparable("the source does not state the protocol")
    }
    guard sample.protocols == [expected] else {
      return notComparable("protocol \(sample.protocols[0]) against \(expected)")
    }
    guard DatasetName.canonical(dataset) == DatasetName.canonical(row.dataset) else {
      return notComparable("the source does not state the variant of \(row.dataset)")
    }
    guard let mean = row.mean else { return notComparable("no published mean") }
    guard let first = sample.summary else { return notComparable("no values") }
    guard let deviation = row.standardDeviation else {
      // Without a spread the number is taken as exact: a one-sample test, which is what Welch's
      // test becomes when the other group has no variance.
      var claim = claim(
        first, Summary(mean: mean, standardDeviation: 0, count: 2), name: name, isExact: true)
      claim.reason = joined(claim.reason, "published without spread, taken as exact")
      return claim
    }
    guard row.spread != "folds" else { return notComparable("the spread is over folds, not runs") }
    let count = row.count ?? assumedCount
    var claim = claim(
      first, Summary(mean: mean, standardDeviation: deviation, count: count), name: name)
    if row.count == nil { claim.reason = joined(claim.reason, "\(count) published runs assumed") }
    return claim
  }

  /// Why values cannot be compared with anything.
  private func refusal(_ sample: Sample, _ name: String) -> Claim? {
    func notComparable(_ reason: String) -> Claim {
      Claim(against: name, verdict: .notComparable, reason: reason)
    }
    if sample.undefinedCount > 0 { return notComparable("undefined in some runs") }
    return sample.disagreement.map(notComparable)
  }

  private func claim(
    _ first: Summary, _ second: Summary, name: String, isExact: Bool = false
  ) -> Claim {
    var claim = Claim(against: name, verdict: .notDistinguishable)
    claim.difference = first.mean - second.mean
    guard first.count > 1 && second.count > 1 else {
      claim.reason = "one seed is no evidence"
      return claim
    }
    claim.pValue = welchTest(first, second)?.pValue
    claim.interval = welchInterval(first, second, confidence: 1 - significance)
    let deviations = [first, second].map { $0.standardDeviation ?? 0 }
    // What does not vary gets a margin of 1 % of its size, so that equality can be shown at all.
    let unit = deviations[1] > 0 ? deviations[1] : max(0.01 * abs(second.mean), 1e-12)
    let margin = marginInDeviations * unit
    claim.margin = margin
    claim.equivalencePValue = equivalenceTest(first, second, margin: margin)
    let pooled = ((deviations[0] * deviations[0] + deviations[1] * deviations[1]) / 2).squareRoot()
    let deviation = isExact ? deviations[0] : pooled
    if deviation > 0 {
      let (count, other) = (Double(first.count), Double(second.count))
      claim.effect = Claim.Effect(
        size: (first.mean - second.mean) / deviation,
        // Of two groups, the harmonic mean: so many in each have a standard error as small.
        seedCount: isExact ? first.count : Int(2 * count * other / (count + other)),
        isOneSample: isExact)
    }
    return claim
  }

  private func joined(_ first: String, _ second: String) -> String {
    first.isEmpty ? second : "\(first); \(second)"
  }

  /// Corrects the p-values of one table's claims and gives their verdicts.
  func verdicts(_ claims: [Claim?], direction: MetricDirection?) -> [Claim?] {
    let tested = claims.indices.filter { claims[$0]?.pValue != nil }
    let adjusted = holmAdjusted(tested.compactMap { claims[$0]?.pValue })
    var result = claims
    for (index, p) in zip(tested, adjusted) {
      guard var claim = claims[index] else { continue }
      claim.adjustedPValue = p
      claim.verdict = verdict(claim, adjusted: p, direction: direction)
      claim.seedsNeeded = seedsNeeded(claim, ofClaims: tested.count)
      if direction == nil && claim.verdict == .notComparable {
        claim.reason = "they differ, but no record says which values are better (higher_is_better)"
      }
      result[index] = claim
    }
    return result
  }

  /// The seeds that a claim needs at the error rate that the correction leaves it: that of all
  /// claims over their number, with which Holm's procedure starts.
  private func seedsNeeded(_ claim: Claim, ofClaims claimCount: Int) -> Int? {
    guard let effect = claim.effect,
      let seedCount = Power.seedsNeeded(
        effect: effect.size, significance: significance / Double(claimCount),
        isOneSample: effect.isOneSample)
    else { return nil }
    // As many as there are have not found the difference.
    return claim.verdict == .notDistinguishable
      ? max(seedCount, effect.seedCount + 1) : seedCount
  }

  private func verdict(
    _ claim: Claim?, adjusted: Double, direction: MetricDirection?
  ) -> Verdict {
    guard let claim, let difference = claim.difference else { return .notComparable }
    if adjusted < significance {
      guard let direction else { return .notComparable }
      return direction.isBetter(difference, than: 0) ? .better : .worse
    }
    let isEquivalent = (claim.equivalencePValue ?? 1) < significance
    return isEquivalent ? .equivalent : .notDistinguishable
  }
}
