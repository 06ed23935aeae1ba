import BenchSupport
import FoundationEssentials
import LinearAlgebra
import Testing

/// A matrix of seeded standard normal draws.
func normals<Scalar: BinaryFloatingPoint & Sendable>(
  _ rowCount: Int, _ columnCount: Int, seed: UInt64 = 1
) -> Matrix<Scalar> {
  var generator = Philox(seed: seed)
  return Matrix(
    rowCount: rowCount, columnCount: columnCount,
    elements: (0..<rowCount * columnCount).map { _ in Scalar(generator.normal()) })
}

/// The largest absolute difference of two matrices of one shape.
func difference<Scalar: BinaryFloatingPoint>(_ a: Matrix<Scalar>, _ b: Matrix<Scalar>) -> Double {
  #expect(a.rowCount == b.rowCount && a.columnCount == b.columnCount)
  return zip(a.elements, b.elements).reduce(0) { max($0, abs(Double($1.0) - Double($1.1))) }
}

/// The product by its definition.
func plainProduct<Scalar: BinaryFloatingPoint>(
  _ a: Matrix<Scalar>, _ b: Matrix<Scalar>
) -> Matrix<Scalar> {
  var product = Matrix<Scalar>(rowCount: a.rowCount, columnCount: b.columnCount)
  for i in 0..<a.rowCount {
    for j in 0..<b.columnCount {
      product[i, j] = Scalar(
        (0..<a.columnCount).reduce(0.0) { $0 + Double(a[i, $1]) * Double(b[$1, j]) })
    }
  }
  return product
}

@Suite("Matrix products") struct MatrixProductTests {
  @Test(
    "agree with the definition in every transposition", arguments: [false, true], [false, true])
  func products(transposingSelf: Bool, transposingOther: Bool) throws {
    let a: Matrix<Double> = normals(7, 5, seed: 1)
    let b: Matrix<Double> = normals(5, 9, seed: 2)
    let left = transposingSelf ? a.transposed() : a
    let right = transposingOther ? b.transposed() : b
    let product = try left.multiplied(
      by: right, transposingSelf: transposingSelf, transposingOther: transposingOther)
    #expect(difference(product, plainProduct(a, b)) < 1e-13)  // a few roundings of sums of 5
    let single = try Matrix<Float>(left).multiplied(
      by: Matrix<Float>(right), transposingSelf: transposingSelf,
      transposingOther: transposingOther)
    #expect(difference(single, Matrix<Float>(product)) < 1e-5)  // the same in single precision
  }

  @Test("with itself fill both triangles", arguments: [false, true])
  func gram(transposing: Bool) throws {
    let a: Matrix<Double> = normals(150, 70)
    let expected =
      transposing ? plainProduct(a.transposed(), a) : plainProduct(a, a.transposed())
    #expect(difference(try a.gram(transposingSelf: transposing), expected) < 1e-11)
    let single: Matrix<Float> = normals(20, 30)
    let gram = try single.gram(transposingSelf: transposing)
    #expect(
      difference(
        gram,
        try single.multiplied(
          by: single, transposingSelf: transposing, transposingOther: !transposing)) < 1e-4)
  }

  @Test("of nothing are zero")
  func empty() throws {
    let product = try Matrix<Double>(rowCount: 2, columnCount: 0).multiplied(
      by: Matrix(rowCount: 0, columnCount: 3))
    #expect(product == Matrix(rowCount: 2, columnCount: 3))
  }

  @Test("agree inside a parallel loop and on several threads")
  func threads() throws {
    let a: Matrix<Double> = normals(120, 80)
    let expected = try Parallel.$threadCount.withValue(1) { try a.gram() }
    let products = try Parallel.$threadCount.withValue(3) {
      try Parallel.tryMap(9) { index in
        try index % 3 == 0 ? Parallel.$threadCount.withValue(2) { try a.gram() } : a.gram()
      }
    }
    for product in products { #expect(difference(product, expected) < 1e-11) }
  }
}

extension Matrix {
  /// The same numbers in another precision.
  init(_ other: Matrix<Double>) {
    self.init(
      rowCount: other.rowCount, columnCount: other.columnCount,
      elements: other.elements.map { Scalar($0) })
  }
}

