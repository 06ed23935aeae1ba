package import Torch

/// Feature-wise scales and shifts for a stack of layers, from one condition vector.
///
/// `h·(1 + a(e)) + b(e)` of Perez et al., arXiv:1709.07871, as the multi-rate VAE uses it
/// (Bae et al., arXiv:2212.03905). The projection starts at zero, so that at first the condition
/// has no effect.
package struct FiLM {
  private let projection: Linear
  private let widths: [Int]

  /// Adds the projection to a scope.
  ///
  /// - Parameters:
  ///   - scope: Where the parameters live.
  ///   - condition: Width of the condition vector.
  ///   - widths: Number of features of each layer.
  /// - Throws: `TorchError`.
  package init(_ scope: ParameterScope, condition: Int, widths: [Int]) throws {
    self.widths = widths
    projection = try Linear(
      scope, input: condition, output: 2 * widths.reduce(0, +), .constant(0))
  }

  /// The scales and shifts for a batch of conditions, [batch, condition].
  package func callAsFunction(_ condition: Tensor) throws -> Modulation {
    let all = try projection(condition)
    var offset = 0
    let layers = try widths.map { width in
      defer { offset += 2 * width }
      return Modulation.Layer(
        scale: try all.narrowed(1, start: offset, count: width) + 1,
        shift: try all.narrowed(1, start: offset + width, count: width))
    }
    return Modulation(layers: layers)
  }
}

/// The scales and shifts of one batch; without any, layers are left as they are.
package struct Modulation {
  /// One layer's scales and, if there are any, shifts, each [batch, feature].
  package struct Layer {
    let scale: Tensor
    let shift: Tensor?
  }

  /// No modulation at all.
  package static let none = Modulation(layers: [])

  let layers: [Layer]

  /// Modulates the features of layer `index`: [batch, feature] or [batch, feature, height, width]; what has
  /// no scales stays.
  package func callAsFunction(_ features: Tensor, layer index: Int) throws -> Tensor {
    guard layers.indices.contains(index) else { return features }
    let layer = layers[index]
    let shape = features.shape.count == 4 ? [-1, layer.scale.shape[1], 1, 1] : layer.scale.shape
    let scale = try layer.scale.reshaped(shape)
    guard let shift = layer.shift else { return try features * scale }
    return try shift.reshaped(shape).addingProduct(features, scale)
  }
}
