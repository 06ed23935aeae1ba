import BenchSupport
import Glibc

/// Some combinations of the factors of another dataset, for instance to train on.
///
/// Built for tests of generalisation: hold combinations out of training, or let two factors occur
/// together more often than by chance, and evaluate on the whole dataset.
public struct FactorSubset: FactorDataset {
  /// The dataset with all combinations.
  public let base: any FactorDataset
  /// Which of its images, ascending.
  public let indices: [Int]
  /// The base's name and what distinguishes the part.
  public let name: String
  private let part: String

  private init(_ base: any FactorDataset, part: String, contains: (Int) -> Bool) {
    self.base = base
    self.part = part
    name = "\(base.name)-\(part)"
    indices = (0..<base.count).filter(contains)
    precondition(!indices.isEmpty, "no image of \(base.name) is in part \(part)")
  }

  /// Which side of a split.
  public enum Side: String, Sendable, CaseIterable {
    /// What is trained on.
    case train
    /// What is held out.
    case test
  }

  /// A split at random: every combination of factors is in one side.
  ///
  /// - Parameters:
  ///   - base: The whole dataset.
  ///   - side: Which side.
  ///   - testShare: The share of combinations that is held out, 0…1.
  ///   - seed: Of the split.
  public init(randomSplitOf base: any FactorDataset, _ side: Side, testShare: Double, seed: UInt64)
  {
    precondition(testShare > 0 && testShare < 1, "a test share of \(testShare)")
    self.init(base, part: side.rawValue) { index in
      // By combination, so that images that share their factors stay together.
      let combination = FactorGrid(sizes: base.factorSizes)
        .index(ofFactors: base.factors(at: index))
      var generator = Philox(seed: seed, stream: UInt64(combination))
      return (generator.uniform() < testShare) == (side == .test)
    }
  }

  /// A split that holds out new compositions: the test side has all images where every one of the
  /// given factors is in the upper half of its values; each value alone is seen in training.
  ///
  /// - Parameters:
  ///   - base: The whole dataset.
  ///   - side: Which side.
  ///   - factors: Names of at least two factors.
  /// - Throws: ``DatasetError/invalidArgument(_:)`` if the dataset lacks a factor.
  public init(
    compositionSplitOf base: any FactorDataset, _ side: Side, factors: [String]
  ) throws(DatasetError) {
    let columns = try Self.columns(of: factors, in: base)
    guard columns.count >= 2, columns.allSatisfy({ base.factorSizes[$0] >= 2 }) else {
      throw .invalidArgument("A composition needs at least two factors with two values each.")
    }
    let part = "\(side.rawValue)-\(factors.joined(separator: "-"))"
    self.init(base, part: part) { index in
      let values = base.factors(at: index)
      let isHeldOut = columns.allSatisfy { 2 * values[$0] >= base.factorSizes[$0] }
      return isHeldOut == (side == .test)
    }
  }

  /// Two factors that occur together more often than by chance.
  ///
  /// An image stays with probability exp(−(a − b)² / 2σ²), where a and b are the factors' values
  /// scaled to 0…1; after *On Disentangled Representations Learned from Correlated Data*,
  /// arXiv:2006.07886, section 3. Images are selected, not repeated, so that a part is a dataset.
  ///
  /// - Parameters:
  ///   - first: Name of a factor.
  ///   - second: Name of another factor.
  ///   - base: The whole dataset.
  ///   - width: σ, in the units of scaled values; 0.2 is strong, 1 weak.
  ///   - seed: Of the selection.
  /// - Throws: ``DatasetError/invalidArgument(_:)`` if the dataset lacks a factor, the two are one, or
  ///   the width is not positive.
  public init(
    correlationOf first: String, _ second: String, in base: any FactorDataset, width: Double,
    seed: UInt64
  ) throws(DatasetError) {
    let columns = try Self.columns(of: [first, second], in: base)
    guard columns[0] != columns[1], width > 0, width.isFinite else {
      throw .invalidArgument("A correlation needs two different factors and a positive width.")
    }
    let scales = columns.map { Double(max(1, base.factorSizes[$0] - 1)) }
    self.init(base, part: "correlated-\(first)-\(second)-\(width)") { index in
      let values = base.factors(at: index)
      let distance =
        Double(values[columns[0]]) / scales[0] - Double(values[columns[1]]) / scales[1]
      var generator = Philox(seed: seed, stream: UInt64(index))
      return generator.uniform() < exp(-distance * distance / (2 * width * width))
    }
  }

  /// The part that a text describes: `train`, `test`, `train(shape,scale)`, `test(shape,scale)` or
  /// `correlated(floor_hue,wall_hue,0.2)`.
  ///
  /// Random splits hold out a fifth of the combinations; all use seed 0.
  ///
  /// - Throws: ``DatasetError/invalidArgument(_:)`` if it describes none.
  public init(_ text: String, of base: any FactorDataset) throws(DatasetError) {
    let parts = text.split(separator: "(", maxSplits: 1, omittingEmptySubsequences: false)
    let isClosed = parts.count == 1 || parts[1].hasSuffix(")")
    let arguments =
      parts.count == 1 ? [] : parts[1].dropLast().split(separator: ",").map { String($0) }
    if isClosed, let side = Side(rawValue: String(parts[0])) {
      if parts.count == 1 {
        self.init(randomSplitOf: base, side, testShare: 0.2, seed: 0)
      } else {
        try self.init(compositionSplitOf: base, side, factors: arguments)
      }
      return
    }
    guard isClosed, parts[0] == "correlated", arguments.count == 3, let width = Double(arguments[2])
    else {
      throw .invalidArgument(
        "'\(text)' is no part of dataset '\(base.name)'; parts are train, test, train(FACTOR,FACTOR),"
          + " test(FACTOR,FACTOR) and correlated(FACTOR,FACTOR,WIDTH).")
    }
    try self.init(correlationOf: arguments[0], arguments[1], in: base, width: width, seed: 0)
  }

  private static func columns(
    of names: [String], in base: any FactorDataset
  ) throws(DatasetError) -> [Int] {
    var columns: [Int] = []
    for name in names {
      guard let column = base.factorNames.firstIndex(of: name) else {
        throw .invalidArgument(
          "Dataset '\(base.name)' has no factor '\(name)'; it has "
            + base.factorNames.joined(separator: ", ") + ".")
      }
      columns.append(column)
    }
    return columns
  }

  /// The base's.
  public var imageShape: ImageShape { base.imageShape }
  /// The number of images of the part.
  public var count: Int { indices.count }
  /// The base's.
  public var factorNames: [String] { base.factorNames }
  /// The base's.
  public var factorSizes: [Int] { base.factorSizes }

  /// The base's checksum and that of the selection.
  public var checksum: String {
    let list = indices.withUnsafeBytes { bytes -> String in
      var digest = Digest(.sha256)
      digest.update(bytes)
      return digest.hexadecimal()
    }
    return "\(base.checksum)/\(part):\(list.prefix(16))"
  }

  /// The values of every factor of an image.
  public func factors(at index: Int) -> [Int] { base.factors(at: indices[index]) }

  /// The image with these values if the part has it, else the one that follows it in the base.
  public func index(ofFactors factors: [Int]) -> Int {
    let wanted = base.index(ofFactors: factors)
    var low = 0
    var high = indices.count - 1
    while low < high {
      let middle = (low + high) / 2
      if indices[middle] < wanted { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Reads images of the base.
  public func read(
    _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(DatasetError) {
    checkRequest(indices, pixels)
    try base.read(indices.map { self.indices[$0] }, into: pixels)
  }
}
