import BenchSupport
import Disentanglement
import Experiments
import LinearAlgebra
import Testing

/// The directions of traversals.
@Suite("Directions of codes") struct LatentDirectionTests {
  /// Uniform sources of unit variance, mixed by a matrix that is not a rotation.
  @Test("independent components lead along the columns of the mixing, two deviations either way")
  func components() throws {
    var random = Philox(seed: 2)
    let columns: [[Double]] = [[1, 0.5, 0], [0, 1, 0.8], [0.3, 0, 0.4]]
    let rows = (0..<4000).flatMap { _ -> [Double] in
      let sources = (0..<3).map { _ in (random.uniform() - 0.5) * 12.0.squareRoot() }
      return (0..<3).map { latent in
        (0..<3).reduce(0) { $0 + sources[$1] * columns[$1][latent] }
      }
    }
    let codes = try Codes(Matrix<Double>(rowCount: 4000, columnCount: 3, elements: rows))
    let directions = try LatentDirection.axes(.ica(seed: 0), of: codes)
    #expect(directions.count == 3)
    let zero = [Float](repeating: 0, count: 3)
    // By falling variance: 1.64, 1.25, 0.25.
    for (direction, column) in zip(directions, [columns[1], columns[0], columns[2]]) {
      let end = direction.code(from: zero, at: 1).map { Double($0) / 2 }
      let sign = zip(end, column).reduce(0) { $0 + $1.0 * $1.1 } < 0 ? -1.0 : 1
      #expect(zip(end, column).allSatisfy { abs(sign * $0 - $1) < 0.06 }, "\(end), \(column)")
    }
    let principal = try LatentDirection.axes(.pca, of: codes)
    #expect(principal.map(\.label).first?.hasPrefix("axis 0  var ") == true)
  }
}
