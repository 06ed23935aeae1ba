import BenchSupport
import LinearAlgebra

/// The kernel (inception) distance: the squared maximum mean discrepancy of two sets of features
/// under a kernel, averaged over random subsets.
///
/// The unbiased estimator (diagonals left out of the two inner terms) of *Demystifying MMD GANs*,
/// arXiv:1801.01401, with `k(x, y) = (x·y / D + 1)³`, or with a Gaussian kernel. Raw scale: papers
/// print it times 100 or 1000. It can be negative.
///
/// Products are formed in single precision of features centred on the reference mean, the terms
/// linear in the mean in double; kernels are summed in double.
public struct KernelDistance: Sendable, Equatable {
  /// The kernel.
  public enum Kernel: Sendable, Equatable {
    /// `(x·y / D + 1)³`.
    case cubic
    /// `exp(−‖x − y‖² / 2σ²)`; torch-fidelity's `kid_kernel="rbf"` has a bandwidth of 10.
    case gaussian(bandwidth: Double = 10)
  }

  /// Which published variant.
  public enum Variant: Sendable, Equatable {
    /// torch-fidelity: subsets drawn by NumPy's `RandomState`; both sets must hold a whole subset.
    case torchFidelity(seed: UInt32 = 2020)
    /// clean-fid and StyleGAN: subsets of at most the smaller set's size. The references do not
    /// seed them; here they come from Philox.
    case cleanFID(seed: UInt64 = 0)
    /// The unbiased estimate on all samples at once, without subsets.
    case allSamples
  }

  /// The mean over the subsets.
  public let value: Double
  /// The standard deviation over the subsets, divided by their number.
  public let standardDeviation: Double
  /// The value of each subset.
  public let subsetValues: [Double]
  /// How many samples of each set a subset holds.
  public let subsetSize: Int

  /// Computes the distance.
  ///
  /// - Parameters:
  ///   - reference: Features of the real images.
  ///   - generated: Features of the generated images.
  ///   - variant: How subsets are drawn.
  ///   - kernel: The kernel.
  ///   - subsetCount: Number of subsets.
  ///   - subsetSize: Samples of each set per subset; at least 2.
  /// - Throws: ``GenerationError`` if widths differ or a set is too small.
  public init(
    reference: FeatureSet, generated: FeatureSet, variant: Variant = .torchFidelity(),
    kernel: Kernel = .cubic, subsetCount: Int = 100, subsetSize: Int = 1000
  ) throws {
    try GenerationError.requireEqualWidth(reference, generated)
    let kernel: FeatureKernel =
      switch kernel {
      case .cubic: .cubic
      case .gaussian(let bandwidth): .gaussian(bandwidth: bandwidth)
      }
    guard subsetCount >= 1 else {
      throw GenerationError.invalidParameter(
        name: "the number of KID subsets", value: subsetCount, expected: "at least 1")
    }
    let mean = columnMeans(reference.features)
    let first = CentredSet(reference, mean: mean, kernel: kernel)
    let second = CentredSet(generated, mean: mean, kernel: kernel)
    if variant == .allSamples {
      for set in [reference, generated] where set.count < 2 {
        throw GenerationError.tooFewSamples(
          set: set.name, found: set.count, needed: 2, metric: "the kernel distance")
      }
      value = try Self.discrepancy(first, second)
      standardDeviation = 0
      subsetValues = [value]
      self.subsetSize = max(reference.count, generated.count)
      return
    }
    var size = subsetSize
    if case .cleanFID = variant { size = min(size, reference.count, generated.count) }
    let needed = max(2, size)
    let possible = min(reference.count, generated.count)
    for set in [reference, generated] where set.count < needed {
      throw GenerationError.tooFewSamples(
        set: set.name, found: set.count, needed: needed,
        metric: "the kernel distance with subsets of \(needed)",
        remedy: possible < 2
          ? nil : "take smaller subsets (bench fid --kid-subset-size \(possible))")
    }
    let subsets = Self.subsets(
      variant, counts: (reference.count, generated.count), subsetCount: subsetCount, size: size)
    // Several subsets use one piece of memory after the other.
    let share = 4
    let rowCount = size
    let values = try Parallel.tryMap((subsetCount + share - 1) / share) { task in
      let scratch = SubsetScratch(size: rowCount, width: reference.width)
      return try (task * share..<min(subsetCount, (task + 1) * share)).map { index in
        try scratch.discrepancy(first, subsets[index].0, second, subsets[index].1)
      }
    }.flatMap { $0 }
    let average = values.reduce(0, +) / Double(subsetCount)
    value = average
    standardDeviation =
      (values.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(subsetCount)).squareRoot()
    subsetValues = values
    self.subsetSize = size
  }

  private static func subsets(
    _ variant: Variant, counts: (Int, Int), subsetCount: Int, size: Int
  ) -> [([Int], [Int])] {
    switch variant {
    case .torchFidelity(let seed):
      var random = NumPyRandom(seed: seed)
      return (0..<subsetCount).map { _ in
        let first = random.permutation(counts.0).prefix(size)
        return (Array(first), Array(random.permutation(counts.1).prefix(size)))
      }
    case .cleanFID(let seed):
      return (0..<subsetCount).map { index in
        var random = Philox(seed: seed, stream: UInt64(index))
        let first = random.permutation(of: counts.0).prefix(size)
        return (Array(first), Array(random.permutation(of: counts.1).prefix(size)))
      }
    case .allSamples: return []
    }
  }

  /// The unbiased squared discrepancy of whole sets.
  private static func discrepancy(_ first: CentredSet, _ second: CentredSet) throws -> Double {
    let inner = try [first, second].map { set in
      try KernelSums.withinSet(set) / (Double(set.count) * Double(set.count - 1))
    }
    let cross = try KernelSums.between(first, second)
    return inner[0] + inner[1] - 2 * cross / (Double(first.count) * Double(second.count))
  }
}
