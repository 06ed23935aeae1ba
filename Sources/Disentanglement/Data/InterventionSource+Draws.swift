import BenchSupport
import LinearAlgebra

/// Samples of a source that have been drawn but not yet encoded.
enum DrawnSamples: Sendable {
  /// Rows of stored codes.
  case rows([Int32])
  /// Factor values for an encoder, `[factor][sample]`.
  case values([[Int]])
}

/// Batches of samples that share the value of one factor.
struct FixedFactorBatches: Sendable {
  /// The factor each batch keeps fixed.
  let fixedFactors: [Int]
  /// The samples, batch after batch.
  let samples: DrawnSamples
}

extension InterventionSource {
  /// Independent samples, drawn as disentanglement_lib's `sample_factors` does.
  func drawSamples(_ count: Int, using random: inout NumPyRandom) -> DrawnSamples {
    var drawn = DrawnBuffer(self)
    drawn.append(count, fixing: nil, using: &random)
    return drawn.samples
  }

  /// Batches with one random factor fixed, drawn as disentanglement_lib's FactorVAE score does: the
  /// factor, then all factor values column by column, the fixed one taken from the first sample.
  ///
  /// A partial sample draws a class of the factor (each with at least two samples is as likely),
  /// then rows of that class with replacement.
  func drawFixedFactorBatches(
    _ count: Int, batchSize: Int, metric: String, using random: inout NumPyRandom
  ) throws(DisentanglementError) -> FixedFactorBatches {
    let classes = try resampledClasses(metric: metric)
    var drawn = DrawnBuffer(self)
    var fixed: [Int] = []
    for _ in 0..<count {
      let factor = random.randint(factorCount)
      fixed.append(factor)
      if let classes {
        let members = classes[factor][random.randint(classes[factor].count)]
        drawn.append((0..<batchSize).map { _ in members[random.randint(members.count)] })
      } else {
        drawn.append(batchSize, fixing: factor, using: &random)
      }
    }
    return FixedFactorBatches(fixedFactors: fixed, samples: drawn.samples)
  }

  /// Batches of pairs that share one random factor, drawn as disentanglement_lib's β-VAE score
  /// does: the factor, the first samples' values, the second ones' values.
  ///
  /// - Returns: The shared factor of each batch, and the samples: the first members of a batch's
  ///   pairs, then the second ones.
  func drawPairs(
    _ count: Int, batchSize: Int, metric: String, using random: inout NumPyRandom
  ) throws(DisentanglementError) -> FixedFactorBatches {
    let classes = try resampledClasses(metric: metric)
    var drawn = DrawnBuffer(self)
    var fixed: [Int] = []
    for _ in 0..<count {
      let factor = random.randint(factorCount)
      fixed.append(factor)
      if let classes {
        let members = (0..<batchSize).map { _ in
          classes[factor][random.randint(classes[factor].count)]
        }
        for _ in 0..<2 {
          drawn.append(members.map { $0[random.randint($0.count)] })
        }
      } else {
        drawn.appendPairs(batchSize, sharing: factor, using: &random)
      }
    }
    return FixedFactorBatches(fixedFactors: fixed, samples: drawn.samples)
  }

  /// The rows of every class with at least two samples, `[factor][class]`; nil if the source can
  /// realise any combination of factor values.
  private func resampledClasses(
    metric: String
  ) throws(DisentanglementError) -> [[[Int32]]]? {
    guard case .sample(_, let factors) = storage else { return nil }
    var result: [[[Int32]]] = []
    for factor in 0..<factors.factorCount {
      let labels = factors.labels(factor)
      var members = labels.counts.map { _ in [Int32]() }
      for (row, label) in labels.values.enumerated() { members[Int(label)].append(Int32(row)) }
      members.removeAll { $0.count < 2 }
      guard !members.isEmpty else {
        throw .tooFewSamples(
          metric: "\(metric) (samples that share a class of factor '\(factors.names[factor])')",
          needed: 2, found: 1)
      }
      result.append(members)
    }
    return result
  }

  // MARK: - Codes

  /// The codes of the given samples.
  func codes(of samples: DrawnSamples, metric: String) throws -> Codes {
    switch (samples, storage) {
    case (.rows(let rows), .grid(let codes, _)), (.rows(let rows), .sample(let codes, _)):
      return codes.samples(rows.map { Int($0) })
    case (.values(let columns), .encoder(let encode)):
      let factors = Factors(checked: columns, sizes: factorSizes, names: factorNames)
      let codes = try encode(factors)
      guard codes.sampleCount == factors.sampleCount else {
        throw DisentanglementError.rowMismatch(
          array: "\(metric): the encoder's codes", rows: codes.sampleCount,
          other: "the factor values it was given", otherRows: factors.sampleCount)
      }
      return codes
    default: preconditionFailure("samples were drawn from another source")
    }
  }

