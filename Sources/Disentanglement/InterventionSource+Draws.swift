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
  func mapBatches<Value: Sendable>(
    of samples: DrawnSamples, batchSize: Int, count: Int, metric: String,
    _ transform: @Sendable (Matrix<Double>, Range<Int>) -> Value
  ) throws -> [Value] {
    switch (samples, storage) {
    case (.rows(let rows), .grid(let codes, _)), (.rows(let rows), .sample(let codes, _)):
      let groupSize = 128
      let groups = Parallel.map((count + groupSize - 1) / groupSize) { group -> [Value] in
        let batches = group * groupSize..<min(count, (group + 1) * groupSize)
        let gathered = codes.samples(
          rows[batches.lowerBound * batchSize..<batches.upperBound * batchSize].map { Int($0) })
        return batches.map { batch in
          let start = (batch - batches.lowerBound) * batchSize
          return transform(gathered.matrix, start..<start + batchSize)
        }
      }
      return groups.flatMap { $0 }
    case (.values(let columns), .encoder):
      var results: [Value] = []
      let groupSize = max(1, 4096 / batchSize)
      for start in stride(from: 0, to: count, by: groupSize) {
        let batches = start..<min(count, start + groupSize)
        let range = batches.lowerBound * batchSize..<batches.upperBound * batchSize
        let encoded = try self.codes(
          of: .values(columns.map { Array($0[range]) }), metric: metric)
        results += Parallel.map(batches.count) { batch in
          transform(encoded.matrix, batch * batchSize..<(batch + 1) * batchSize)
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
          return rowOfState?[state] ?? state
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

/// Draws collected as rows of a grid or as factor values, whichever the source can look up.
private struct DrawnBuffer {
  private let sizes: [Int]
  private let strides: [Int]
  private let rowOfState: [Int]?
  private let rowCount: Int
  private enum Kind {
    case grid
    case sample
    case encoder
  }
  private let kind: Kind
  private var rows: [Int32] = []
  private var columns: [[Int]]

  init(_ source: InterventionSource) {
    sizes = source.factorSizes
    columns = sizes.map { _ in [] }
    switch source.storage {
    case .encoder:
      kind = .encoder
      rowCount = 0
      rowOfState = nil
      strides = sizes
    case .grid(let codes, let table):
      kind = .grid
      rowCount = codes.sampleCount
      rowOfState = table
      var stride = 1
      strides = sizes.reversed().map { size in
        defer { stride *= size }
        return stride
      }.reversed()
    case .sample(let codes, _):
      kind = .sample
      rowCount = codes.sampleCount
      rowOfState = nil
      strides = []
    }
  }

  var samples: DrawnSamples {
    guard kind != .encoder else { return .values(columns) }
    guard let rowOfState else { return .rows(rows) }
    return .rows(rows.map { Int32(rowOfState[Int($0)]) })
  }

  mutating func append(_ known: [Int32]) { rows += known }

  /// Draws all factors column by column; the fixed one keeps its first value.
  mutating func append(_ count: Int, fixing fixed: Int?, using random: inout NumPyRandom) {
    if kind == .sample {
      rows += (0..<count).map { _ in Int32(random.randint(rowCount)) }
      return
    }
    let drawn = sizes.enumerated().map { factor, size -> [Int] in
      let values = random.randint(size, count: count)
      return factor == fixed ? [Int](repeating: values[0], count: count) : values
    }
    store(drawn)
  }

  /// Draws the first and the second members of pairs that share one factor.
  mutating func appendPairs(_ count: Int, sharing shared: Int, using random: inout NumPyRandom) {
    let first = sizes.map { random.randint($0, count: count) }
    var second = sizes.map { random.randint($0, count: count) }
    second[shared] = first[shared]
    store(first)
    store(second)
  }

  private mutating func store(_ drawn: [[Int]]) {
    guard kind == .grid else {
      for factor in drawn.indices { columns[factor] += drawn[factor] }
      return
    }
    var states = [Int](repeating: 0, count: drawn[0].count)
    for (column, stride) in zip(drawn, strides) {
      for index in states.indices { states[index] += column[index] * stride }
    }
    for state in states { rows.append(Int32(truncatingIfNeeded: state)) }
  }
}
