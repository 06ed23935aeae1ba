import BenchSupport

/// Where a network's parameters come from.
public protocol WeightSource {
  /// What errors call the source, for instance its path.
  var name: String { get }
  /// One parameter, which must have that shape.
  ///
  /// - Throws: ``WeightError`` if it is missing, damaged, not finite, or of another shape.
  func parameter(_ name: String, shape: [Int]) throws(WeightError) -> [Float]
}

extension WeightFile: WeightSource {
  /// The file's path.
  public var name: String { path }

  /// One tensor of the file, checked.
  public func parameter(_ name: String, shape: [Int]) throws(WeightError) -> [Float] {
    let array = try array(name)
    guard array.shape == shape else {
      throw .shapeMismatch(path: path, tensor: name, expected: shape, found: array.shape)
    }
    if let index = array.elements.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(path: path, tensor: name, index: index, value: array.elements[index])
    }
    return array.elements
  }
}

/// Deterministic random parameters, for tests and for trying the pipeline without weights.
///
/// Element `i` of parameter `key` is the 24 high bits of the splitmix64 finaliser of
/// `FNV-1a("seed/key") + (i + 1) · 0x9E3779B97F4A7C15`, as a uniform number in −1 ..< 1, scaled so
/// that activations keep their size.
public struct RandomWeights: WeightSource {
  /// What every name of random parameters begins with.
  public static let prefix = "random:"

  /// The seed.
  public let seed: UInt64
  /// The numerator of the squared scale of fully connected weights: 3 where no ReLU follows.
  let linearGain: Double

  /// What errors call it, for instance `random:1`.
  public var name: String { "\(Self.prefix)\(seed)" }

  /// Parameters of a seed.
  ///
  /// - Parameters:
  ///   - seed: The seed.
  ///   - linearGain: 3 for a last layer without ReLU, 6 for layers with.
  public init(seed: UInt64, linearGain: Double = 3) {
    self.seed = seed
    self.linearGain = linearGain
  }

  /// One parameter; its kind is told from its name and shape.
  public func parameter(_ name: String, shape: [Int]) -> [Float] {
    let inputs = Double(shape.dropFirst().reduce(1, *))
    let (centre, scale): (Double, Double) =
      if name.hasSuffix("running_var") {
        (1, 0.3)
      } else if shape.count == 1 && (name.hasSuffix(".weight") || name.hasSuffix(".gamma")) {
        (1, 0.2)  // The gain of a normalisation or of a branch.
      } else if name.hasSuffix("bias") || name.hasSuffix("running_mean") {
        (0, 0.1)
      } else if ["token", "embed", "embedding"].contains(where: { name.hasSuffix($0) }) {
        (0, 0.5)
      } else if shape.count == 4 {
        (0, (6 / inputs).squareRoot())
      } else {
        (0, (linearGain / inputs).squareRoot())
      }
    let start = "\(seed)/\(name)".utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    return (0..<shape.reduce(1, *)).map { index in
      var word = start &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
      word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
      word ^= word >> 31
      return Float(centre + scale * (Double(word >> 40) * 0x1p-23 - 1))
    }
  }
}

/// Passes parameters on and takes their checksum, in the order in which they are asked for.
final class HashingSource: WeightSource {
  private let source: any WeightSource
  private var checksums: [String] = []

  var name: String { source.name }

  init(_ source: any WeightSource) { self.source = source }

  func parameter(_ name: String, shape: [Int]) throws(WeightError) -> [Float] {
    let elements = try source.parameter(name, shape: shape)
    var digest = Digest(.sha256)
    elements.withUnsafeBytes { digest.update($0) }
    checksums.append("\(name) \(digest.hexadecimal())")
    return elements
  }

  /// The checksum of all parameters so far: equal for equal weights, whatever the file's format.
  var checksum: String { Digest.of(Array(checksums.joined(separator: "\n").utf8)) }
}
