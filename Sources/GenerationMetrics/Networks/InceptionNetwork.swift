public import Torch

/// The Inception-v3 of the Fréchet inception distance: the graph of 2015-12-05, for inference.
///
/// It differs from later Inception-v3: averages leave out the padding, the last block pools maxima,
/// there are 1008 classes and no auxiliary classifier. Batch normalisations are folded into the
/// convolutions, which changes results by rounding alone. *Rethinking the Inception Architecture for
/// Computer Vision*, arXiv:1512.00567.
public struct InceptionNetwork: Sendable {
  /// What the network can hand out.
  public enum Tap: String, Sendable, CaseIterable {
    /// 64 channels after the first pool, averaged over pixels.
    case pool1 = "64"
    /// 192 channels after the second pool, averaged over pixels.
    case pool2 = "192"
    /// 768 channels before the auxiliary classifier's place, averaged over pixels.
    case preLogits = "768"
    /// The 2048 features of the usual distance.
    case pool3 = "2048"
    /// The first seven channels of `Mixed_6d`'s 1×1 convolution at 17×17 pixels, for spatial FID.
    case spatial
    /// The classifier's output without its bias, as the inception score's references use it.
    case logits
    /// The classifier's output with its bias.
    case biasedLogits = "logits-biased"

    /// Features per image.
    public var width: Int {
      switch self {
      case .pool1: 64
      case .pool2: 192
      case .preLogits: 768
      case .pool3: 2048
      case .spatial: 7 * 17 * 17
      case .logits, .biasedLogits: 1008
      }
    }
  }

  /// Side of the images that go in, in pixels.
  public static let inputSide = 299

  /// SHA-256 over all parameters: equal for equal weights in whatever file.
  public let checksum: String

  private let stages: [(name: String, stage: any InceptionStage)]
  private let classifierWeight: Tensor?
  private let classifierBias: Tensor?
  /// The one unit whose output spatial FID looks at.
  private let spatialUnit: FusedConvolution?
  private let device: Device

  /// Reads all parameters, named as in pytorch-fid's release.
  ///
  /// Without the classifier's, `fc`, the network has no logits.
  ///
  /// - Parameters:
  ///   - weights: Where they come from.
  ///   - device: Where the network runs.
  /// - Throws: ``WeightError`` if a parameter is missing, damaged or of another shape, ``TorchError``
  ///   if libtorch is missing.
  public init(weights: any WeightSource, device: Device = .cpu) throws {
    let source = HashingSource(weights)
    let build = UnitBuilder(device: device) { unit in try unit.folded(source) }
    let stages = try Self.stages(build, count: Self.stageNames.count)
    self.stages = stages
    let classifier = try Self.classifier(source, device)
    classifierWeight = classifier?.weight
    classifierBias = classifier?.bias
    let block = stages[Self.spatialStage].stage as? InceptionBlock
    spatialUnit = (block?.branches.first as? Chain)?.units.first
    checksum = source.checksum
    self.device = device
  }

  /// The classifier's parameters; nil for weights without them, which have all that distances look at.
  private static func classifier(
    _ source: any WeightSource, _ device: Device
  ) throws -> (weight: Tensor, bias: Tensor)? {
    do {
      let weight = try source.parameter("fc.weight", shape: [1008, 2048])
      let bias = try source.parameter("fc.bias", shape: [1008])
      return (
        try Tensor(weight, shape: [1008, 2048], device: device),
        try Tensor(bias, shape: [1008], device: device)
      )
    } catch WeightError.missingTensor {
      return nil
    }
  }

  /// The first stages of the network from parameters whose normalisation is already folded in.
  ///
  /// - Parameters:
  ///   - stageCount: How many of ``stageNames``.
  ///   - parameters: Weights `[output, input, height, width]` and bias of a unit, by its name.
  /// - Throws: What `parameters` throws, or ``TorchError``.
  package init(
    stageCount: Int, folded parameters: (String) throws -> (weight: [Float], bias: [Float])
  ) throws {
    stages = try withoutActuallyEscaping(parameters) { parameters in
      let build = UnitBuilder(device: .cpu) { unit in try parameters(unit.name) }
      return try Self.stages(build, count: stageCount)
    }
    classifierWeight = nil
    classifierBias = nil
    spatialUnit = nil
    checksum = ""
    device = .cpu
  }