@Suite("Decompositions") struct DecompositionTests {
  @Test("eigenvectors rebuild the matrix; eigenvalues ascend")
  func eigen() throws {
    let matrix = try normals(12, 30).gram() as Matrix<Double>
    let eigen = try SymmetricEigen(matrix)
    var scaled = eigen.vectors
    for row in 0..<12 {
      for column in 0..<12 { scaled[row, column] *= eigen.values[row] }
    }
    #expect(
      difference(try eigen.vectors.multiplied(by: scaled, transposingSelf: true), matrix) < 1e-11)
    #expect(eigen.values == eigen.values.sorted())
    let values = try matrix.symmetricEigenvalues()
    for (a, b) in zip(values, eigen.values) { #expect(abs(a - b) < 1e-11) }
  }

  @Test("singular vectors rebuild the matrix", arguments: [(6, 11), (11, 6), (5, 5), (1, 4)])
  func singular(rowCount: Int, columnCount: Int) throws {
    let matrix: Matrix<Double> = normals(rowCount, columnCount)
    let svd = try SingularValueDecomposition(matrix)
    var scaled = svd.left
    for row in 0..<rowCount {
      for (column, value) in svd.values.enumerated() { scaled[row, column] *= value }
    }
    #expect(difference(try scaled.multiplied(by: svd.right), matrix) < 1e-12)
    for (a, b) in zip(try matrix.singularValues(), svd.values) { #expect(abs(a - b) < 1e-12) }
  }

  @Test("Cholesky solves, and knows the determinant of 2·I")
  func cholesky() throws {
    let matrix = try normals(10, 25).gram() as Matrix<Double>
    let right: Matrix<Double> = normals(10, 3, seed: 5)
    let factored = try Cholesky(matrix)
    #expect(difference(plainProduct(matrix, try factored.solve(right)), right) < 1e-11)
    #expect(
      difference(plainProduct(factored.factor, factored.factor.transposed()), matrix) < 1e-11)
    #expect(
      difference(
        try factored.transposedFactor(times: right),
        plainProduct(factored.factor.transposed(), right)) < 1e-12)
    var double = Matrix<Double>(rowCount: 3, columnCount: 3)
    for index in 0..<3 { double[index, index] = 2 }
    #expect(abs(try Cholesky(double).logDeterminant - 3 * 0.693_147_180_559_945_3) < 1e-14)
  }

  @Test("name what is wrong with a matrix")
  func errors() throws {
    let indefinite = Matrix<Double>(rowCount: 2, columnCount: 2, elements: [1, 2, 2, 1])
    #expect(
      throws: LinearAlgebraError.notPositiveDefinite(
        operation: "Cholesky factor", leadingMinor: 2)
    ) { try Cholesky(indefinite) }
    let broken = Matrix<Double>(rowCount: 2, columnCount: 2, elements: [1, 2, .nan, 1])
    #expect(
      throws: LinearAlgebraError.notFinite(operation: "symmetric eigenvalues", row: 1, column: 0)
    ) { try SymmetricEigen(broken) }
    #expect(throws: LinearAlgebraError.notFinite(operation: "singular values", row: 1, column: 0)) {
      try broken.singularValues()
    }
  }
}

@Suite("Covariance") struct CovarianceTests {
  @Test("of three points, by hand")
  func byHand() throws {
    let points = Matrix<Float>(rowCount: 3, columnCount: 2, elements: [1, 2, 3, 6, 5, 4])
    let unbiased = try Covariance(rows: points)
    #expect(unbiased.mean == [3, 4])
    #expect(unbiased.matrix.elements == [4, 2, 2, 4])
    let biased = try Covariance(rows: points, divisor: .count)
    #expect(
      difference(
        biased.matrix,
        Matrix(
          rowCount: 2, columnCount: 2, elements: [8.0 / 3, 4.0 / 3, 4.0 / 3, 8.0 / 3])) < 1e-15)
  }

  @Test("does not change when a large constant is added")
  func shift() throws {
    let points: Matrix<Double> = normals(50, 4)
    var shifted = points
    for index in shifted.elements.indices { shifted.elements[index] += 1e6 }
    // The shift itself rounds at 1e6 · 2⁻⁵³ ≈ 1e-10.
    #expect(
      difference(
        try Covariance(rows: points).matrix, try Covariance(rows: shifted).matrix) < 1e-8)
  }
}

@Test("The BLAS library says what it is")
func configuration() throws {
  let isLibtorch = ProcessInfo.processInfo.environment["BENCH_BLAS"] == "libtorch"
  #expect(try OpenBLAS.configuration().contains(isLibtorch ? "MKL" : "OpenBLAS"))
}
