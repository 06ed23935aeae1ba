import BenchSupport

extension GenerationMetric {
  /// The kernel distance as torch-fidelity computes it with the real set first.
  public static let kernel = GenerationMetric.kernel(
    "kid", isStandard: true, withOtherFeatures: .nothing
  ) { _ in .torchFidelity() }

  /// The same with the generated set first: the subsets are drawn in the other order.
  public static let kernelGeneratedFirst = GenerationMetric.kernel(
    "kid:generated-first", isGeneratedFirst: true
  ) { _ in .torchFidelity() }

  /// The kernel distance as clean-fid and StyleGAN compute it.
  public static let kernelCleanFID = GenerationMetric.kernel("kid:clean-fid") { options in
    .cleanFID(seed: options.seed)
  }

  /// The kernel distance of all samples at once.
  public static let kernelOfAll = GenerationMetric.kernel("kid:all") { _ in .allSamples }

  /// The kernel distance under a Gaussian kernel, as torch-fidelity computes it with `kid_kernel="rbf"`.
  public static let kernelGaussian = GenerationMetric.kernel(
    "kid:rbf", of: .gaussian(bandwidth: 10)
  ) { _ in .torchFidelity() }

  private static func kernel(
    _ name: String, of kernel: KernelDistance.Kernel = .cubic, isStandard: Bool = false,
    withOtherFeatures meaning: OtherFeatures = .sameMetric,
    isGeneratedFirst: Bool = false,
    variant: @escaping @Sendable (GenerationOptions) -> KernelDistance.Variant
  ) -> GenerationMetric {
    GenerationMetric(
      MetricDescription(name: name, direction: .lowerIsBetter, unit: "squared MMD"),
      isStandard: isStandard, withOtherFeatures: meaning
    ) { pair in
      let sets = try pair.features(for: name)
      // The distance is symmetric but for the order in which subsets are drawn.
      let (first, second) =
        isGeneratedFirst ? (sets.generated, sets.reference) : (sets.reference, sets.generated)
      let variant = variant(pair.options)
      let distance = try KernelDistance(
        reference: first, generated: second, variant: variant, kernel: kernel,
        subsetCount: pair.options.kernelSubsetCount, subsetSize: pair.options.kernelSubsetSize)
      guard variant != .allSamples else { return Value(distance.value) }
      var details: [String: JSONValue] = [
        "std": .number(distance.standardDeviation),
        "subsets": .integer(distance.subsetValues.count),
        "subset_size": .integer(distance.subsetSize),
      ]
      if case .gaussian(let bandwidth) = kernel { details["sigma"] = .number(bandwidth) }
      return Value(distance.value, details: details)
    }
  }
}
