import BenchSupport
import LinearAlgebra

/// The Monge inception distance (MIND): the squared sliced Wasserstein distance of two sets of features,
/// times three times their number of features.
///
/// `(3 D / (n M)) Σ ‖sort(X u) − sort(Y u)‖²` over `M` random directions `u` of length 1, `n` samples of
/// either set: *MIND: Monge Inception Distance for Generative Models Evaluation*, arXiv:2605.06797, with
/// the draws of torch-fidelity's `mind_features_to_metric`: the larger set is cut to a random part of the
/// smaller one's size.
///
/// Projections are formed in single precision of features about the reference mean, which moves both sets
/// alike; their differences are squared and summed in double.
public struct SlicedDistance: Sendable, Equatable {
  /// The distance.
  public let value: Double
  /// How many samples of either set were compared.
  public let sampleCount: Int
  /// The number of directions.
  public let directionCount: Int

  /// Computes the distance.
  ///
  /// - Parameters:
  ///   - reference: Features of the real images.
  ///   - generated: Features of the generated images.
  ///   - directionCount: Number of directions; with the features at least 16 numbers.
  ///   - seed: Seed of the draws, 2020 in torch-fidelity.
  /// - Throws: ``GenerationError`` if widths differ, a set is empty or there are too few directions.
  public init(
    reference: FeatureSet, generated: FeatureSet, directionCount: Int = 1000, seed: UInt32 = 2020
  ) throws {
    try GenerationError.requireEqualWidth(reference, generated)
    let width = reference.width
    guard directionCount >= 1 && directionCount * width >= 16 else {
      throw GenerationError.invalidParameter(
        name: "the number of directions", value: directionCount,
        expected: "at least \((15 + max(1, width)) / max(1, width))")
    }
    let count = min(reference.count, generated.count)
    for set in [reference, generated] where set.count < 1 {
      throw GenerationError.tooFewSamples(set: set.name, found: 0, needed: 1, metric: "'mind'")
    }
    var random = TorchRandom(seed: seed)
    let rows = [reference, generated].map { set in
      // Both are never cut, so the order of the sets does not matter.
      set.count > count ? Array(random.permutation(set.count).prefix(count)) : Array(0..<count)
    }
    let directions = Self.directions(directionCount, width: width, &random)
    let mean = columnMeans(reference.features)
    let sides = [reference, generated].enumerated().map { side, set in
      Self.centred(set.features, rows[side], mean)
    }
    let size = 32
    let sums = try Parallel.tryMap((directionCount + size - 1) / size) { block in
      let part = block * size..<min(directionCount, (block + 1) * size)
      var sorter = FloatSorter(count: count)
      let projections = try sides.map { side in
        var projections = Matrix<Float>(rowCount: part.count, columnCount: count)
        try directions.withUnsafeBufferPointer { directions in
          guard let first = directions.baseAddress else { return }
          try Float.gemm(
            transposeA: false, transposeB: true, m: part.count, n: count, k: width, alpha: 1,
            a: first + part.lowerBound * width, strideA: width, b: side.elements, strideB: width,
            beta: 0, c: &projections.elements, strideC: count)
        }
        for direction in 0..<part.count {
          sorter.sort(&projections.elements, from: direction * count)
        }
        return projections.elements
      }
      return zip(projections[0], projections[1]).reduce(0.0) { sum, pair in
        let difference = Double(pair.0) - Double(pair.1)
        return sum + difference * difference
      }
    }
    value = 3 * Double(width) * sums.reduce(0, +) / (Double(count) * Double(directionCount))
    sampleCount = count
    self.directionCount = directionCount
  }

  /// Random directions of length 1, one after the other.
  private static func directions(
    _ count: Int, width: Int, _ random: inout TorchRandom
  ) -> [Float] {
    var directions = random.normals(count * width)
    for direction in 0..<count {
      let places = direction * width..<(direction + 1) * width
      let square = places.reduce(0.0) { $0 + Double(directions[$1]) * Double(directions[$1]) }
      let length = max(square.squareRoot(), 1e-12)
      for place in places { directions[place] = Float(Double(directions[place]) / length) }
    }
    return directions
  }

  private static func centred(
    _ features: Matrix<Float>, _ rows: [Int], _ mean: [Double]
  ) -> Matrix<Float> {
    let width = features.columnCount
    let elements = [Float](unsafeUninitializedCapacity: rows.count * width) { target, count in
      features.elements.withUnsafeBufferPointer { source in
        for (index, row) in rows.enumerated() {
          for column in 0..<width {
            target.initializeElement(
              at: index * width + column,
              to: Float(Double(source[row * width + column]) - mean[column]))
          }
        }
      }
      count = rows.count * width
    }
    return Matrix(rowCount: rows.count, columnCount: width, elements: elements)
  }
}

/// Sorts runs of finite numbers of one length, by their bits: three rounds of eleven.
private struct FloatSorter {
  private let count: Int
  private var keys: [UInt32]
  private var others: [UInt32]

  /// Prepares for runs of `count` numbers.
  init(count: Int) {
    self.count = count
    keys = Array(repeating: 0, count: count)
    others = keys
  }

  /// Sorts the numbers from a place on, ascending.
  mutating func sort(_ values: inout [Float], from start: Int) {
    for index in 0..<count {
      let bits = values[start + index].bitPattern
      // Ordered as whole numbers: negative ones reversed, below the others.
      keys[index] = bits ^ (bits >> 31 == 1 ? 0xFFFF_FFFF : 0x8000_0000)
    }
    for shift in [0, 11, 22] as [UInt32] {
      pass(shift)
      swap(&keys, &others)
    }
    for index in 0..<count {
      let key = keys[index]
      values[start + index] = Float(
        bitPattern: key ^ (key >> 31 == 1 ? 0x8000_0000 : 0xFFFF_FFFF))
    }
  }

  /// Moves `keys` to `others` in the order of eleven bits.
  private mutating func pass(_ shift: UInt32) {
    let count = count
    var places = [Int](repeating: 0, count: 2048)
    keys.withUnsafeBufferPointer { keys in
      others.withUnsafeMutableBufferPointer { others in
        places.withUnsafeMutableBufferPointer { places in
          for index in 0..<count { places[Int(keys[index] >> shift & 2047)] += 1 }
          var next = 0
          for digit in 0..<2048 {
            (places[digit], next) = (next, next + places[digit])
          }
          for index in 0..<count {
            let digit = Int(keys[index] >> shift & 2047)
            others[places[digit]] = keys[index]
            places[digit] += 1
          }
        }
      }
    }
  }
}
