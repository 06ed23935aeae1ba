import Torch

/// A part of the network: feature maps in, feature maps out, `[batch, channel, height, width]`.
protocol InceptionStage: Sendable {
  func callAsFunction(_ input: BoundedTensor) throws(TorchError) -> BoundedTensor
}

/// Convolutions one after another.
struct Chain: InceptionStage {
  let units: [FusedConvolution]

  init(_ units: FusedConvolution...) { self.units = units }

  func callAsFunction(_ input: BoundedTensor) throws(TorchError) -> BoundedTensor {
    var result = input
    for unit in units { result = try unit(result) }
    return result
  }
}

/// The maximum over 3×3 pixels, every second one.
struct HalvingPool: InceptionStage {
  func callAsFunction(_ input: BoundedTensor) throws(TorchError) -> BoundedTensor {
    try input.maxPool(kernel: 3, stride: 2)
  }
}

/// A 1×1 convolution of 3×3 averages that leave out the padding.
///
/// The two linear maps commute, and averaging the few outputs is cheaper than the many inputs; the
/// ReLU comes last.
struct AveragedUnit: InceptionStage {
  /// Without ReLU.
  let unit: FusedConvolution

  func callAsFunction(_ input: BoundedTensor) throws(TorchError) -> BoundedTensor {
    try unit(input).averagePool(kernel: 3, stride: 1, padding: 1, countsPadding: false).relu()
  }
}

/// A 1×1 convolution of 3×3 maxima: the pool branch of the last block, unlike all others.
struct MaximumUnit: InceptionStage {
  let unit: FusedConvolution

  func callAsFunction(_ input: BoundedTensor) throws(TorchError) -> BoundedTensor {
    try unit(input.maxPool(kernel: 3, stride: 1, padding: 1))
  }
}

/// A trunk followed by two convolutions side by side.
struct Fork: InceptionStage {
  let trunk: Chain
  let first: FusedConvolution
  let second: FusedConvolution

  func callAsFunction(_ input: BoundedTensor) throws(TorchError) -> BoundedTensor {
    let shared = try trunk(input)
    return try BoundedTensor.concatenated([first(shared), second(shared)], dimension: 1)
  }
}

/// Branches side by side, their channels joined.
struct InceptionBlock: InceptionStage {
  let branches: [any InceptionStage]

  func callAsFunction(_ input: BoundedTensor) throws(TorchError) -> BoundedTensor {
    var outputs: [BoundedTensor] = []
    for branch in branches { outputs.append(try branch(input)) }
    return try BoundedTensor.concatenated(outputs, dimension: 1)
  }
}

extension UnitBuilder {
  /// The block at 35×35 pixels: `Mixed_5b` to `Mixed_5d`.
  func blockA(_ name: String, inputs: Int, pooled: Int) throws -> InceptionBlock {
    InceptionBlock(branches: [
      Chain(try self("\(name).branch1x1", inputs, 64, 1, 1)),
      Chain(
        try self("\(name).branch5x5_1", inputs, 48, 1, 1),
        try self("\(name).branch5x5_2", 48, 64, 5, 5, padding: [2, 2])),
      Chain(
        try self("\(name).branch3x3dbl_1", inputs, 64, 1, 1),
        try self("\(name).branch3x3dbl_2", 64, 96, 3, 3, padding: [1, 1]),
        try self("\(name).branch3x3dbl_3", 96, 96, 3, 3, padding: [1, 1])),
      AveragedUnit(
        unit: try self("\(name).branch_pool", inputs, pooled, 1, 1, hasReLU: false)),
    ])
  }

  /// The reduction to 17×17 pixels: `Mixed_6a`.
  func blockB(_ name: String) throws -> InceptionBlock {
    InceptionBlock(branches: [
      Chain(try self("\(name).branch3x3", 288, 384, 3, 3, stride: 2)),
      Chain(
        try self("\(name).branch3x3dbl_1", 288, 64, 1, 1),
        try self("\(name).branch3x3dbl_2", 64, 96, 3, 3, padding: [1, 1]),
        try self("\(name).branch3x3dbl_3", 96, 96, 3, 3, stride: 2)),
      HalvingPool(),
    ])
  }

  /// The block at 17×17 pixels: `Mixed_6b` to `Mixed_6e`.
  func blockC(_ name: String, inner: Int) throws -> InceptionBlock {
    let wide = [0, 3]
    let tall = [3, 0]
    return InceptionBlock(branches: [
      Chain(try self("\(name).branch1x1", 768, 192, 1, 1)),
      Chain(
        try self("\(name).branch7x7_1", 768, inner, 1, 1),
        try self("\(name).branch7x7_2", inner, inner, 1, 7, padding: wide),
        try self("\(name).branch7x7_3", inner, 192, 7, 1, padding: tall)),
      Chain(
        try self("\(name).branch7x7dbl_1", 768, inner, 1, 1),
        try self("\(name).branch7x7dbl_2", inner, inner, 7, 1, padding: tall),
        try self("\(name).branch7x7dbl_3", inner, inner, 1, 7, padding: wide),
        try self("\(name).branch7x7dbl_4", inner, inner, 7, 1, padding: tall),
        try self("\(name).branch7x7dbl_5", inner, 192, 1, 7, padding: wide)),
      AveragedUnit(unit: try self("\(name).branch_pool", 768, 192, 1, 1, hasReLU: false)),
    ])
  }

  /// The reduction to 8×8 pixels: `Mixed_7a`.
  func blockD(_ name: String) throws -> InceptionBlock {
    InceptionBlock(branches: [
      Chain(
        try self("\(name).branch3x3_1", 768, 192, 1, 1),
        try self("\(name).branch3x3_2", 192, 320, 3, 3, stride: 2)),
      Chain(
        try self("\(name).branch7x7x3_1", 768, 192, 1, 1),
        try self("\(name).branch7x7x3_2", 192, 192, 1, 7, padding: [0, 3]),
        try self("\(name).branch7x7x3_3", 192, 192, 7, 1, padding: [3, 0]),
        try self("\(name).branch7x7x3_4", 192, 192, 3, 3, stride: 2)),
      HalvingPool(),
    ])
  }

  /// The block at 8×8 pixels: `Mixed_7b`, and with maxima `Mixed_7c`.
  func blockE(_ name: String, inputs: Int, poolsMaxima: Bool) throws -> InceptionBlock {
    let pool: any InceptionStage =
      poolsMaxima
      ? MaximumUnit(unit: try self("\(name).branch_pool", inputs, 192, 1, 1))
      : AveragedUnit(unit: try self("\(name).branch_pool", inputs, 192, 1, 1, hasReLU: false))
    return InceptionBlock(branches: [
      Chain(try self("\(name).branch1x1", inputs, 320, 1, 1)),
      Fork(
        trunk: Chain(try self("\(name).branch3x3_1", inputs, 384, 1, 1)),
        first: try self("\(name).branch3x3_2a", 384, 384, 1, 3, padding: [0, 1]),
        second: try self("\(name).branch3x3_2b", 384, 384, 3, 1, padding: [1, 0])),
      Fork(
        trunk: Chain(
          try self("\(name).branch3x3dbl_1", inputs, 448, 1, 1),
          try self("\(name).branch3x3dbl_2", 448, 384, 3, 3, padding: [1, 1])),
        first: try self("\(name).branch3x3dbl_3a", 384, 384, 1, 3, padding: [0, 1]),
        second: try self("\(name).branch3x3dbl_3b", 384, 384, 3, 1, padding: [1, 0])),
      pool,
    ])
  }
}
