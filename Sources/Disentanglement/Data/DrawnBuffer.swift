import BenchSupport

/// Draws collected as rows of a grid or as factor values, whichever the source can look up.
struct DrawnBuffer {
  private enum Kind {
    case grid
    case sample
    case encoder
  }

  private let kind: Kind
  private let sizes: [Int]
  /// How far apart two states of a grid are that differ by 1 in a factor.
  private let strides: [Int]
  private let rowOfState: [Int32]?
  private let rowCount: Int
  private var rows: [Int32] = []
  private var columns: [[Int]]
  private var scratch: [UInt32] = []

  init(_ source: InterventionSource) {
    sizes = source.factorSizes
    columns = sizes.map { _ in [] }
    switch source.storage {
    case .encoder:
      (kind, rowCount, rowOfState, strides) = (.encoder, 0, nil, sizes)
    case .grid(let codes, let table):
      (kind, rowCount, rowOfState) = (.grid, codes.sampleCount, table)
      var stride = 1
      strides = sizes.reversed().map { size in
        defer { stride *= size }
        return stride
      }.reversed()
    case .sample(let codes, _):
      (kind, rowCount, rowOfState, strides) = (.sample, codes.sampleCount, nil, sizes)
    }
  }

  /// What has been drawn.
  var samples: DrawnSamples {
    guard kind != .encoder else { return .values(columns) }
    guard let rowOfState else { return .rows(rows) }
    return .rows(rows.map { rowOfState[Int($0)] })
  }

  /// Adds known rows.
  mutating func append(_ known: [Int32]) { rows += known }

  /// Draws all factors column by column; the fixed one keeps its first value.
  mutating func append(_ count: Int, fixing fixed: Int?, using random: inout NumPyRandom) {
    switch kind {
    case .sample:
      for _ in 0..<count { rows.append(Int32(random.randint(rowCount))) }
    case .encoder:
      for (factor, size) in sizes.enumerated() {
        let values = random.randint(size, count: count)
        columns[factor] +=
          factor == fixed ? [Int](repeating: values[0], count: count) : values
      }
    case .grid:
      let start = rows.count
      rows += repeatElement(0, count: count)
      for factor in sizes.indices {
        drawColumn(factor, count, using: &random)
        if factor == fixed {
          scratch.replaceSubrange(0..<count, with: repeatElement(scratch[0], count: count))
        }
        addColumn(factor, count, at: start)
      }
    }
  }

  /// Draws the first and the second members of pairs that share one factor.
  mutating func appendPairs(_ count: Int, sharing shared: Int, using random: inout NumPyRandom) {
    guard kind == .grid else {
      let first = sizes.map { random.randint($0, count: count) }
      var second = sizes.map { random.randint($0, count: count) }
      second[shared] = first[shared]
      for factor in sizes.indices { columns[factor] += first[factor] + second[factor] }
      return
    }
    let start = rows.count
    rows += repeatElement(0, count: 2 * count)
    for factor in sizes.indices {
      drawColumn(factor, count, using: &random)
      addColumn(factor, count, at: start)
      if factor == shared { addColumn(factor, count, at: start + count) }
    }
    for factor in sizes.indices {
      drawColumn(factor, count, using: &random)
      if factor != shared { addColumn(factor, count, at: start + count) }
    }
  }

  /// Draws one factor's values into the scratch space.
  private mutating func drawColumn(
    _ factor: Int, _ count: Int, using random: inout NumPyRandom
  ) {
    if scratch.count < count { scratch = [UInt32](repeating: 0, count: count) }
    scratch.withUnsafeMutableBufferPointer { scratch in
      random.randint(
        sizes[factor], into: UnsafeMutableBufferPointer(rebasing: scratch[0..<count]))
    }
  }

  /// Adds the drawn values to the states from `start` on.
  private mutating func addColumn(_ factor: Int, _ count: Int, at start: Int) {
    let stride = Int32(strides[factor])
    for index in 0..<count { rows[start + index] &+= Int32(bitPattern: scratch[index]) &* stride }
  }
}
