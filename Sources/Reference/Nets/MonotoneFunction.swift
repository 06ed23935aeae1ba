import Glibc
package import Torch

/// A strictly increasing function of the log-odds λ, learned; with slope e^c₁ at both ends or bounded.
///
/// c₀ + e^c₁·λ + Σₖ softplus(wₖ)·tanh(softplus(uₖ)·λ + bₖ). After the noise schedule of
/// *Variational Diffusion Models*, Kingma et al., arXiv:2107.00630, with the unbounded linear term
/// that a schedule from exactly 0 to exactly 1 needs. The sum is not divided by the number of units:
/// Adam moves every w by at most its learning rate, and a division would keep the units asleep.
package struct MonotoneFunction {
  private let offset: Tensor
  private let logSlope: Tensor?
  private let weights: Tensor
  private let steepness: Tensor
  private let positions: Tensor

  /// Adds the parameters to a scope.
  ///
  /// - Parameters:
  ///   - scope: Where the parameters live.
  ///   - width: Number of functions; they share the units' positions and steepness.
  ///   - unitCount: Number of units, K.
  ///   - offset: The initial value at λ = 0.
  ///   - isBounded: Leaves out the linear term; the function then has a limit at either end.
  /// - Throws: `TorchError`.
  package init(
    _ scope: ParameterScope, width: Int, unitCount: Int = 32, offset: Double = 0,
    isBounded: Bool = false
  ) throws {
    self.offset = try scope.parameter("offset", shape: [width], .constant(offset), decays: false)
    logSlope =
      isBounded
      ? nil : try scope.parameter("log_slope", shape: [width], .constant(0), decays: false)
    weights = try scope.parameter(
      "weights", shape: [width, unitCount], .constant(-4), decays: false)
    steepness = try scope.parameter("steepness", shape: [unitCount], .constant(0), decays: false)
    let spread = try Tensor.range(unitCount) * (12 / Double(unitCount - 1)) - 6
    positions = try scope.parameter("positions", spread, decays: false)
  }

  /// [batch] → [batch, width].
  package func callAsFunction(_ lambda: Tensor) throws -> Tensor {
    let column = try lambda.unsqueezed(1)
    let units = try (column * steepness.softplus() + positions).tanh()
    let steps = try offset + units.linear(weights.softplus(), bias: nil)
    return try logSlope.map { try steps + column * $0.exp() } ?? steps
  }
}

extension MonotoneFunction {
  /// The function with its present parameters, in double precision.
  package func frozen() throws -> FrozenMonotoneFunction {
    func softplus(_ values: Tensor) throws -> [Double] {
      try values.elements(as: Double.self).map { log1p(exp(-abs($0))) + max($0, 0) }
    }
    let width = offset.shape[0]
    return FrozenMonotoneFunction(
      offset: try offset.elements(as: Double.self),
      slope: try logSlope.map { try $0.elements(as: Double.self).map { exp($0) } }
        ?? Array(repeating: 0, count: width),
      weights: try softplus(weights), steepness: try softplus(steepness),
      positions: try positions.elements(as: Double.self))
  }
}

/// A ``MonotoneFunction`` whose parameters no longer change, evaluated in double precision.
package struct FrozenMonotoneFunction: Sendable {
  fileprivate let offset: [Double]
  fileprivate let slope: [Double]
  /// softplus(w), `[width · unit]`.
  fileprivate let weights: [Double]
  /// softplus(u), `[unit]`.
  fileprivate let steepness: [Double]
  fileprivate let positions: [Double]

  /// Number of functions.
  package var width: Int { offset.count }

  /// The functions at λ.
  package func callAsFunction(_ lambda: Double) -> [Double] {
    let units = zip(steepness, positions).map { tanh($0 * lambda + $1) }
    return combine(units, linear: lambda, constant: 1)
  }

  /// Their derivatives at λ.
  package func derivative(_ lambda: Double) -> [Double] {
    let units = zip(steepness, positions).map { steepness, position in
      let unit = tanh(steepness * lambda + position)
      return steepness * (1 - unit * unit)
    }
    return combine(units, linear: 1, constant: 0)
  }

  private func combine(_ units: [Double], linear: Double, constant: Double) -> [Double] {
    offset.indices.map { index in
      let row = weights[index * units.count..<(index + 1) * units.count]
      return zip(row, units).reduce(constant * offset[index] + slope[index] * linear) {
        $0 + $1.0 * $1.1
      }
    }
  }
}
