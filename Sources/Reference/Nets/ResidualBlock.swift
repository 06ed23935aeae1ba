package import Torch

/// A residual block whose second normalisation is scaled and shifted by conditions (AdaGN).
///
/// GroupNorm → SiLU → 3×3 → GroupNorm·(1 + a(e)) + b(e) → SiLU → 3×3, plus the input, as in ADM
/// (Dhariwal & Nichol, arXiv:2105.05233). Further conditions scale and shift what the one before left. The
/// second convolution starts at zero. Other nets have one convolution, or a third after another normalisation (``Body``).
package struct ResidualBlock {
  /// What a block consists of.
  package struct Body: Sendable {
    /// Its 3×3 convolutions, each after a normalisation; conditions enter before the second.
    package var convolutionCount: Int
    /// How the last of several starts.
    package var lastInitializer: Initializer
    /// The share of features that training drops before every convolution but the first.
    package var dropout: Double

    /// Two convolutions, the second from zero, and nothing dropped, if nothing else is said.
    package init(
      convolutionCount: Int = 2, lastInitializer: Initializer = .constant(0), dropout: Double = 0
    ) {
      self.convolutionCount = convolutionCount
      self.lastInitializer = lastInitializer
      self.dropout = dropout
    }
  }

  /// A condition, and how it enters.
  package struct Condition {
    /// What it does to maps.
    package enum Entry: Sendable {
      /// It scales and shifts what the second normalisation leaves.
      case scaleAndShift
      /// It scales it.
      case scale
      /// It is added to what the first convolution leaves, before the second normalisation.
      case sum
    }

    /// The name of its projection's parameters.
    let name: String
    /// Numbers per image.
    let width: Int
    /// What it does.
    let entry: Entry
    /// How its projection starts.
    let initializer: Initializer

    /// Describes a condition.
    package init(
      name: String = "condition", width: Int, entry: Entry = .scaleAndShift,
      initializer: Initializer = .constant(0)
    ) {
      self.name = name
      self.width = width
      self.entry = entry
      self.initializer = initializer
    }
  }

  /// Whether the block changes the size of the map, before its first convolution and on both paths.
  enum Resampling {
    /// The same size.
    case none
    /// Half the size, averaged.
    case halved
    /// Twice the size, repeated.
    case doubled

    fileprivate func callAsFunction(_ features: Tensor) throws -> Tensor {
      switch self {
      case .none: features
      case .halved: try features.averagePool(kernel: 2, stride: 2)
      case .doubled:
        try features.upsampledNearest(to: features.shape.dropFirst(2).map { 2 * $0 })
      }
    }
  }

  private let firstNorm: GroupNorm
  private let firstConvolution: Convolution
  private let projections: [(linear: Linear, entry: Condition.Entry)]
  /// The normalisations and convolutions after the first.
  private let others: [(norm: GroupNorm, convolution: Convolution)]
  private let skip: Convolution?
  private let dropout: Double
  private let output: Int
  private let resampling: Resampling

  /// Adds the layers to a scope.
  init(
    _ scope: ParameterScope, input: Int, output: Int, conditions: [Condition],
    body: Body = Body(), resampling: Resampling = .none, groups: (Int) -> Int = groupCount
  ) throws {
    precondition(
      body.convolutionCount > 1 || conditions.isEmpty, "conditions of a block of one convolution")
    self.output = output
    self.resampling = resampling
    dropout = body.dropout
    firstNorm = try GroupNorm(scope.scope("norm1"), groups: groups(input), channels: input)
    firstConvolution = try Convolution(
      scope.scope("conv1"), input: input, output: output, kernel: 3, padding: 1)
    projections = try conditions.map { condition in
      let linear = try Linear(
        scope.scope(condition.name), input: condition.width,
        output: condition.entry == .scaleAndShift ? 2 * output : output, condition.initializer)
      return (linear, condition.entry)
    }
    let count = body.convolutionCount
    others = try (1..<count).map { index in
      (
        try GroupNorm(
          scope.scope("norm\(index + 1)"), groups: groups(output), channels: output),
        try Convolution(
          scope.scope("conv\(index + 1)"), input: output, output: output, kernel: 3, padding: 1,
          index == count - 1 ? body.lastInitializer : .torchDefault)
      )
    }
    skip =
      input == output
      ? nil : try Convolution(scope.scope("skip"), input: input, output: output, kernel: 1)
  }

  /// The same with one condition, whose projection starts at zero.
  init(_ scope: ParameterScope, input: Int, output: Int, condition: Int) throws {
    try self.init(
      scope, input: input, output: output, conditions: [Condition(width: condition)])
  }

  /// [batch, input, height, width] and one condition, [batch, condition].
  func callAsFunction(_ input: Tensor, _ condition: Tensor) throws -> Tensor {
    try self(input, [condition])
  }

  /// [batch, input, height, width] and the conditions, [batch, condition] each → [batch, output, height, width].
  func callAsFunction(_ input: Tensor, _ conditions: [Tensor], isTraining: Bool = false) throws
    -> Tensor
  {
    precondition(conditions.count == projections.count, "\(conditions.count) conditions")
    var features = try firstConvolution(resampling(firstNorm(input).silu()))
    for (projection, condition) in zip(projections, conditions) where projection.entry == .sum {
      features = try features + projection.linear(condition).reshaped([-1, output, 1, 1])
    }
    for (index, layers) in others.enumerated() {
      var normalized = try layers.norm(features)
      if index == 0 { normalized = try modulated(normalized, conditions) }
      var active = try normalized.silu()
      if isTraining, dropout > 0 { active = try active.dropout(dropout) }
      features = try layers.convolution(active)
    }
    let resampled = try resampling(input)
    return try (skip.map { try $0(resampled) } ?? resampled) + features
  }

  /// Maps scaled, and shifted, by the conditions that do so.
  private func modulated(_ maps: Tensor, _ conditions: [Tensor]) throws -> Tensor {
    var modulated = maps
    for (projection, condition) in zip(projections, conditions) where projection.entry != .sum {
      let shifts = projection.entry == .scaleAndShift
      let modulation = try projection.linear(condition)
        .reshaped([-1, shifts ? 2 * output : output, 1, 1])
      modulated = try modulated.addingProduct(
        modulated, modulation.narrowed(1, start: 0, count: output))
      if shifts {
        modulated = try modulated + modulation.narrowed(1, start: output, count: output)
      }
    }
    return modulated
  }
}

