import Glibc
public import LinearAlgebra

/// The orthogonal matrix that makes several symmetric matrices as diagonal as they can be together.
///
/// Jacobi rotations that minimise the sum of squared elements off the diagonals; *Jacobi Angles for
/// Simultaneous Diagonalization*, Cardoso & Souloumiac, SIAM J. Matrix Anal. Appl. 17(1) 1996, real case.
/// Matrices that commute are made diagonal exactly; axes are found up to order and sign wherever no two
/// of them have the same diagonal elements in every matrix.
public struct JointDiagonalization: Sendable {
  /// One axis per row, `[axis, old axis]`.
  public let axes: Matrix<Double>
  /// The diagonal elements, `[matrix][axis]`.
  public let diagonals: [[Double]]
  /// Whether no pair of axes had to turn any more in the last sweep.
  public let hasConverged: Bool

  /// Diagonalises matrices.
  ///
  /// - Parameters:
  ///   - matrices: Symmetric matrices of one order; without any, the axes are the old ones.
  ///   - order: Their order.
  ///   - tolerance: The sine of an angle below which a pair of axes is left as it is.
  ///   - sweepCount: The most passes over all pairs.
  public init(
    _ matrices: [Matrix<Double>], order: Int, tolerance: Double = 1e-10, sweepCount: Int = 500
  ) {
    var matrices = matrices
    var axes = Matrix<Double>(rowCount: order, columnCount: order)
    for index in 0..<order { axes[index, index] = 1 }
    var hasConverged = false
    for _ in 0..<sweepCount where !hasConverged {
      hasConverged = true
      for first in 0..<order {
        for second in first + 1..<max(order, first + 1) {
          let (cosine, sine) = Self.rotation(of: matrices, first, second)
          guard abs(sine) > tolerance else { continue }
          hasConverged = false
          for index in matrices.indices {
            matrices[index].turn(first, second, cosine, sine, turnsColumns: true)
          }
          axes.turn(first, second, cosine, sine, turnsColumns: false)
        }
      }
    }
    self.axes = axes
    self.hasConverged = hasConverged
    diagonals = matrices.map { matrix in (0..<order).map { matrix[$0, $0] } }
  }

  /// The rotation of one pair of axes: the leading eigenvector of the 2×2 matrix G Gᵀ with the columns
  /// (aₚₚ − a_qq, aₚq + a_qp).
  private static func rotation(
    of matrices: [Matrix<Double>], _ first: Int, _ second: Int
  ) -> (cosine: Double, sine: Double) {
    var (difference, mixed) = (0.0, 0.0)
    for matrix in matrices {
      let along = matrix[first, first] - matrix[second, second]
      let across = matrix[first, second] + matrix[second, first]
      difference += along * along - across * across
      mixed += 2 * along * across
    }
    let angle = 0.5 * atan2(mixed, difference + hypot(difference, mixed))
    return (cos(angle), sin(angle))
  }
}

extension Matrix<Double> {
  /// Turns two rows, and the two columns with them, by an angle.
  fileprivate mutating func turn(
    _ first: Int, _ second: Int, _ cosine: Double, _ sine: Double, turnsColumns: Bool
  ) {
    for column in 0..<columnCount {
      let (one, other) = (self[first, column], self[second, column])
      self[first, column] = cosine * one + sine * other
      self[second, column] = cosine * other - sine * one
    }
    guard turnsColumns else { return }
    for row in 0..<rowCount {
      let (one, other) = (self[row, first], self[row, second])
      self[row, first] = cosine * one + sine * other
      self[row, second] = cosine * other - sine * one
    }
  }
}