  /// The names of the stages in order; pools carry the name of what precedes them.
  package static let stageNames = [
    "Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "MaxPool_1", "Conv2d_3b_1x1",
    "Conv2d_4a_3x3", "MaxPool_2", "Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6a", "Mixed_6b",
    "Mixed_6c", "Mixed_6d", "Mixed_6e", "Mixed_7a", "Mixed_7b", "Mixed_7c",
  ]
  /// The stage within which spatial FID looks.
  private static let spatialStage = 13

  private static func stages(
    _ build: UnitBuilder, count: Int
  ) throws -> [(name: String, stage: any InceptionStage)] {
    try stageNames.prefix(count).map { name in (name, try stage(name, build)) }
  }

  private static func stage(_ name: String, _ build: UnitBuilder) throws -> any InceptionStage {
    switch name {
    case "Conv2d_1a_3x3": Chain(try build(name, 3, 32, 3, 3, stride: 2))
    case "Conv2d_2a_3x3": Chain(try build(name, 32, 32, 3, 3))
    case "Conv2d_2b_3x3": Chain(try build(name, 32, 64, 3, 3, padding: [1, 1]))
    case "Conv2d_3b_1x1": Chain(try build(name, 64, 80, 1, 1))
    case "Conv2d_4a_3x3": Chain(try build(name, 80, 192, 3, 3))
    case "Mixed_5b": try build.blockA(name, inputs: 192, pooled: 32)
    case "Mixed_5c": try build.blockA(name, inputs: 256, pooled: 64)
    case "Mixed_5d": try build.blockA(name, inputs: 288, pooled: 64)
    case "Mixed_6a": try build.blockB(name)
    case "Mixed_6b": try build.blockC(name, inner: 128)
    case "Mixed_6c", "Mixed_6d": try build.blockC(name, inner: 160)
    case "Mixed_6e": try build.blockC(name, inner: 192)
    case "Mixed_7a": try build.blockD(name)
    case "Mixed_7b": try build.blockE(name, inputs: 1280, poolsMaxima: false)
    case "Mixed_7c": try build.blockE(name, inputs: 2048, poolsMaxima: true)
    default: HalvingPool()
    }
  }

  /// What taps see of a batch of images.
  ///
  /// - Parameters:
  ///   - images: `[batch, 3, 299, 299]`, already normalised; see ``ImagePreparation``.
  ///   - taps: Which outputs; the network runs no further than they need.
  /// - Returns: `[batch, width]` in single precision, per tap.
  /// - Throws: ``TorchError`` if libtorch fails.
  public func features(
    of images: Tensor, taps: Set<Tap> = [.pool3]
  ) throws(TorchError) -> [Tap: Tensor] {
    try withoutGradients { () throws(TorchError) in
      var results: [Tap: Tensor] = [:]
      var maps = try BoundedTensor(measuring: images.to(device).channelsLast())
      for (name, stage) in stages {
        if taps.contains(.spatial), name == Self.stageNames[Self.spatialStage], let spatialUnit {
          results[.spatial] = try spatialUnit(maps).tensor.narrowed(1, start: 0, count: 7)
            .contiguous().flattened()
        }
        maps = try stage(maps)
        if let tap = Self.tap(after: name), taps.contains(tap) {
          results[tap] = try maps.tensor.mean([2, 3])
        }
        if results.count == taps.count { return results }
      }
      let pooled = try maps.tensor.mean([2, 3])
      if taps.contains(.pool3) { results[.pool3] = pooled }
      guard let classifierWeight else { return results }
      if taps.contains(.logits) {
        results[.logits] = try pooled.linear(classifierWeight, bias: nil)
      }
      if taps.contains(.biasedLogits) {
        results[.biasedLogits] = try pooled.linear(classifierWeight, bias: classifierBias)
      }
      return results
    }
  }

  /// The output of every stage, averaged over pixels, for comparison with other implementations.
  package func stageMeans(of images: Tensor) throws(TorchError) -> [String: Tensor] {
    try withoutGradients { () throws(TorchError) in
      var means: [String: Tensor] = [:]
      var maps = try BoundedTensor(measuring: images.channelsLast())
      for (name, stage) in stages {
        maps = try stage(maps)
        means[name] = try maps.tensor.mean([2, 3])
      }
      return means
    }
  }

  private static func tap(after stage: String) -> Tap? {
    switch stage {
    case "MaxPool_1": .pool1
    case "MaxPool_2": .pool2
    case "Mixed_6e": .preLogits
    default: nil
    }
  }
}