/// 32 groups, or as many as divide the channels.
package func groupCount(_ channels: Int) -> Int {
  (1...min(32, channels)).last { channels.isMultiple(of: $0) } ?? 1
}

/// As ``groupCount(_:)``, but at least four channels per group: with one, a map loses its own mean.
func wideGroupCount(_ channels: Int) -> Int {
  groupCount(channels) * 4 <= channels
    ? groupCount(channels) : (1...max(1, channels / 4)).last { channels.isMultiple(of: $0) } ?? 1
}

/// Self-attention over the pixels of a feature map, with a residual connection that starts at zero.
struct SpatialAttention {
  private let norm: GroupNorm
  private let input: Convolution
  private let output: Convolution
  private let channels: Int
  private let headWidth: Int

  /// Adds the layers to a scope; heads are `headWidth` channels wide, or one head if that does not fit.
  init(
    _ scope: ParameterScope, channels: Int, headWidth: Int = 32, groups: (Int) -> Int = groupCount
  ) throws {
    self.channels = channels
    self.headWidth = channels.isMultiple(of: headWidth) ? headWidth : channels
    norm = try GroupNorm(scope.scope("norm"), groups: groups(channels), channels: channels)
    input = try Convolution(
      scope.scope("qkv"), input: channels, output: 3 * channels, kernel: 1)
    output = try Convolution(
      scope.scope("output"), input: channels, output: channels, kernel: 1, .constant(0))
  }

  /// [batch, channel, height, width] → the same shape.
  func callAsFunction(_ features: Tensor) throws -> Tensor {
    let shape = features.shape
    let (batch, pixels) = (shape[0], shape[2] * shape[3])
    // [batch, 3·channel, height, width] → [3, batch, head, pixel, width]
    let projected = try input(norm(features))
      .reshaped([batch, 3, channels / headWidth, headWidth, pixels]).permuted([1, 0, 2, 4, 3])
    let parts = try (0..<3).map { try projected.selected(0, $0).contiguous() }
    let attended = try parts[0].attention(key: parts[1], value: parts[2])
    let rows = try attended.permuted([0, 1, 3, 2]).reshaped([batch, channels, shape[2], shape[3]])
    return try features + output(rows.channelsLast())
  }
}

/// Doubles height and width: every pixel repeated, then a 3×3 convolution.
struct Upsampling {
  private let convolution: Convolution

  init(_ scope: ParameterScope, channels: Int) throws {
    convolution = try Convolution(
      scope, input: channels, output: channels, kernel: 3, padding: 1)
  }

  func callAsFunction(_ features: Tensor) throws -> Tensor {
    let shape = features.shape
    return try convolution(features.upsampledNearest(to: [2 * shape[2], 2 * shape[3]]))
  }
}