  /// The results of `transform` for consecutive batches of samples, in order.
  ///
  /// Stored codes are transformed in parallel; an encoder is called batch group after batch group
  /// from the calling thread.
  ///
  /// - Parameters:
  ///   - samples: What was drawn, `count · batchSize` samples.
  ///   - batchSize: Samples per batch.
  ///   - count: Number of batches.
  ///   - metric: The metric's name, for messages.
  ///   - prepare: Brings codes into the form that `transform` reads.
  ///   - transform: Called with prepared codes and the rows of one batch.
  /// - Returns: One value per batch.
  /// - Throws: ``DisentanglementError``, and whatever the encoder throws.
  func mapBatches<Prepared: Sendable, Value: Sendable>(
    of samples: DrawnSamples, batchSize: Int, count: Int, metric: String,
    prepare: (Matrix<Double>) -> Prepared,
    transform: @Sendable (Prepared, ArraySlice<Int32>) -> Value
  ) throws -> [Value] {
    switch (samples, storage) {
    case (.rows(let rows), .grid(let codes, _)), (.rows(let rows), .sample(let codes, _)):
      let groupSize = 128
      let prepared = prepare(codes.matrix)
      let groups = Parallel.map((count + groupSize - 1) / groupSize) { group in
        (group * groupSize..<min(count, (group + 1) * groupSize)).map { batch in
          transform(prepared, rows[batch * batchSize..<(batch + 1) * batchSize])
        }
      }
      return groups.flatMap { $0 }
    case (.values(let columns), .encoder):
      var results: [Value] = []
      let groupSize = max(1, 4096 / batchSize)
      let rows = Array(0..<Int32(groupSize * batchSize))
      for start in stride(from: 0, to: count, by: groupSize) {
        let batches = start..<min(count, start + groupSize)
        let range = batches.lowerBound * batchSize..<batches.upperBound * batchSize
        let encoded = try self.codes(
          of: .values(columns.map { Array($0[range]) }), metric: metric)
        let prepared = prepare(encoded.matrix)
        results += Parallel.map(batches.count) { batch in
          transform(prepared, rows[batch * batchSize..<(batch + 1) * batchSize])
        }
      }
      return results
    default: preconditionFailure("samples were drawn from another source")
    }
  }

  /// A training and a test sample, drawn as disentanglement_lib draws them: one stream, batches of
  /// 16, factor values column by column within a batch.
  ///
  /// - Parameters:
  ///   - trainCount: Number of training samples, 10,000 in the reference configurations.
  ///   - testCount: Number of test samples, 5,000 there; 0 is allowed only for no test sample.
  ///   - seed: Seed of `RandomState`, 0 there.
  /// - Returns: Codes with their factors.
  /// - Throws: ``DisentanglementError``, and whatever the encoder throws.
  public func trainTestSample(
    trainCount: Int = 10_000, testCount: Int = 5_000, seed: UInt32 = 0
  ) throws -> TrainTestSplit {
    precondition(trainCount > 0 && testCount > 0, "\(trainCount) and \(testCount) samples")
    var random = NumPyRandom(seed: seed)
    return TrainTestSplit(
      train: try labelledSample(trainCount, using: &random),
      test: try labelledSample(testCount, using: &random))
  }

  private func labelledSample(
    _ count: Int, using random: inout NumPyRandom
  ) throws -> LabelledCodes {
    if case .sample(let codes, let factors) = storage {
      return LabelledCodes(checked: codes, factors: factors).samples(
        random.randint(codes.sampleCount, count: count))
    }
    var columns = [[Int]](repeating: [], count: factorCount)
    for start in stride(from: 0, to: count, by: 16) {
      for (factor, size) in factorSizes.enumerated() {
        columns[factor] += random.randint(size, count: min(16, count - start))
      }
    }
    let factors = Factors(checked: columns, sizes: factorSizes, names: factorNames)
    return try LabelledCodes(codes: try codes(of: factors), factors: factors)
  }

  /// The codes of observations with the given factor values.
  ///
  /// - Parameter factors: Factor values; every state must be in the source.
  /// - Returns: One row per sample. Of a partial sample's repeated states, the first row counts.
  /// - Throws: ``DisentanglementError``, and whatever the encoder throws.
  public func codes(of factors: Factors) throws -> Codes {
    switch storage {
    case .encoder: return try codes(of: .values(factors.columns), metric: "interventions")
    case .grid(let codes, let rowOfState):
      return codes.samples(
        (0..<factors.sampleCount).map { sample in
          let state = zip(factors.columns, factorSizes).reduce(0) { $0 * $1.1 + $1.0[sample] }
          return rowOfState.map { Int($0[state]) } ?? state
        })
    case .sample(let codes, let known):
      var rows: [[Int]: Int] = [:]
      for row in (0..<known.sampleCount).reversed() { rows[known.columns.map { $0[row] }] = row }
      return codes.samples(
        try (0..<factors.sampleCount).map { sample in
          let state = factors.columns.map { $0[sample] }
          guard let row = rows[state] else {
            throw DisentanglementError.missingInput(
              metric: "interventions", input: "the code of factor values \(state) is")
          }
          return row
        })
    }
  }
}
